import type { ValueId } from '../ir/index.ts';
import { choose } from './control.ts';
import type { FuncContext } from './func-context.ts';
import type { Loop } from './loop-form.ts';
import { lowerScalar } from './lower-expr.ts';
import { isSigned } from './values.ts';

/** How many rounds a range has, at most `limit`: 0 where its end is not behind its start. */
export function roundsOfRange(
  f: FuncContext,
  loop: Extract<Loop, { readonly kind: 'for-range' }>,
  from: ValueId,
  limit: bigint,
): ValueId {
  const { b } = f;
  const to = lowerScalar(f, loop.to);
  const isForward = b.compare(isSigned(loop.from.type) ? 'slt' : 'ult', from, to);
  const distance = choose(
    f,
    isForward,
    () => b.binary('sub', to, from),
    () => b.const(0),
  );
  return choose(
    f,
    b.compare('ugt', distance, b.const(limit)),
    () => b.const(limit),
    () => distance,
  );
}
