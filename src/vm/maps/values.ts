import { alignUp } from '../../base/index.ts';
import type { Memory } from '../memory.ts';

/**
 * The values of a map with `slots` entries: rows of `valueSize` bytes, one per CPU or one in all, each a region of its own, which is put
 * in use when a prog first gets a pointer to it.
 */
export class Values {
  readonly rows: number;
  readonly valueSize: number;
  readonly #memory: Memory;
  readonly #firstRegion: number;
  readonly #start: number;
  readonly #stride: number;
  readonly #writable: number;

  constructor(
    memory: Memory,
    options: {
      readonly name: string;
      readonly slots: number;
      readonly rows: number;
      readonly valueSize: number;
      readonly isWritable: boolean;
    },
  ) {
    this.rows = options.rows;
    this.valueSize = options.valueSize;
    this.#memory = memory;
    this.#stride = alignUp(options.valueSize, 8);
    this.#writable = options.isWritable ? options.valueSize : 0;
    this.#start = memory.allocate(options.slots * options.rows * this.#stride);
    this.#firstRegion = memory.reserveRegions(options.slots * options.rows, `a value of map ${options.name}`);
  }

  /** Where a row lies in the machine's memory. */
  at(slot: number, row: number): number {
    return this.#start + (slot * this.rows + row) * this.#stride;
  }

  /** The row's region, put in use. */
  region(slot: number, row: number): number {
    const region = this.#firstRegion + slot * this.rows + row;
    if (!this.#memory.isOpen(region))
      this.#memory.open(region, this.at(slot, row), this.valueSize, this.#writable);
    return region;
  }

  /** Zeros all rows of a slot. */
  clear(slot: number): void {
    this.#memory.bytes.fill(0, this.at(slot, 0), this.at(slot + 1, 0));
  }

  /** Copies `valueSize` bytes from elsewhere in the machine's memory. */
  set(slot: number, row: number, from: number): void {
    const { bytes } = this.#memory;
    bytes.copyWithin(this.at(slot, row), from, from + this.valueSize);
  }

  /** Copies of all rows. */
  copyRows(slot: number): Uint8Array[] {
    return Array.from({ length: this.rows }, (_unused, row) =>
      this.#memory.bytes.slice(this.at(slot, row), this.at(slot, row) + this.valueSize),
    );
  }

  /** Sets all rows from user space; a single one given for several is for all of them. */
  setRows(slot: number, rows: readonly Uint8Array[]): void {
    for (let row = 0; row < this.rows; row++) {
      const from = rows.length === 1 ? rows[0] : rows[row];
      if (from === undefined || from.length !== this.valueSize)
        throw new RangeError(
          `a value of ${this.rows} rows of ${this.valueSize} bytes was expected, not ${rows.length} of ${from?.length}`,
        );
      this.#memory.bytes.set(from, this.at(slot, row));
    }
  }
}

/** Bytes and regions that `Values` takes. */
export function valuesSpace(
  slots: number,
  rows: number,
  valueSize: number,
): { bytes: number; regions: number } {
  return { bytes: slots * rows * alignUp(valueSize, 8), regions: slots * rows };
}
