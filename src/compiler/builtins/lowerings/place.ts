import type { Alignment, FuncBuilder, MemorySize, ValueId } from '../../ir/index.ts';

/** Memory that the prog may read directly and, unless it is part of the constants, write: an address and a constant offset. */
export interface Place {
  readonly base: ValueId;
  readonly off: number;
  /** What the address, offset included, is known to be a multiple of. */
  readonly align: Alignment;
}

/** The place `delta` bytes further on. */
export function placeAfter(place: Place, delta: number): Place {
  return { base: place.base, off: place.off + delta, align: alignmentAt(place.align, delta) };
}

/** What is known about an address `delta` bytes after one that is a multiple of `align`. */
export function alignmentAt(align: Alignment, delta: number): Alignment {
  for (const candidate of [8, 4, 2] as const) {
    if (candidate <= align && delta % candidate === 0) return candidate;
  }
  return 1;
}

/** The greatest power of two, at most `align`, that a range of `bytes` has room for. */
function chunkSize(align: Alignment, bytes: number): MemorySize {
  for (const size of [8, 4, 2] as const) {
    if (size <= align && size <= bytes) return size;
  }
  return 1;
}

/** Cuts a range into loads or stores that its alignment allows: [offset, size] each. */
export function chunksOf(align: Alignment, bytes: number): readonly (readonly [number, MemorySize])[] {
  const chunks: [number, MemorySize][] = [];
  for (let at = 0; at < bytes; ) {
    const size = chunkSize(alignmentAt(align, at), bytes - at);
    chunks.push([at, size]);
    at += size;
  }
  return chunks;
}

/** The address of a place, for helpers. */
export function addressOf(b: FuncBuilder, place: Place): ValueId {
  return b.addConst(place.base, place.off);
}

export function copyPlace(b: FuncBuilder, to: Place, from: Place, bytes: number): void {
  const align = to.align < from.align ? to.align : from.align;
  b.copy(to.base, from.base, bytes, { off: to.off, fromOff: from.off, align });
}

export function zeroPlace(b: FuncBuilder, place: Place, bytes: number): void {
  b.zero(place.base, bytes, { off: place.off, align: place.align });
}

/** Least number of zero bytes worth a clearing of their own. */
const ZERO_RUN = 16;

/** Writes `text` (a binary string) and clears the rest of `bytes`. */
export function storeText(b: FuncBuilder, place: Place, text: string, bytes: number): void {
  const used = Math.min(bytes, text.length);
  const tail = bytes - used >= ZERO_RUN ? Math.ceil(used / 8) * 8 : bytes;
  for (const [at, size] of chunksOf(place.align, tail)) {
    b.store(size, place.base, b.const(littleEndian(text, at, size)), place.off + at);
  }
  zeroPlace(b, placeAfter(place, tail), bytes - tail);
}

/** The integer that `size` bytes of a binary string make; bytes past its end are 0. */
export function littleEndian(text: string, at: number, size: number): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) {
    const code = at + i < text.length ? text.charCodeAt(at + i) : 0;
    value = (value << 8n) | BigInt(code);
  }
  return value;
}
