import { encodeText } from './text.ts';

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
