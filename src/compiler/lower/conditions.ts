import type { ValueId } from '../ir/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { isCountable, lowerCountedComparison } from './counted-comparison.ts';
import type { FuncContext } from './func-context.ts';
import { lowerScalar } from './lower-expr.ts';

/**
 * The value that a branch tests: not 0 where the condition holds.
 *
 * A jump on a comparison teaches the verifier something of both operands, and in a loop that it follows round by round it goes on with
 * every sum of what it learned: after `if ($i < $last)` in the rounds 18, 17, … it knows a different range for `$last` on each way. So
 * there the outcome is computed first, and the jump is on that alone: both ways meet again with all that was known before.
 */
export function lowerCondition(f: FuncContext, condition: TypedExpr): ValueId {
  return f.loops.some(({ isCounted }) => isCounted) && isCountable(condition)
    ? lowerCountedComparison(f, condition)
    : lowerScalar(f, condition);
}
