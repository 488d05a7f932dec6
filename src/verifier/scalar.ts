import { ALL_BITS, bitsOfRange, intersectBits, LOW_BITS } from './known-bits.ts';

/**
 * What is known of a number in a register: its bits, and ranges of all 64 and of the low 32, each unsigned and signed. All
 * hold at the same time.
 */
export interface Bounds {
  readonly value: bigint;
  readonly mask: bigint;
  readonly umin: bigint;
  readonly umax: bigint;
  readonly smin: bigint;
  readonly smax: bigint;
  readonly u32min: bigint;
  readonly u32max: bigint;
  readonly s32min: bigint;
  readonly s32max: bigint;
}

/** A number in a register. */
export interface Scalar extends Bounds {
  readonly kind: 'scalar';
  /** Some kernel may know more about it than this folder does: nothing that hangs on its bounds is called refused. */
  readonly isVague: boolean;
  /** Scalars with the same id differ by the difference of their `delta`; 0: not linked. */
  readonly id: number;
  readonly delta: bigint;
}

export type MutableBounds = { -readonly [K in keyof Bounds]: Bounds[K] };

const S64_MIN = -(1n << 63n);
const S64_MAX = (1n << 63n) - 1n;
const S32_MIN = -(1n << 31n);
const S32_MAX = (1n << 31n) - 1n;
const SIGN = 1n << 63n;
const SIGN32 = 1n << 31n;

export const fullBounds: Bounds = {
  value: 0n,
  mask: ALL_BITS,
  umin: 0n,
  umax: ALL_BITS,
  smin: S64_MIN,
  smax: S64_MAX,
  u32min: 0n,
  u32max: LOW_BITS,
  s32min: S32_MIN,
  s32max: S32_MAX,
};

/** A known number; taken modulo 2^64. */
export function constant(value: bigint): Scalar {
  const u = BigInt.asUintN(64, value);
  const s = BigInt.asIntN(64, u);
  const u32 = u & LOW_BITS;
  const s32 = BigInt.asIntN(32, u32);
  return {
    kind: 'scalar',
    value: u,
    mask: 0n,
    umin: u,
    umax: u,
    smin: s,
    smax: s,
    u32min: u32,
    u32max: u32,
    s32min: s32,
    s32max: s32,
    isVague: false,
    id: 0,
    delta: 0n,
  };
}

/** A number of which these bounds are known. */
export function scalarOf(
  bounds: Bounds,
  options: { readonly id?: number; readonly isVague?: boolean } = {},
): Scalar {
  if (bounds.mask === 0n) return { ...constant(bounds.value), isVague: options.isVague ?? false };
  return {
    kind: 'scalar',
    ...bounds,
    isVague: options.isVague ?? false,
    id: options.id ?? 0,
    delta: 0n,
  };
}

export function isConstant(scalar: Bounds): boolean {
  return scalar.mask === 0n;
}

/** The number, when it is known. */
export function constantOf(scalar: Bounds): bigint | undefined {
  return scalar.mask === 0n ? scalar.value : undefined;
}

/** Bounds of an unsigned number of so many bytes. */
export function unsignedOf(bytes: number): Bounds {
  if (bytes >= 8) return fullBounds;
  const max = (1n << BigInt(bytes * 8)) - 1n;
  return settle({ ...fullBounds, umax: max })!;
}

/** Bounds of a signed range. */
export function signedRange(smin: bigint, smax: bigint): Bounds {
  return settle({ ...fullBounds, smin, smax })!;
}

export function unsignedRange(umin: bigint, umax: bigint): Bounds {
  return settle({ ...fullBounds, umin, umax })!;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/**
 * Lets everything that is known of a number say what it can of the rest, until nothing changes.
 *
 * @returns undefined when there is no such number.
 */
export function settle(bounds: Bounds): Bounds | undefined {
  const b: MutableBounds = { ...bounds };
  for (let round = 0; round < 4; round++) {
    const { umin, umax, smin, smax, u32min, u32max, s32min, s32max, mask } = b;
    if (!bitsToRanges(b)) return undefined;
    if (!signToSign(b, 64) || !signToSign(b, 32)) return undefined;
    if (!wideToLow(b) || !lowToWide(b)) return undefined;
    if (!rangesToBits(b)) return undefined;
    const isStable =
      b.umin === umin &&
      b.umax === umax &&
      b.smin === smin &&
      b.smax === smax &&
      b.u32min === u32min &&
      b.u32max === u32max &&
      b.s32min === s32min &&
      b.s32max === s32max &&
      b.mask === mask;
    if (isStable) break;
  }
  return b;
}

function bitsToRanges(b: MutableBounds): boolean {
  const { value, mask } = b;
  b.umin = max(b.umin, value);
  b.umax = min(b.umax, value | mask);
  b.smin = max(b.smin, BigInt.asIntN(64, value | (mask & SIGN)));
  b.smax = min(b.smax, BigInt.asIntN(64, value | (mask & ~SIGN)));
  const low = value & LOW_BITS;
  const lowMask = mask & LOW_BITS;
  b.u32min = max(b.u32min, low);
  b.u32max = min(b.u32max, low | lowMask);
  b.s32min = max(b.s32min, BigInt.asIntN(32, low | (lowMask & SIGN32)));
  b.s32max = min(b.s32max, BigInt.asIntN(32, low | (lowMask & ~SIGN32)));
  return b.umin <= b.umax && b.smin <= b.smax && b.u32min <= b.u32max && b.s32min <= b.s32max;
}

/** Unsigned and signed range of the same bits: each half of the numbers is looked at by itself. */
function signToSign(b: MutableBounds, width: 32 | 64): boolean {
  const [umin, umax, smin, smax] =
    width === 64 ? [b.umin, b.umax, b.smin, b.smax] : [b.u32min, b.u32max, b.s32min, b.s32max];
  const size = 1n << BigInt(width);
  // Numbers that are the same either way, and those that count from the other end.
  const lowMin = max(umin, max(0n, smin));
  const lowMax = min(umax, smax);
  const highMin = max(umin, smin + size);
  const highMax = min(umax, min(-1n, smax) + size);
  const hasLow = smax >= 0n && lowMin <= lowMax;
  const hasHigh = smin < 0n && highMin <= highMax;
  if (!hasLow && !hasHigh) return false;
  const newUmin = hasLow ? lowMin : highMin;
  const newUmax = hasHigh ? highMax : lowMax;
  const newSmin = hasHigh ? highMin - size : lowMin;
  const newSmax = hasLow ? lowMax : highMax - size;
  if (width === 64) {
    b.umin = newUmin;
    b.umax = newUmax;
    b.smin = newSmin;
    b.smax = newSmax;
  } else {
    b.u32min = newUmin;
    b.u32max = newUmax;
    b.s32min = newSmin;
    b.s32max = newSmax;
  }
  return true;
}

/** When the high halves of a range's ends are equal, its low halves are a range. */
function wideToLow(b: MutableBounds): boolean {
  if (b.umin >> 32n === b.umax >> 32n) {
    b.u32min = max(b.u32min, b.umin & LOW_BITS);
    b.u32max = min(b.u32max, b.umax & LOW_BITS);
  }
  // The range may cross a multiple of 2^32 and still be one of signed 32-bit numbers.
  const low = BigInt.asIntN(32, b.smin);
  const high = BigInt.asIntN(32, b.smax);
  if (b.smax - b.smin < 1n << 32n && low <= high && b.smax - b.smin === high - low) {
    b.s32min = max(b.s32min, low);
    b.s32max = min(b.s32max, high);
  }
  const ulow = BigInt.asIntN(32, b.umin);
  const uhigh = BigInt.asIntN(32, b.umax);
  if (b.umax - b.umin < 1n << 32n && ulow <= uhigh && b.umax - b.umin === uhigh - ulow) {
    b.s32min = max(b.s32min, ulow);
    b.s32max = min(b.s32max, uhigh);
  }
  return b.u32min <= b.u32max && b.s32min <= b.s32max;
}

/** The ends of the wide range move to the next number whose low half is in range. */
function lowToWide(b: MutableBounds): boolean {
  b.umin = nextWithLow(b.umin, b.u32min, b.u32max);
  b.umax = previousWithLow(b.umax, b.u32min, b.u32max);
  b.smin = nextWithLow(b.smin, b.u32min, b.u32max);
  b.smax = previousWithLow(b.smax, b.u32min, b.u32max);
  return b.umin <= b.umax && b.smin <= b.smax && b.umin <= ALL_BITS && b.umax >= 0n;
}

function nextWithLow(from: bigint, u32min: bigint, u32max: bigint): bigint {
  const low = BigInt.asUintN(32, from);
  const base = from - low;
  if (low < u32min) return base + u32min;
  if (low > u32max) return base + (1n << 32n) + u32min;
  return from;
}

function previousWithLow(from: bigint, u32min: bigint, u32max: bigint): bigint {
  const low = BigInt.asUintN(32, from);
  const base = from - low;
  if (low > u32max) return base + u32max;
  if (low < u32min) return base - (1n << 32n) + u32max;
  return from;
}

function rangesToBits(b: MutableBounds): boolean {
  const wide = intersectBits(b, bitsOfRange(b.umin, b.umax));
  if (wide === undefined) return false;
  const low = bitsOfRange(b.u32min, b.u32max);
  const high = ALL_BITS & ~LOW_BITS;
  const both = intersectBits(wide, { value: low.value, mask: low.mask | high });
  if (both === undefined) return false;
  b.value = both.value;
  b.mask = both.mask;
  return true;
}

/** What is known when both hold; undefined when there is no such number. */
export function intersect(a: Bounds, b: Bounds): Bounds | undefined {
  const bits = intersectBits(a, b);
  if (bits === undefined) return undefined;
  return settle({
    ...bits,
    umin: max(a.umin, b.umin),
    umax: min(a.umax, b.umax),
    smin: max(a.smin, b.smin),
    smax: min(a.smax, b.smax),
    u32min: max(a.u32min, b.u32min),
    u32max: min(a.u32max, b.u32max),
    s32min: max(a.s32min, b.s32min),
    s32max: min(a.s32max, b.s32max),
  });
}

/** Whether every number within `b` is within `a`. */
export function covers(a: Bounds, b: Bounds): boolean {
  return (
    a.umin <= b.umin &&
    a.umax >= b.umax &&
    a.smin <= b.smin &&
    a.smax >= b.smax &&
    a.u32min <= b.u32min &&
    a.u32max >= b.u32max &&
    a.s32min <= b.s32min &&
    a.s32max >= b.s32max &&
    (b.mask & ~a.mask) === 0n &&
    ((a.value ^ b.value) & ~a.mask) === 0n
  );
}

/** The low half, zero-extended. */
export function lowHalf(a: Bounds): Bounds {
  return {
    value: a.value & LOW_BITS,
    mask: a.mask & LOW_BITS,
    umin: a.u32min,
    umax: a.u32max,
    smin: a.u32min,
    smax: a.u32max,
    u32min: a.u32min,
    u32max: a.u32max,
    s32min: a.s32min,
    s32max: a.s32max,
  };
}
