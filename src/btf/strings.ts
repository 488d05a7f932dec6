import { binaryString } from '../base/index.ts';
import { BtfError } from './error.ts';

/** Searches by scanning before a table of all strings is built: the table costs about as much as sixteen, and keeps 2 MB. */
const SCANS_BEFORE_TABLE = 16;

/**
 * The string section of a BTF: NUL-terminated strings, named by offset.
 *
 * The section is decoded to one JavaScript string, where engines search fast (1 to 2 ms in a kernel's 2 MB) and names are slices. When many
 * names are wanted a hash table of offsets takes over; a Map of all names would cost 60 ms.
 */
export class BtfStrings {
  readonly #bytes: Uint8Array;
  /** Bytes put before the section: one NUL where it begins with a name, so that every string stands behind a NUL. */
  readonly #lead: 0 | 1;
  /** One char per byte, so that offsets are indexes. Undefined until a string is wanted. */
  #text: string | undefined;
  /** Whether some byte is not ASCII, so that slices must be decoded again. */
  #isAscii = true;
  #scans = 0;
  #table: Int32Array | undefined;

  /**
   * @param isSplit continues the strings of a base: the empty string is the base's, so the section begins with a name, or is empty
   * @throws BtfError unless the section ends with a NUL, and that of no split BTF begins with one.
   */
  constructor(bytes: Uint8Array, isSplit = false) {
    if (!isSplit && bytes[0] !== 0) throw new BtfError('the BTF string section does not begin with a NUL');
    if (bytes.length > 0 && bytes[bytes.length - 1] !== 0) {
      throw new BtfError('the BTF string section does not end with a NUL');
    }
    this.#lead = isSplit ? 1 : 0;
    this.#bytes = isSplit ? withLead(bytes) : bytes;
  }

  get length(): number {
    return this.#bytes.length - this.#lead;
  }

  /** @throws BtfError when `offset` lies outside. */
  text(offset: number): string {
    const at = offset + this.#lead;
    if (at === 0) return '';
    if (at >= this.#bytes.length) {
      throw new BtfError(`a BTF name lies at ${offset}, past the strings (${this.length} bytes)`);
    }
    const all = this.#section();
    const end = all.indexOf('\0', at);
    if (this.#isAscii) return all.slice(at, end);
    return new TextDecoder().decode(this.#bytes.subarray(at, end));
  }

  /** Offset of a string equal to `text`, which stands after a NUL as writers of BTF place them; undefined when there is none. */
  find(text: string): number | undefined {
    if (text === '') return this.#lead === 0 ? 0 : undefined;
    if (text.includes('\0')) return undefined;
    const all = this.#section();
    const wanted = this.#isAscii ? text : binaryString(new TextEncoder().encode(text));
    if (this.#table === undefined) {
      if (this.#scans < SCANS_BEFORE_TABLE) {
        this.#scans++;
        const at = all.indexOf(`\0${wanted}\0`);
        return at < 0 ? undefined : at + 1 - this.#lead;
      }
      this.#table = buildTable(all);
    }
    const table = this.#table;
    const mask = table.length - 1;
    for (let slot = hashOf(wanted, 0, wanted.length) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const offset = table[slot]!;
      if (all.startsWith(wanted, offset) && all.charCodeAt(offset + wanted.length) === 0)
        return offset - this.#lead;
    }
    return undefined;
  }

  #section(): string {
    if (this.#text !== undefined) return this.#text;
    const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#bytes);
    // UTF-8 that is all ASCII has as many chars as bytes; a replacement char or a longer sequence changes that or shows.
    this.#isAscii = decoded.length === this.#bytes.length && !decoded.includes('\ufffd');
    this.#text = this.#isAscii ? decoded : binaryString(this.#bytes);
    return this.#text;
  }
}

function withLead(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(bytes.length + 1);
  padded.set(bytes, 1);
  return padded;
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
