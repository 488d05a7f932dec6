/** Which bucket of a histogram a number falls into. */
import type { AggregateType } from '../../types/index.ts';
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import { choose } from './control.ts';
import type { FuncContext } from './func-context.ts';
import { sharedSubprogram } from './subprograms.ts';

/**
 * With N = 2^bits: 0 for negative numbers, v + 1 below N; else, with m the number of v's top bit,
 * ((m - bits + 1) << bits) + ((v >> (m - bits)) & (N - 1)) + 1.
 */
export function log2Bucket(f: FuncContext, number: ValueId, bits: number): ValueId {
  const name = sharedSubprogram(f.prog, `log2_bucket_${bits}`, 1, (b) => {
    const value = b.param(0);
    const negative = b.newBlock();
    const positive = b.newBlock();
    const small = b.newBlock();
    const large = b.newBlock();
    b.branch(b.compare('slt', value, b.const(0)), negative, positive);
    b.enter(negative);
    b.return(b.const(0));
    b.enter(positive);
    b.branch(b.compare('ult', value, b.const(2 ** bits)), small, large);
    b.enter(small);
    b.return(b.addConst(value, 1));
    b.enter(large);
    const over = b.addConst(topBit(b, value), -bits);
    const power = b.binary('shl', b.addConst(over, 1), b.const(bits));
    const part = b.binary('and', b.binary('lshr', value, over), b.const(2 ** bits - 1));
    b.return(b.addConst(b.binary('add', power, part), 1));
  });
  return f.b.callFunc(name, [number]);
}

/** Number of the highest bit set of a value that is not 0, without branches: the verifier would follow every one of them. */
function topBit(b: FuncBuilder, value: ValueId): ValueId {
  let rest = value;
  let result = b.const(0);
  for (const shift of [5, 4, 3, 2, 1, 0]) {
    const high = b.binary('lshr', rest, b.const(2 ** shift));
    // 1 if any bit of `high` is set, for then it or its negative has the top bit set.
    const isSet = b.binary('lshr', b.binary('or', high, b.unary('neg', high)), b.const(63));
    const step = b.binary('shl', isSet, b.const(shift));
    rest = b.binary('lshr', rest, step);
    result = b.binary('or', result, step);
  }
  return result;
}

/** 0 below `min`, the last bucket above `max`, else 1 + (v - min) / step. */
export function linearBucket(
  f: FuncContext,
  number: ValueId,
  { min, max, step }: Extract<AggregateType, { readonly kind: 'lhist' }>,
  signed: boolean,
): ValueId {
  const { b } = f;
  const last = 1n + (max - min) / step;
  return choose(
    f,
    b.compare(signed ? 'slt' : 'ult', number, b.const(min)),
    () => b.const(0),
    () =>
      choose(
        f,
        b.compare(signed ? 'sgt' : 'ugt', number, b.const(max)),
        () => b.const(last),
        () => b.addConst(b.binary('udiv', b.addConst(number, -min), b.const(step)), 1),
      ),
  );
}
