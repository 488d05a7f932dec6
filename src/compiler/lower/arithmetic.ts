import type { Type } from '../../types/index.ts';
import type { BinaryOp as IrOp, ValueId } from '../ir/index.ts';
import type { BinaryOp, TypedExprOf } from '../typed/index.ts';
import { choose } from './control.ts';
import type { FuncContext } from './func-context.ts';
import { lowerScalar } from './lower-expr.ts';
import { reportRuntimeError } from './runtime-errors.ts';
import { extend, isSigned, storedSize } from './values.ts';

/** `/` and `%` are unsigned and `>>` is logical, whatever the operands' type. */
const operators: Readonly<Record<BinaryOp, IrOp>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'udiv',
  '%': 'umod',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'shl',
  '>>': 'lshr',
};

export function lowerBinary(f: FuncContext, expr: TypedExprOf<'binary'>): ValueId {
  const left = lowerScalar(f, expr.left);
  const right = lowerScalar(f, expr.right);
  if ((expr.op === '/' || expr.op === '%') && expr.right.kind === 'int' && expr.right.value !== 0n) {
    return f.b.binary(operators[expr.op], left, right);
  }
  return lowerOperator(f, expr.op, left, right);
}

/** A divisor that is 0 is reported, and the result is 1. */
function lowerOperator(f: FuncContext, op: BinaryOp, left: ValueId, right: ValueId): ValueId {
  const { b } = f;
  if (op !== '/' && op !== '%') return b.binary(operators[op], left, right);
  return choose(
    f,
    b.compare('ne', right, b.const(0)),
    () => b.binary(operators[op], left, right),
    () => {
      reportRuntimeError(f, 'division-by-zero');
      return b.const(1);
    },
    'otherwise',
  );
}

export function negate(f: FuncContext, value: ValueId, type: Type): ValueId {
  return extend(f.b, f.b.unary('neg', value), storedSize(type, f.prog.program.structs), isSigned(type));
}

/** The value a `modify` stores. */
export function modified(
  f: FuncContext,
  expr: TypedExprOf<'modify'>,
  before: ValueId,
  operand: ValueId,
): ValueId {
  const result = lowerOperator(f, expr.op, before, operand);
  return extend(f.b, result, storedSize(expr.type, f.prog.program.structs), isSigned(expr.type));
}
