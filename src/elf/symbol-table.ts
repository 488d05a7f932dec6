import { decodeCString, encodeCString, viewOf } from '../base/index.ts';
import {
  type ElfClass,
  elfLayouts,
  SHN_UNDEF,
  STB_GLOBAL,
  STB_WEAK,
  STT_FUNC,
  STT_GNU_IFUNC,
} from './layouts.ts';

/** A function of a binary, as its symbol table has it. */
export interface FunctionSymbol {
  readonly name: string;
  /** Virtual address in the file, before any relocation. */
  readonly address: bigint;
  /** Bytes; 0 when the table does not say. */
  readonly size: bigint;
}

/**
 * One symbol table, read in place: a binary may have hundreds of thousands of symbols, and most runs ask for one.
 *
 * Only defined functions (STT_FUNC, STT_GNU_IFUNC) are seen, except by `symbolNamed`.
 */
export class SymbolTable {
  readonly #view: DataView;
  readonly #strings: Uint8Array;
  readonly #layout: (typeof elfLayouts)[ElfClass]['symbol'];
  readonly #wide: boolean;
  /** Number of entries, functions or not. */
  readonly count: number;

  constructor(elfClass: ElfClass, entries: Uint8Array, strings: Uint8Array) {
    this.#layout = elfLayouts[elfClass].symbol;
    this.#wide = elfClass === 64;
    this.#view = viewOf(entries);
    this.#strings = strings;
    this.count = Math.floor(entries.length / this.#layout.size);
  }

  isFunction(index: number): boolean {
    const at = index * this.#layout.size;
    const type = this.#view.getUint8(at + this.#layout.info) & 0xf;
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC) return false;
    return this.#view.getUint16(at + this.#layout.section, true) !== SHN_UNDEF;
  }

  /** 2 for a global symbol, 1 for a weak one, 0 for a local one: which of several names of one address is shown. */
  rank(index: number): number {
    const bind = this.#view.getUint8(index * this.#layout.size + this.#layout.info) >> 4;
    return bind === STB_GLOBAL ? 2 : bind === STB_WEAK ? 1 : 0;
  }

  address(index: number): bigint {
    return this.#word(index * this.#layout.size + this.#layout.value);
  }
  /** What says how far the addresses of entries lie behind `base`: without a bigint for each, exact below 2^53. */
  distancesFrom(base: bigint): (index: number) => number {
    const { size, value } = this.#layout;
    const low = Number(base & 0xffff_ffffn);
    const high = Number(base >> 32n);
    return this.#wide
      ? (index) => {
          const at = index * size + value;
          const above = this.#view.getUint32(at + 4, true) - high;
          return above * 0x1_0000_0000 + (this.#view.getUint32(at, true) - low);
        }
      : (index) => this.#view.getUint32(index * size + value, true) - low;
  }
  size(index: number): bigint {
    return this.#word(index * this.#layout.size + this.#layout.length);
  }
  /** A name that points outside the string table is ''. */
  name(index: number): string {
    const at = this.#nameOffset(index);
    return at >= this.#strings.length ? '' : decodeCString(this.#strings.subarray(at, at + MAX_NAME_BYTES));
  }

  /** Whether the name begins with an underscore: one that C keeps for the implementation. */
  isReserved(index: number): boolean {
    return this.#strings[this.#nameOffset(index)] === 0x5f;
  }

  symbol(index: number): FunctionSymbol {
    return { name: this.name(index), address: this.address(index), size: this.size(index) };
  }

  /** The functions, in the table's order. */
  *functions(): Generator<FunctionSymbol> {
    for (let index = 0; index < this.count; index++) {
      if (this.isFunction(index)) yield this.symbol(index);
    }
  }

  /** All functions of that name (a program may have several static ones). */
  functionsNamed(name: string): FunctionSymbol[] {
    const wanted = encodeCString(name);
    const found: FunctionSymbol[] = [];
    for (let index = 0; index < this.count; index++) {
      if (this.isFunction(index) && this.#hasName(index, wanted)) found.push(this.symbol(index));
    }
    return found;
  }

  /** A defined symbol of any kind. */
  symbolNamed(name: string): FunctionSymbol | undefined {
    const wanted = encodeCString(name);
    for (let index = 0; index < this.count; index++) {
      const section = this.#view.getUint16(index * this.#layout.size + this.#layout.section, true);
      if (section !== SHN_UNDEF && this.#hasName(index, wanted)) return this.symbol(index);
    }
    return undefined;
  }

  #hasName(index: number, wanted: Uint8Array): boolean {
    const at = this.#nameOffset(index);
    for (let i = 0; i < wanted.length; i++) {
      if (this.#strings[at + i] !== wanted[i]) return false;
    }
    return true;
  }
  #nameOffset(index: number): number {
    return this.#view.getUint32(index * this.#layout.size + this.#layout.name, true);
  }
  #word(at: number): bigint {
    return this.#wide ? this.#view.getBigUint64(at, true) : BigInt(this.#view.getUint32(at, true));
  }
}

/** Longest name that is decoded: a string table without NULs must not make every name megabytes long. */
const MAX_NAME_BYTES = 65536;
