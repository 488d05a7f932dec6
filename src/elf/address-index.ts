import type { FunctionSymbol, SymbolTable } from './symbol-table.ts';

/** How many starts before an address are looked at: functions nest (a cold part inside another's size) but not deeply. */
const MAX_STEPS_BACK = 16;

/**
 * Functions by address: symbol indexes of several tables, sorted by start, searched by halving.
 *
 * Starts are kept as doubles relative to the lowest one, which is exact for any binary smaller than 2^53 bytes.
 */
export class AddressIndex {
  readonly #tables: readonly SymbolTable[];
  readonly #base: bigint;
  /** Sorted; the arrays below are in the same order. */
  readonly #starts: Float64Array;
  readonly #sizes: Float64Array;
  readonly #tableOf: Uint8Array;
  readonly #indexes: Uint32Array;

  constructor(tables: readonly SymbolTable[]) {
    this.#tables = tables;
    const rows: { table: number; index: number; address: bigint }[] = [];
    let base: bigint | undefined;
    for (const [tableNumber, table] of tables.entries()) {
      for (let index = 0; index < table.count; index++) {
        if (!table.isFunction(index)) continue;
        const address = table.address(index);
        if (base === undefined || address < base) base = address;
        rows.push({ table: tableNumber, index, address });
      }
    }
    this.#base = base ?? 0n;
    const starts = Float64Array.from(rows, (row) => Number(row.address - this.#base));
    const order = Uint32Array.from(rows, (_row, position) => position);
    const rank = (position: number): number => {
      const row = rows[position];
      if (!row) return 0;
      const table = tables[row.table];
      if (!table) return 0;
      // Of several names of one address the sized one is shown, then the public one (malloc, not __libc_malloc), then the global one;
      // earlier tables win ties.
      const isSized = table.size(row.index) > 0n;
      return (isSized ? 8 : 0) + (table.isReserved(row.index) ? 0 : 4) + table.rank(row.index);
    };
    order.sort((a, b) => (starts[a] ?? 0) - (starts[b] ?? 0) || rank(b) - rank(a) || a - b);
    // One entry per address: the best name comes first.
    const kept = order.filter((position, i) => i === 0 || starts[position] !== starts[order[i - 1] ?? 0]);
    this.#starts = Float64Array.from(kept, (position) => starts[position] ?? 0);
    this.#tableOf = Uint8Array.from(kept, (position) => rows[position]?.table ?? 0);
    this.#indexes = Uint32Array.from(kept, (position) => rows[position]?.index ?? 0);
    this.#sizes = Float64Array.from(kept, (_position, i) =>
      Number(tables[this.#tableOf[i] ?? 0]?.size(this.#indexes[i] ?? 0) ?? 0n),
    );
  }

  /** Number of distinct function addresses. */
  get size(): number {
    return this.#starts.length;
  }

  /** The innermost function that contains `address`; a function without a size reaches to the next one. */
  at(address: bigint): FunctionSymbol | undefined {
    if (address < this.#base) return undefined;
    const wanted = Number(address - this.#base);
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= wanted) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= Math.max(0, low - MAX_STEPS_BACK); i--) {
      const size = this.#sizes[i] ?? 0;
      const ends = size > 0 ? (this.#starts[i] ?? 0) + size : i === low - 1 ? Number.POSITIVE_INFINITY : -1;
      if (wanted < ends) return this.#tables[this.#tableOf[i] ?? 0]?.symbol(this.#indexes[i] ?? 0);
    }
    return undefined;
  }
}
