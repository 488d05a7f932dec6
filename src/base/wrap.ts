/** Greatest unsigned 64-bit value. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;
/** Least and greatest signed 64-bit values. */
export const I64_MIN = -0x8000_0000_0000_0000n;
export const I64_MAX = 0x7fff_ffff_ffff_ffffn;

/** The low 64 bits of `value` as an unsigned number, as the machine would keep them. */
export function asU64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** The low 64 bits of `value` as a signed (two's complement) number. */
export function asI64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** The low 32 bits of `value` as an unsigned number. */
export function asU32(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}

/** The low 32 bits of `value` as a signed number. */
export function asI32(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** Whether `value` is representable in a signed 32-bit immediate. */
export function fitsI32(value: bigint): boolean {
  return value >= -0x8000_0000n && value <= 0x7fff_ffffn;
}

/** Rounds `value` up to a multiple of `align` (any positive number, not only powers of two). */
export function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
