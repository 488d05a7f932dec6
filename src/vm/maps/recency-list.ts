/** Slots in the order of their last use: a doubly linked list in two arrays, closed by an anchor. */
export class RecencyList {
  /** By slot; the last element is the anchor: after it comes the youngest, before it stands the oldest. */
  readonly #after: Int32Array;
  readonly #before: Int32Array;
  readonly #anchor: number;

  constructor(slots: number) {
    this.#after = new Int32Array(slots + 1).fill(-1);
    this.#before = new Int32Array(slots + 1).fill(-1);
    this.#anchor = slots;
    this.#after[slots] = slots;
    this.#before[slots] = slots;
  }

  /** Makes a slot, listed or not, the youngest. */
  touch(slot: number): void {
    if (this.#after[slot] !== -1) this.remove(slot);
    const youngest = this.#after[this.#anchor]!;
    this.#after[this.#anchor] = slot;
    this.#before[slot] = this.#anchor;
    this.#after[slot] = youngest;
    this.#before[youngest] = slot;
  }

  remove(slot: number): void {
    const before = this.#before[slot]!;
    const after = this.#after[slot]!;
    this.#after[before] = after;
    this.#before[after] = before;
    this.#after[slot] = -1;
    this.#before[slot] = -1;
  }

  /** The slot used longest ago; undefined when there is none. */
  oldest(): number | undefined {
    const slot = this.#before[this.#anchor]!;
    return slot === this.#anchor ? undefined : slot;
  }
}
