import { BtfError } from './error.ts';

/** Searches by scanning before a table of all strings is built: the table costs about as much as six. */
const SCANS_BEFORE_TABLE = 6;

/**
 * The string section of a BTF: NUL-terminated strings, named by offset.
 *
 * The section is decoded to one JavaScript string, where engines search fast (1 to 2 ms in a kernel's 2 MB) and names are slices. When many
 * names are wanted a hash table of offsets takes over; a Map of all names would cost 60 ms.
 */
export class BtfStrings {
  readonly #bytes: Uint8Array;
  /** One char per byte, so that offsets are indexes. Undefined until a string is wanted. */
  #text: string | undefined;
  /** Whether some byte is not ASCII, so that slices must be decoded again. */
  #isAscii = true;
  #scans = 0;
  #table: Int32Array | undefined;

  /** @throws BtfError unless the section begins and ends with a NUL. */
  constructor(bytes: Uint8Array) {
    // A BTF split from a base may have no strings of its own.
    if (bytes.length > 0 && (bytes[0] !== 0 || bytes[bytes.length - 1] !== 0)) {
      throw new BtfError('the BTF string section does not begin and end with a NUL');
    }
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** @throws BtfError when `offset` lies outside. */
  text(offset: number): string {
    if (offset === 0) return '';
    if (offset >= this.#bytes.length) {
      throw new BtfError(`a BTF name lies at ${offset}, past the strings (${this.#bytes.length} bytes)`);
    }
    const all = this.#section();
    const end = all.indexOf('\0', offset);
    if (this.#isAscii) return all.slice(offset, end);
    return new TextDecoder().decode(this.#bytes.subarray(offset, end));
  }

  /** Offset of a string equal to `text`, which stands after a NUL as writers of BTF place them; undefined when there is none. */
  find(text: string): number | undefined {
    if (text === '') return 0;
    if (text.includes('\0')) return undefined;
    const all = this.#section();
    const wanted = this.#isAscii ? text : oneCharPerByte(new TextEncoder().encode(text));
    if (this.#table === undefined) {
      if (this.#scans < SCANS_BEFORE_TABLE) {
        this.#scans++;
        const at = all.indexOf(`\0${wanted}\0`);
        return at < 0 ? undefined : at + 1;
      }
      this.#table = buildTable(all);
    }
    const table = this.#table;
    const mask = table.length - 1;
    for (let slot = hashOf(wanted, 0, wanted.length) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const offset = table[slot]!;
      if (all.startsWith(wanted, offset) && all.charCodeAt(offset + wanted.length) === 0) return offset;
    }
    return undefined;
  }

  #section(): string {
    if (this.#text !== undefined) return this.#text;
    const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#bytes);
    // UTF-8 that is all ASCII has as many chars as bytes; a replacement char or a longer sequence changes that or shows.
    this.#isAscii = decoded.length === this.#bytes.length && !decoded.includes('\ufffd');
    this.#text = this.#isAscii ? decoded : oneCharPerByte(this.#bytes);
    return this.#text;
  }
}

function oneCharPerByte(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** Mixes the length, the first four and the last eight chars: enough to tell names apart, and cheap to build a table with. */
function hashOf(text: string, start: number, end: number): number {
  let hash = end - start;
  const headEnd = Math.min(start + 4, end);
  for (let at = start; at < headEnd; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  for (let at = Math.max(headEnd, end - 8); at < end; at++)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Open addressing with linear probing; 0 is an empty slot, as no string but the empty one starts at offset 0. */
function buildTable(all: string): Int32Array {
  const ends: number[] = [];
  for (let end = all.indexOf('\0', 1); end >= 0; end = all.indexOf('\0', end + 1)) ends.push(end);
  let size = 16;
  while (size < ends.length * 2) size *= 2;
  const table = new Int32Array(size);
  let start = 1;
  for (const end of ends) {
    let slot = hashOf(all, start, end) & (size - 1);
    while (table[slot] !== 0) slot = (slot + 1) & (size - 1);
    table[slot] = start;
    start = end + 1;
  }
  return table;
}
