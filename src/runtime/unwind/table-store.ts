import { alignUp } from '../../base/index.ts';
import type { UnwindRule, UnwindTable } from '../../dwarf/index.ts';
import { encodeUnwindRule, unwindRow, unwindRule } from '../../program/index.ts';

/** Where a file's rows are among all rows. */
export interface TablePlace {
  readonly firstRow: number;
  readonly rows: number;
  /** Distances in the rows count from this address of the file. */
  readonly base: bigint;
}

/** Bytes from one entry of an array to the next. Source: kernel/bpf/arraymap.c, elem_size. */
const RULE_STRIDE = alignUp(unwindRule.size, 8);
const ROW_STRIDE = unwindRow.size;
const FIRST_BYTES = 1 << 16;

/** The rows and rules of all files, as the maps have them. They only grow: what is there stays where it is. */
export class TableStore {
  readonly rows = new GrowingBytes();
  readonly rules = new GrowingBytes();
  readonly #ruleNumbers = new Map<string, number>();
  /** Code that no table speaks of: a frame pointer leads on. */
  readonly byPointer: TablePlace;
  /** Code from which nothing leads on. */
  readonly deadEnd: TablePlace;

  constructor() {
    this.byPointer = this.#single({ kind: 'none' });
    this.deadEnd = this.#single({ kind: 'unknown' });
  }

  get rowCount(): number {
    return this.rows.length / ROW_STRIDE;
  }
  get ruleCount(): number {
    return this.rules.length / RULE_STRIDE;
  }

  add({ starts, ruleOf, rules, base }: UnwindTable): TablePlace {
    const numbers = Uint32Array.from(rules, (rule) => this.#numberOf(rule));
    const firstRow = this.rowCount;
    const words = new Uint32Array(starts.length * 2);
    for (let row = 0; row < starts.length; row++) {
      words[row * 2] = starts[row] ?? 0;
      words[row * 2 + 1] = numbers[ruleOf[row] ?? 0] ?? 0;
    }
    // The layout of unwindRow; arm64 and x86-64 are little-endian.
    this.rows.add(new Uint8Array(words.buffer));
    return { firstRow, rows: starts.length, base: BigInt(base) };
  }

  #single(rule: UnwindRule): TablePlace {
    return this.add({ starts: Uint32Array.of(0), ruleOf: Uint32Array.of(0), rules: [rule], base: 0 });
  }

  #numberOf(rule: UnwindRule): number {
    const bytes = new Uint8Array(RULE_STRIDE);
    bytes.set(encodeUnwindRule(rule));
    const key = String.fromCharCode(...bytes);
    const known = this.#ruleNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.ruleCount;
    this.rules.add(bytes);
    this.#ruleNumbers.set(key, number);
    return number;
  }
}

/** Bytes that are only added to. */
export class GrowingBytes {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  /** What was added since there were `from` bytes: a view. */
  since(from: number): Uint8Array {
    return this.#bytes.subarray(from, this.#length);
  }
}
