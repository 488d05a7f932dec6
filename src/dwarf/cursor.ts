import { decodeText, viewOf } from '../base/index.ts';
import { DwarfError } from './dwarf-error.ts';

/** Longest text that is decoded: a name without its NUL must not be as long as the section. */
const MAX_TEXT_BYTES = 65_536;

/**
 * A little-endian cursor for debug information, where most numbers are small: it reads them as `number`. Numbers of 64 bits lose their last
 * bits above 2^53, which no offset and no address of a binary reaches; `big64` and `bigLeb` keep them all.
 *
 * @throws DwarfError, from every read that goes past the end.
 */
export class DwarfCursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  at: number;
  end: number;

  /** @param what the section's name, for messages. */
  constructor(bytes: Uint8Array, what: string, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
    this.#what = what;
    this.at = at;
    this.end = Math.min(end, bytes.length);
    if (!(at >= 0 && at <= this.end)) throw this.error(`starts at ${at} of ${this.end} bytes`);
  }

  /** Another cursor at the same place, with the same end. */
  fork(): DwarfCursor {
    return new DwarfCursor(this.bytes, this.#what, this.at, this.end);
  }

  error(text: string): DwarfError {
    return new DwarfError(`${this.#what}: ${text}`);
  }

  take(count: number): number {
    const start = this.at;
    if (!(count >= 0 && start + count <= this.end)) {
      throw this.error(`needs ${count} bytes at ${start}, and ends at ${this.end}`);
    }
    this.at = start + count;
    return start;
  }

  u8(): number {
    const { at } = this;
    if (at >= this.end) throw this.error(`ends at ${this.end}`);
    this.at = at + 1;
    return this.bytes[at] ?? 0;
  }
  i8(): number {
    return (this.u8() << 24) >> 24;
  }
  u16(): number {
    return this.#view.getUint16(this.take(2), true);
  }
  u24(): number {
    const at = this.take(3);
    return this.#view.getUint16(at, true) + (this.bytes[at + 2] ?? 0) * 65_536;
  }
  u32(): number {
    return this.#view.getUint32(this.take(4), true);
  }
  u64(): number {
    const at = this.take(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }
  big64(): bigint {
    return this.#view.getBigUint64(this.take(8), true);
  }
  /** An unsigned number of 1, 2, 3, 4 or 8 bytes. */
  unsigned(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 3:
        return this.u24();
      case 4:
        return this.u32();
      case 8:
        return this.u64();
      default:
        throw this.error(`has a number of ${size} bytes at ${this.at}`);
    }
  }

  /** Source: DWARF 5, section 7.6. */
  uleb(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 128;
    for (let i = 1; i < 10; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw this.error(`has a number of more than 64 bits at ${this.at}`);
  }
  sleb(): number {
    return Number(this.bigSleb());
  }
  bigUleb(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw this.error(`has a number of more than 64 bits at ${this.at}`);
  }
  bigSleb(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, BigInt.asIntN(Number(shift) + 7, value));
    }
    throw this.error(`has a number of more than 64 bits at ${this.at}`);
  }
  skipLeb(): void {
    while (this.u8() >= 0x80) {
      // Each byte says whether another follows.
    }
  }

  view(count: number): Uint8Array {
    const at = this.take(count);
    return this.bytes.subarray(at, at + count);
  }
  /** Text up to a NUL, which is consumed. */
  text(): string {
    const start = this.at;
    this.skipText();
    return decodeText(this.bytes.subarray(start, Math.min(this.at - 1, start + MAX_TEXT_BYTES)));
  }
  skipText(): void {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0 || end >= this.end) throw this.error(`has a text without an end at ${this.at}`);
    this.at = end + 1;
  }
}

/** The text at an offset of a section of texts; undefined when it lies outside. */
export function textAt(bytes: Uint8Array | undefined, offset: number): string | undefined {
  if (bytes === undefined || !(offset >= 0 && offset < bytes.length)) return undefined;
  const end = bytes.indexOf(0, offset);
  const last = Math.min(end < 0 ? bytes.length : end, offset + MAX_TEXT_BYTES);
  return decodeText(bytes.subarray(offset, last));
}
