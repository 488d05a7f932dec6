import type { FunctionSymbol, SymbolTable } from './symbol-table.ts';

/** How many starts before an address are looked at: functions nest (a cold part inside another's size) but not deeply. */
const MAX_STEPS_BACK = 16;

/**
 * Functions by address: the starts of several tables' functions, sorted, with the best name of each; searched by halving. A binary may have
 * hundreds of thousands, so nothing is made for one of them.
 *
 * Starts are kept as distances from one of them, in doubles, which is exact for any binary smaller than 2^53 bytes.
 */
export class AddressIndex {
  readonly #tables: readonly SymbolTable[];
  readonly #base: bigint;
  /** Ascending; the arrays below are in the same order. */
  readonly #starts: Float64Array;
  readonly #sizes: Float64Array;
  readonly #tableOf: Uint8Array;
  readonly #indexes: Uint32Array;

  constructor(tables: readonly SymbolTable[]) {
    this.#tables = tables;
    this.#base = firstAddress(tables);
    this.#starts = distinctStarts(tables, this.#base);
    const count = this.#starts.length;
    this.#sizes = new Float64Array(count);
    this.#tableOf = new Uint8Array(count);
    this.#indexes = new Uint32Array(count);
    /** Of the name that was found so far; 0: none yet. */
    const ranks = new Uint8Array(count);
    for (const [number, table] of tables.entries()) {
      const distance = table.distancesFrom(this.#base);
      for (let index = 0; index < table.count; index++) {
        if (!table.isFunction(index)) continue;
        const slot = this.#lastAtOrBefore(distance(index));
        const size = table.size(index);
        // Of several names of one address the sized one is shown, then the public one (malloc, not __libc_malloc), then the global one;
        // earlier ones win ties.
        const rank = 1 + (size > 0n ? 8 : 0) + (table.isReserved(index) ? 0 : 4) + table.rank(index);
        if (rank <= (ranks[slot] ?? 0)) continue;
        ranks[slot] = rank;
        this.#sizes[slot] = Number(size);
        this.#tableOf[slot] = number;
        this.#indexes[slot] = index;
      }
    }
  }

  /** Number of distinct function addresses. */
  get size(): number {
    return this.#starts.length;
  }

  /** The innermost function that contains `address`; a function without a size reaches to the next one. */
  at(address: bigint): FunctionSymbol | undefined {
    const wanted = Number(address - this.#base);
    const last = this.#lastAtOrBefore(wanted);
    for (let i = last; i >= 0 && i > last - MAX_STEPS_BACK; i--) {
      const size = this.#sizes[i] ?? 0;
      const start = this.#starts[i] ?? 0;
      const ends = size > 0 ? start + size : i === last ? Number.POSITIVE_INFINITY : start;
      if (wanted < ends) return this.#tables[this.#tableOf[i] ?? 0]?.symbol(this.#indexes[i] ?? 0);
    }
    return undefined;
  }
  /** The last of the starts that are not behind `distance`; -1 when all are. */
  #lastAtOrBefore(distance: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= distance) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** What distances are taken from: any function will do. */
function firstAddress(tables: readonly SymbolTable[]): bigint {
  for (const table of tables) {
    for (let index = 0; index < table.count; index++) {
      if (table.isFunction(index)) return table.address(index);
    }
  }
  return 0n;
}

/** Ascending. */
function distinctStarts(tables: readonly SymbolTable[], base: bigint): Float64Array {
  const starts = new Float64Array(tables.reduce((sum, table) => sum + table.count, 0));
  let count = 0;
  for (const table of tables) {
    const distance = table.distancesFrom(base);
    for (let index = 0; index < table.count; index++) {
      if (table.isFunction(index)) starts[count++] = distance(index);
    }
  }
  // Without a function to compare them the engine sorts numbers itself, ten times as fast.
  const sorted = starts.subarray(0, count).sort();
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const start = sorted[index] ?? 0;
    if (index === 0 || start !== sorted[kept - 1]) sorted[kept++] = start;
  }
  return sorted.slice(0, kept);
}
