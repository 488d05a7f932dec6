/**
 * What is known of the bits of a 64-bit number: a bit is unknown where `mask` has a 1, else it is that of `value`. The kernel's name for
 * it is tnum (kernel/bpf/tnum.c).
 */
export interface KnownBits {
  readonly value: bigint;
  readonly mask: bigint;
}

export const ALL_BITS = 0xffff_ffff_ffff_ffffn;
export const LOW_BITS = 0xffff_ffffn;

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** The bits that all numbers from `low` to `high` have in common. */
export function bitsOfRange(low: bigint, high: bigint): KnownBits {
  const width = (low ^ high).toString(2).length;
  const mask = low === high ? 0n : (1n << BigInt(width)) - 1n;
  return { value: low & ~mask & ALL_BITS, mask };
}

export function addBits(a: KnownBits, b: KnownBits): KnownBits {
  const sumOfMasks = a.mask + b.mask;
  const sum = a.value + b.value;
  const mask = wrap((sumOfMasks + sum) ^ sum) | a.mask | b.mask;
  return { value: wrap(sum) & ~mask & ALL_BITS, mask };
}

export function subtractBits(a: KnownBits, b: KnownBits): KnownBits {
  const difference = wrap(a.value - b.value);
  const upper = wrap(difference + a.mask);
  const lower = wrap(difference - b.mask);
  const mask = (upper ^ lower) | a.mask | b.mask;
  return { value: difference & ~mask & ALL_BITS, mask };
}

export function andBits(a: KnownBits, b: KnownBits): KnownBits {
  const couldBeOne = (a.value | a.mask) & (b.value | b.mask);
  const isOne = a.value & b.value;
  return { value: isOne, mask: couldBeOne & ~isOne };
}

export function orBits(a: KnownBits, b: KnownBits): KnownBits {
  const isOne = a.value | b.value;
  return { value: isOne, mask: (a.mask | b.mask) & ~isOne };
}

export function xorBits(a: KnownBits, b: KnownBits): KnownBits {
  const mask = a.mask | b.mask;
  return { value: (a.value ^ b.value) & ~mask, mask };
}

export function shiftBitsLeft(a: KnownBits, by: bigint): KnownBits {
  return { value: wrap(a.value << by), mask: wrap(a.mask << by) };
}

export function shiftBitsRight(a: KnownBits, by: bigint): KnownBits {
  return { value: a.value >> by, mask: a.mask >> by };
}

/** Arithmetic shift of a `width`-bit number. */
export function shiftBitsSigned(a: KnownBits, by: bigint, width: 32 | 64): KnownBits {
  return {
    value: BigInt.asUintN(width, BigInt.asIntN(width, a.value) >> by),
    mask: BigInt.asUintN(width, BigInt.asIntN(width, a.mask) >> by),
  };
}

/** What is known when both hold; undefined when they contradict each other. */
export function intersectBits(a: KnownBits, b: KnownBits): KnownBits | undefined {
  const contradiction = (a.value ^ b.value) & ~a.mask & ~b.mask & ALL_BITS;
  if (contradiction !== 0n) return undefined;
  const mask = a.mask & b.mask;
  return { value: (a.value | b.value) & ~mask, mask };
}
