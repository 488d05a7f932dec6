import { unreachable } from '../base/index.ts';
import type { JumpOp } from '../bpf/index.ts';
import { intersectBits, LOW_BITS } from './known-bits.ts';
import { type Bounds, constantOf, type MutableBounds, settle } from './scalar.ts';

/** What two numbers are known to be when a comparison has a given outcome. */
export type Compared = readonly [Bounds, Bounds];

const inverse: Readonly<Record<Exclude<JumpOp, 'set'>, Exclude<JumpOp, 'set'>>> = {
  eq: 'ne',
  ne: 'eq',
  gt: 'le',
  le: 'gt',
  ge: 'lt',
  lt: 'ge',
  sgt: 'sle',
  sle: 'sgt',
  sge: 'slt',
  slt: 'sge',
};

/**
 * Narrows two numbers by the outcome of `a op b`.
 *
 * @returns undefined when the comparison cannot have this outcome.
 */
export function narrow(
  op: JumpOp,
  width: 32 | 64,
  a: Bounds,
  b: Bounds,
  isTaken: boolean,
): Compared | undefined {
  if (op === 'set') return narrowByBits(width, a, b, isTaken);
  const relation = isTaken ? op : inverse[op];
  switch (relation) {
    case 'eq':
      return equal(width, a, b);
    case 'ne':
      return different(width, a, b);
    case 'lt':
      return less(width, a, b, false, 1n);
    case 'le':
      return less(width, a, b, false, 0n);
    case 'gt':
      return swap(less(width, b, a, false, 1n));
    case 'ge':
      return swap(less(width, b, a, false, 0n));
    case 'slt':
      return less(width, a, b, true, 1n);
    case 'sle':
      return less(width, a, b, true, 0n);
    case 'sgt':
      return swap(less(width, b, a, true, 1n));
    case 'sge':
      return swap(less(width, b, a, true, 0n));
    default:
      return unreachable(relation);
  }
}

function swap(pair: Compared | undefined): Compared | undefined {
  return pair && [pair[1], pair[0]];
}

function both(a: Bounds, b: Bounds): Compared | undefined {
  const first = settle(a);
  const second = first && settle(b);
  return first && second ? [first, second] : undefined;
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** a + gap <= b */
function less(width: 32 | 64, a: Bounds, b: Bounds, isSigned: boolean, gap: bigint): Compared | undefined {
  const x: MutableBounds = { ...a };
  const y: MutableBounds = { ...b };
  if (width === 64 && isSigned) {
    x.smax = least(a.smax, b.smax - gap);
    y.smin = most(b.smin, a.smin + gap);
    return x.smin <= x.smax && y.smin <= y.smax ? both(x, y) : undefined;
  }
  if (width === 64) {
    x.umax = least(a.umax, b.umax - gap);
    y.umin = most(b.umin, a.umin + gap);
    return x.umin <= x.umax && y.umin <= y.umax ? both(x, y) : undefined;
  }
  if (isSigned) {
    x.s32max = least(a.s32max, b.s32max - gap);
    y.s32min = most(b.s32min, a.s32min + gap);
    return x.s32min <= x.s32max && y.s32min <= y.s32max ? both(x, y) : undefined;
  }
  x.u32max = least(a.u32max, b.u32max - gap);
  y.u32min = most(b.u32min, a.u32min + gap);
  return x.u32min <= x.u32max && y.u32min <= y.u32max ? both(x, y) : undefined;
}

function equal(width: 32 | 64, a: Bounds, b: Bounds): Compared | undefined {
  const low = {
    u32min: most(a.u32min, b.u32min),
    u32max: least(a.u32max, b.u32max),
    s32min: most(a.s32min, b.s32min),
    s32max: least(a.s32max, b.s32max),
  };
  if (low.u32min > low.u32max || low.s32min > low.s32max) return undefined;
  if (width === 32) {
    const high = ~LOW_BITS & 0xffff_ffff_ffff_ffffn;
    const ofB = intersectBits(a, { value: b.value & LOW_BITS, mask: (b.mask & LOW_BITS) | high });
    const ofA = intersectBits(b, { value: a.value & LOW_BITS, mask: (a.mask & LOW_BITS) | high });
    return ofA && ofB && both({ ...a, ...ofB, ...low }, { ...b, ...ofA, ...low });
  }
  const bits = intersectBits(a, b);
  if (bits === undefined) return undefined;
  const same = settle({
    ...bits,
    ...low,
    umin: most(a.umin, b.umin),
    umax: least(a.umax, b.umax),
    smin: most(a.smin, b.smin),
    smax: least(a.smax, b.smax),
  });
  return same && [same, same];
}

function different(width: 32 | 64, a: Bounds, b: Bounds): Compared | undefined {
  const x = without(width, a, b);
  const y = x && without(width, b, a);
  return x && y && both(x, y);
}

/** `a` without the number that `b` is known to be, when that is at an end of a range. */
function without(width: 32 | 64, a: Bounds, b: Bounds): Bounds | undefined {
  const isKnown = width === 64 ? b.mask === 0n : b.u32min === b.u32max;
  if (!isKnown) return a;
  const x: MutableBounds = { ...a };
  if (width === 64) {
    const [u, s] = [b.umin, b.smin];
    if (x.umin === u) x.umin++;
    if (x.umax === u) x.umax--;
    if (x.smin === s) x.smin++;
    if (x.smax === s) x.smax--;
    return x.umin <= x.umax && x.smin <= x.smax ? x : undefined;
  }
  const u = b.u32min;
  const s = BigInt.asIntN(32, u);
  if (x.u32min === u) x.u32min++;
  if (x.u32max === u) x.u32max--;
  if (x.s32min === s) x.s32min++;
  if (x.s32max === s) x.s32max--;
  return x.u32min <= x.u32max && x.s32min <= x.s32max ? x : undefined;
}

/** `a & b` is not zero (taken), or it is. */
function narrowByBits(width: 32 | 64, a: Bounds, b: Bounds, isTaken: boolean): Compared | undefined {
  const scope = width === 64 ? 0xffff_ffff_ffff_ffffn : LOW_BITS;
  const couldBeOne = (a.value | a.mask) & (b.value | b.mask) & scope;
  if (isTaken) {
    if (couldBeOne === 0n) return undefined;
    const bit = constantOf(b);
    const isOneBit = bit !== undefined && (bit & scope & ((bit & scope) - 1n)) === 0n;
    if (!isOneBit) return [a, b];
    return both({ ...a, value: a.value | (bit & scope), mask: a.mask & ~(bit & scope) }, b);
  }
  if ((a.value & b.value & scope) !== 0n) return undefined;
  const bits = constantOf(b);
  if (bits === undefined) return [a, b];
  return both({ ...a, mask: a.mask & ~(bits & scope) }, b);
}

/** `a op b` for numbers of 64 unsigned bits. */
export function holds(op: JumpOp, width: 32 | 64, a: bigint, b: bigint): boolean {
  const [x, y] = [BigInt.asUintN(width, a), BigInt.asUintN(width, b)];
  const [s, t] = [BigInt.asIntN(width, a), BigInt.asIntN(width, b)];
  switch (op) {
    case 'eq':
      return x === y;
    case 'ne':
      return x !== y;
    case 'gt':
      return x > y;
    case 'ge':
      return x >= y;
    case 'lt':
      return x < y;
    case 'le':
      return x <= y;
    case 'sgt':
      return s > t;
    case 'sge':
      return s >= t;
    case 'slt':
      return s < t;
    case 'sle':
      return s <= t;
    case 'set':
      return (x & y) !== 0n;
    default:
      return unreachable(op);
  }
}
