/**
 * The arithmetic on pairs of 32-bit halves that takes more than a line. `words[at]` is the low, `words[at + 1]` the high half of the first
 * operand and of the result; `low` and `high` are the second operand.
 *
 * Division by zero gives 0 and a remainder by zero leaves the first operand; the least number divided by -1 is itself, with remainder
 * 0. Source: instruction-set.rst, "Arithmetic instructions".
 */

const TWO_32 = 4294967296;
/** High halves below this make numbers below 2^52, which doubles hold and divide exactly enough to be rounded down. */
const SMALL_HIGH = 1 << 20;

export function multiply64(words: Int32Array, at: number, low: number, high: number): void {
  const low0 = words[at]!;
  words[at + 1] = multiplyHigh(low0, low) + Math.imul(low0, high) + Math.imul(words[at + 1]!, low);
  words[at] = Math.imul(low0, low);
}

/** High half of the unsigned 64-bit product, by schoolbook multiplication of 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const middle2 = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + (middle >>> 16) + (middle2 >>> 16)) | 0;
}

export function divide64(words: Int32Array, at: number, low: number, high: number): void {
  const low0 = words[at]!;
  const high0 = words[at + 1]!;
  if ((low | high) === 0) {
    set(words, at, 0, 0);
  } else if (high0 >>> 0 < SMALL_HIGH && high >>> 0 < SMALL_HIGH) {
    setNumber(words, at, Math.floor((high0 * TWO_32 + (low0 >>> 0)) / (high * TWO_32 + (low >>> 0))));
  } else {
    setBig(words, at, unsigned(low0, high0) / unsigned(low, high));
  }
}

export function modulo64(words: Int32Array, at: number, low: number, high: number): void {
  const low0 = words[at]!;
  const high0 = words[at + 1]!;
  if ((low | high) === 0) return;
  if (high0 >>> 0 < SMALL_HIGH && high >>> 0 < SMALL_HIGH) {
    setNumber(words, at, (high0 * TWO_32 + (low0 >>> 0)) % (high * TWO_32 + (low >>> 0)));
  } else {
    setBig(words, at, unsigned(low0, high0) % unsigned(low, high));
  }
}

export function divideSigned64(words: Int32Array, at: number, low: number, high: number): void {
  const low0 = words[at]!;
  const high0 = words[at + 1]!;
  if ((low | high) === 0) {
    set(words, at, 0, 0);
  } else if (isSmallSigned(high0) && isSmallSigned(high)) {
    setNumber(words, at, Math.trunc((high0 * TWO_32 + (low0 >>> 0)) / (high * TWO_32 + (low >>> 0))));
  } else {
    setBig(words, at, signed(low0, high0) / signed(low, high));
  }
}

export function moduloSigned64(words: Int32Array, at: number, low: number, high: number): void {
  const low0 = words[at]!;
  const high0 = words[at + 1]!;
  if ((low | high) === 0) return;
  if (isSmallSigned(high0) && isSmallSigned(high)) {
    setNumber(words, at, (high0 * TWO_32 + (low0 >>> 0)) % (high * TWO_32 + (low >>> 0)));
  } else {
    setBig(words, at, signed(low0, high0) % signed(low, high));
  }
}

/** `a / b` on 32 bits, unsigned. */
export function divide32(a: number, b: number): number {
  return b === 0 ? 0 : ((a >>> 0) / (b >>> 0)) | 0;
}

export function modulo32(a: number, b: number): number {
  return b === 0 ? a : ((a >>> 0) % (b >>> 0)) | 0;
}

export function divideSigned32(a: number, b: number): number {
  return b === 0 ? 0 : (a / b) | 0;
}

export function moduloSigned32(a: number, b: number): number {
  return b === 0 ? a : (a % b) | 0;
}

/** Shifts by 0 to 63. */
export function shiftLeft64(words: Int32Array, at: number, count: number): void {
  const low = words[at]!;
  if (count === 0) return;
  if (count < 32) set(words, at, low << count, (words[at + 1]! << count) | (low >>> (32 - count)));
  else set(words, at, 0, low << (count - 32));
}

export function shiftRight64(words: Int32Array, at: number, count: number): void {
  const high = words[at + 1]!;
  if (count === 0) return;
  if (count < 32) set(words, at, (words[at]! >>> count) | (high << (32 - count)), high >>> count);
  else set(words, at, high >>> (count - 32), 0);
}

export function shiftRightSigned64(words: Int32Array, at: number, count: number): void {
  const high = words[at + 1]!;
  if (count === 0) return;
  if (count < 32) set(words, at, (words[at]! >>> count) | (high << (32 - count)), high >> count);
  else set(words, at, high >> (count - 32), high >> 31);
}

/** Swaps the bytes of the low 16, 32 or 64 bits; the bits above become zero. */
export function swapBytes(words: Int32Array, at: number, bits: number): void {
  const low = words[at]!;
  if (bits === 16) set(words, at, swap32(low) >>> 16, 0);
  else if (bits === 32) set(words, at, swap32(low), 0);
  else set(words, at, swap32(words[at + 1]!), swap32(low));
}

/** Keeps the low 16, 32 or 64 bits: what `le` means on a little-endian machine. */
export function truncate(words: Int32Array, at: number, bits: number): void {
  if (bits === 16) set(words, at, words[at]! & 0xffff, 0);
  else if (bits === 32) words[at + 1] = 0;
}

function swap32(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}

function isSmallSigned(high: number): boolean {
  return high >= -SMALL_HIGH && high < SMALL_HIGH;
}

function set(words: Int32Array, at: number, low: number, high: number): void {
  words[at] = low;
  words[at + 1] = high;
}

/** Stores a whole number of at most 53 bits. */
function setNumber(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0;
  words[at + 1] = Math.floor(value / TWO_32) | 0;
}

function setBig(words: Int32Array, at: number, value: bigint): void {
  words[at] = Number(BigInt.asIntN(32, value));
  words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

function unsigned(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

function signed(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
