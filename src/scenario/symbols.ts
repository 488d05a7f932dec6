import type { SymbolFrame } from '../program/index.ts';
import type { Space } from './line-cursor.ts';

/** Functions that a scenario names stand one behind the other, each with so much room. */
const FUNCTION_BYTES = 0x1000n;
const bases: Readonly<Record<Space, bigint>> = { kernel: 0xffff_ffff_8100_0000n, user: 0x5555_0000_0000n };

/** Addresses for the names of functions, and back. */
export class Symbols {
  readonly #names: Readonly<Record<Space, string[]>> = { kernel: [], user: [] };
  readonly #numbers: Readonly<Record<Space, Map<string, number>>> = { kernel: new Map(), user: new Map() };

  addressOf(space: Space, name: string): bigint {
    let number = this.#numbers[space].get(name);
    if (number === undefined) {
      number = this.#names[space].push(name) - 1;
      this.#numbers[space].set(name, number);
    }
    return bases[space] + BigInt(number) * FUNCTION_BYTES;
  }

  at(space: Space, address: bigint): readonly SymbolFrame[] {
    const distance = address - bases[space];
    const name = distance < 0n ? undefined : this.#names[space][Number(distance / FUNCTION_BYTES)];
    return name === undefined ? [] : [{ name, offset: distance % FUNCTION_BYTES }];
  }

  /** How far a function reaches. */
  get size(): bigint {
    return FUNCTION_BYTES;
  }
}
