import { decodeText, encodeText } from './text.ts';

/** A read went past the end of the bytes. `offset` is where it began, `wanted` how many bytes it needed. */
export class OutOfBytesError extends RangeError {
  override readonly name = 'OutOfBytesError';
  readonly offset: number;
  readonly wanted: number;
  readonly available: number;

  constructor(offset: number, wanted: number, available: number) {
    super(`needed ${wanted} bytes at offset ${offset}, but there are ${available} in all`);
    this.offset = offset;
    this.wanted = wanted;
    this.available = available;
  }
}

/** A DataView over exactly the bytes of `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A little-endian read cursor. Every read moves it on; reads past the end throw OutOfBytesError and move nothing.
 *
 * `bytes()` and `subreader()` return views, not copies.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#offset = 0;
    this.seek(offset);
  }

  /** Bytes from the start of the array. */
  get offset(): number {
    return this.#offset;
  }
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }
  get length(): number {
    return this.#bytes.length;
  }

  seek(offset: number): void {
    if (!Number.isInteger(offset) || offset < 0 || offset > this.#bytes.length) {
      throw new OutOfBytesError(offset, 0, this.#bytes.length);
    }
    this.#offset = offset;
  }
  skip(count: number): void {
    this.#take(count);
  }
  /** Moves on to the next multiple of `align`, counted from the start of the array. */
  alignTo(align: number): void {
    const over = this.#offset % align;
    if (over !== 0) this.#take(align - over);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }
  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }
  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }
  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** An unsigned LEB128 number of at most 64 bits (10 bytes). Source: DWARF 5, section 7.6. */
  uleb128(): bigint {
    const start = this.#offset;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new OutOfBytesError(start, 10, this.#bytes.length);
  }

  /** A signed LEB128 number of at most 64 bits. */
  sleb128(): bigint {
    const start = this.#offset;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, BigInt.asIntN(Number(shift) + 7, value));
    }
    throw new OutOfBytesError(start, 10, this.#bytes.length);
  }

  /** The next `count` bytes, as a view. */
  bytes(count: number): Uint8Array {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }
  /** A cursor over the next `count` bytes alone. */
  subreader(count: number): ByteReader {
    return new ByteReader(this.bytes(count));
  }
  /** Text up to a NUL, which is consumed. @throws OutOfBytesError when there is no NUL. */
  cString(): string {
    const end = this.#bytes.indexOf(0, this.#offset);
    if (end < 0) throw new OutOfBytesError(this.#offset, this.remaining + 1, this.#bytes.length);
    const text = decodeText(this.#bytes.subarray(this.#offset, end));
    this.#offset = end + 1;
    return text;
  }

  #take(count: number): number {
    const start = this.#offset;
    if (!(count >= 0 && count <= this.#bytes.length - start)) {
      throw new OutOfBytesError(start, count, this.#bytes.length);
    }
    this.#offset = start + count;
    return start;
  }
}

/** A little-endian write cursor over a buffer that grows. Growing replaces the view, so each write grows first. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(new ArrayBuffer(Math.max(capacity, 16)));
    this.#view = viewOf(this.#bytes);
  }

  /** Bytes written so far: the offset of the next write. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }
  i8(value: number): this {
    const at = this.#grow(1);
    this.#view.setInt8(at, value);
    return this;
  }
  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }
  i16(value: number): this {
    const at = this.#grow(2);
    this.#view.setInt16(at, value, true);
    return this;
  }
  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }
  i32(value: number): this {
    const at = this.#grow(4);
    this.#view.setInt32(at, value, true);
    return this;
  }
  u64(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }
  i64(value: bigint): this {
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value, true);
    return this;
  }
  bytes(bytes: Uint8Array): this {
    const start = this.#grow(bytes.length);
    this.#bytes.set(bytes, start);
    return this;
  }
  /** UTF-8 text and a NUL. */
  cString(text: string): this {
    return this.bytes(encodeText(text)).u8(0);
  }
  zeros(count: number): this {
    this.#grow(count);
    return this;
  }
  /** Zeros up to the next multiple of `align`. */
  alignTo(align: number): this {
    const over = this.#length % align;
    return over === 0 ? this : this.zeros(align - over);
  }
  /** Overwrites four bytes written before, for lengths known only afterwards. */
  patchU32(offset: number, value: number): this {
    if (offset + 4 > this.#length) throw new OutOfBytesError(offset, 4, this.#length);
    this.#view.setUint32(offset, value, true);
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(count: number): number {
    const start = this.#length;
    const needed = start + count;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(new ArrayBuffer(Math.max(needed, this.#bytes.length * 2)));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
      this.#view = viewOf(larger);
    }
    this.#length = needed;
    return start;
  }
}
