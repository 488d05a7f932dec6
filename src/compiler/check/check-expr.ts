/** An expression inside of another, or of a statement, whatever its kind. */
import type { Expr } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import type { Body } from './body.ts';
import { readValue } from './cast-to.ts';
import { isUnknown } from './literals.ts';

/** The typed expression; the value of an aggregating map is read as an integer where it can be. */
export function checkExpr(body: Body, expr: Expr): TypedExpr {
  return readValue(checkRaw(body, expr));
}

/** The same, leaving the types of aggregating maps as they are. */
export function checkRaw(body: Body, expr: Expr): TypedExpr {
  const typed = body.program.byKind.expr(body, expr);
  if (body.program.isFinal && isUnknown(typed)) body.program.untyped ??= expr.span;
  return typed;
}
