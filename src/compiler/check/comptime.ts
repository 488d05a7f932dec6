/** `comptime e`: what `e` is, where that can be known while compiling. */
import type { Comptime } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail } from './body.ts';
import { checkExpr } from './check-expr.ts';
import { foldTyped } from './fold-typed.ts';
import { isLiteral, isUnknown, unknownExpr } from './literals.ts';

export function checkComptime(body: Body, expr: Comptime): TypedExpr {
  const operand = checkExpr(body, expr.operand);
  if (isUnknown(operand)) return unknownExpr(expr.span);
  const isConstant = isLiteral(operand) || operand.kind === 'record';
  const value = isConstant ? operand : foldTyped(operand);
  return value ?? fail(body, 'comptime', expr.span, []);
}
