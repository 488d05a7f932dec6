/**
 * Little-endian integers straight from a record's bytes.
 *
 * Most numbers that scripts print are below 2^53, and making a bigint (or a DataView for each record) costs more than the rest of
 * the conversion; so these read bytes, and use a bigint only for what a number cannot hold.
 */

import type { IntSize } from '../types/index.ts';

const TWO_32 = 0x1_0000_0000;
/** High words below this make 64-bit values that a number holds exactly. */
const EXACT_HIGH = 0x20_0000;

export function readU32(bytes: Uint8Array, offset: number): number {
  return readI32(bytes, offset) >>> 0;
}

export function readI32(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
}

export function readU64(bytes: Uint8Array, offset: number): bigint {
  const low = readU32(bytes, offset);
  const high = readU32(bytes, offset + 4);
  if (high < EXACT_HIGH) return BigInt(high * TWO_32 + low);
  return (BigInt(high) << 32n) | BigInt(low);
}

export function readI64(bytes: Uint8Array, offset: number): bigint {
  const high = readI32(bytes, offset + 4);
  return high < 0 ? (BigInt(high) << 32n) | BigInt(readU32(bytes, offset)) : readU64(bytes, offset);
}

/** A value of at most 4 bytes. */
export function readSmall(bytes: Uint8Array, offset: number, size: 1 | 2 | 4, signed: boolean): number {
  if (size === 4) return signed ? readI32(bytes, offset) : readU32(bytes, offset);
  const unsigned = size === 1 ? bytes[offset]! : bytes[offset]! | (bytes[offset + 1]! << 8);
  if (!signed) return unsigned;
  const shift = 32 - size * 8;
  return (unsigned << shift) >> shift;
}

/** An integer of the language, as wide as it is stored. */
export function readInteger(bytes: Uint8Array, offset: number, size: IntSize, signed: boolean): bigint {
  if (size === 8) return signed ? readI64(bytes, offset) : readU64(bytes, offset);
  return BigInt(readSmall(bytes, offset, size, signed));
}

/** The decimal text of an integer. */
export function decimalText(bytes: Uint8Array, offset: number, size: IntSize, signed: boolean): string {
  if (size !== 8) return String(readSmall(bytes, offset, size, signed));
  const high = readU32(bytes, offset + 4);
  if (high < EXACT_HIGH) return String(high * TWO_32 + readU32(bytes, offset));
  return String(signed ? readI64(bytes, offset) : readU64(bytes, offset));
}

/** Bits `shift` to `shift + width` counted from the least significant bit of the byte at `offset`; `width` is at most 64. */
export function readBits(
  bytes: Uint8Array,
  offset: number,
  shift: number,
  width: number,
  signed: boolean,
): bigint {
  const byteCount = Math.ceil((shift + width) / 8);
  let value = 0n;
  for (let index = byteCount - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[offset + index]!);
  value >>= BigInt(shift);
  return signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
}
