import type { LineCursor, ScenarioValue, Space } from './line-cursor.ts';
import type { Symbols } from './symbols.ts';

/** Where texts and lists of a scenario are put, one behind the other. */
const bases: Readonly<Record<Space, bigint>> = {
  user: 0x5000_0000_0000n,
  kernel: 0xffff_c000_0000_0000n,
};
/** As much as a scenario can put anywhere. */
const MAX_BYTES = 16 * 1024 * 1024;
const WORD_BYTES = 8;

/** What stands behind the pointers of a scenario. It stays there until the end. */
export class ScenarioMemory {
  readonly #arenas: Record<Space, Uint8Array> = { user: new Uint8Array(4096), kernel: new Uint8Array(4096) };
  readonly #used: Record<Space, number> = { user: 0, kernel: 0 };
  readonly #symbols: Symbols;

  constructor(symbols: Symbols) {
    this.#symbols = symbols;
  }

  /** A value as 8 bytes: itself, or the address that it was put at. */
  wordOf(value: ScenarioValue, space: Space, cursor: LineCursor): bigint {
    switch (value.kind) {
      case 'int':
        return value.value;
      case 'place':
        return this.#symbols.addressOf(space, value.symbol) + value.offset;
      case 'bytes': {
        const room = this.#allocate(
          value.space ?? space,
          value.bytes.length + (value.isText ? 1 : 0),
          cursor,
        );
        room.bytes.set(value.bytes);
        return room.address;
      }
      case 'list': {
        const words = value.values.map((each) => this.wordOf(each, space, cursor));
        const room = this.#allocate(space, words.length * WORD_BYTES, cursor);
        const view = new DataView(room.bytes.buffer, room.bytes.byteOffset);
        for (const [index, word] of words.entries())
          view.setBigUint64(index * WORD_BYTES, BigInt.asUintN(64, word), true);
        return room.address;
      }
    }
  }

  /** As Environment.read does. */
  read(space: Space, address: bigint, into: Uint8Array): number {
    const offset = address - bases[space];
    const used = this.#used[space];
    if (offset < 0n || offset >= BigInt(used)) return 0;
    const part = this.#arenas[space].subarray(Number(offset), Math.min(used, Number(offset) + into.length));
    into.set(part);
    return part.length;
  }

  #allocate(
    space: Space,
    size: number,
    cursor: LineCursor,
  ): { readonly address: bigint; readonly bytes: Uint8Array } {
    const at = this.#used[space];
    const end = at + Math.ceil(size / WORD_BYTES) * WORD_BYTES;
    if (end > MAX_BYTES) throw cursor.error(`a scenario has room for ${MAX_BYTES} bytes behind pointers`);
    if (end > this.#arenas[space].length) {
      const larger = new Uint8Array(Math.max(end, this.#arenas[space].length * 2));
      larger.set(this.#arenas[space]);
      this.#arenas[space] = larger;
    }
    this.#used[space] = end;
    return { address: bases[space] + BigInt(at), bytes: this.#arenas[space].subarray(at, at + size) };
  }
}
