/**
 * Comparisons whose 0 or 1 is computed with: `$free += @board[$i] >= 0`.
 *
 * As a branch, the two outcomes are two constants, and the verifier walks on with each of them on its own: a sum over ten comparisons in a loop
 * gives it eleven sums to follow through every later round. Computed without a branch the result is one value between 0 and 1, and so is the
 * sum between 0 and 10. The formulas are those of borrow and overflow (Warren, Hacker's Delight, 2-12).
 */
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import type { CompareOp, TypedExpr, TypedExprOf } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import { lowerScalar } from './lower-expr.ts';
import { isSigned } from './values.ts';

/** Whether the verifier lets both operands be computed with: integers, not the pointers it follows. */
export function isCountable(expr: TypedExpr): expr is TypedExprOf<'compare'> {
  return expr.kind === 'compare' && (expr.left.type.kind === 'int' || expr.left.type.kind === 'enum');
}

/** The outcome of an integer comparison, 0 or 1, without a branch. */
export function lowerCountedComparison(f: FuncContext, expr: TypedExprOf<'compare'>): ValueId {
  const left = lowerScalar(f, expr.left);
  const right = lowerScalar(f, expr.right);
  return compareWithoutBranch(f.b, expr.op, isSigned(expr.left.type), left, right);
}

function compareWithoutBranch(
  b: FuncBuilder,
  op: CompareOp,
  signed: boolean,
  left: ValueId,
  right: ValueId,
): ValueId {
  const less = signed ? signedLess : unsignedLess;
  switch (op) {
    case '<':
      return less(b, left, right);
    case '>':
      return less(b, right, left);
    case '>=':
      return flip(b, less(b, left, right));
    case '<=':
      return flip(b, less(b, right, left));
    case '!=':
      return differ(b, left, right);
    case '==':
      return flip(b, differ(b, left, right));
  }
}

function signBit(b: FuncBuilder, value: ValueId): ValueId {
  return b.binary('lshr', value, b.const(63));
}

function flip(b: FuncBuilder, bit: ValueId): ValueId {
  return b.binary('xor', bit, b.const(1));
}

/** x | -x is negative for all x but 0. */
function differ(b: FuncBuilder, left: ValueId, right: ValueId): ValueId {
  const difference = b.binary('xor', left, right);
  return signBit(b, b.binary('or', difference, b.unary('neg', difference)));
}

/** The sign of the difference, set right where it overflowed. */
function signedLess(b: FuncBuilder, left: ValueId, right: ValueId): ValueId {
  const difference = b.binary('sub', left, right);
  const overflow = b.binary('and', b.binary('xor', left, right), b.binary('xor', difference, left));
  return signBit(b, b.binary('xor', difference, overflow));
}

/** The borrow of the subtraction. */
function unsignedLess(b: FuncBuilder, left: ValueId, right: ValueId): ValueId {
  const inverse = b.binary('xor', left, b.const(-1n));
  const either = b.binary('or', inverse, right);
  const borrow = b.binary('and', either, b.binary('sub', left, right));
  return signBit(b, b.binary('or', b.binary('and', inverse, right), borrow));
}
