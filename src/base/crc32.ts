import { lazily } from './lazily.ts';

const table = lazily((): Uint32Array => {
  const rows = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    let row = index;
    for (let bit = 0; bit < 8; bit++) row = row & 1 ? (row >>> 1) ^ 0xedb88320 : row >>> 1;
    rows[index] = row;
  }
  return rows;
});

/** CRC-32 of bytes that come in pieces (polynomial 0xedb88320, as in zip and Ethernet). */
export class Crc32 {
  #state = 0xffff_ffff;

  add(bytes: Uint8Array): void {
    const rows = table();
    let state = this.#state;
    // An iterator would cost more than the sum itself.
    for (let at = 0; at < bytes.length; at++) state = (state >>> 8) ^ rows[(state ^ bytes[at]!) & 0xff]!;
    this.#state = state;
  }

  get value(): number {
    return ~this.#state >>> 0;
  }
}
