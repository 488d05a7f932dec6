import { DwarfError } from './dwarf-error.ts';

/** Entries, rows and list items that one question may look at: some seconds. Real questions look at far fewer. */
const MAX_STEPS = 40_000_000;

/** Counts what a question costs, so that bytes made to take for ever are given up on. */
export class Work {
  readonly #limit: number;
  #left: number;

  constructor(limit = MAX_STEPS) {
    this.#limit = limit;
    this.#left = limit;
  }

  /** A new question begins. */
  reset(): void {
    this.#left = this.#limit;
  }
  /** It has cost too much. */
  get isSpent(): boolean {
    return this.#left < 0;
  }
  /** @throws DwarfError when the question costs too much. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0)
      throw new DwarfError(`the debug information takes more than ${this.#limit} steps to search`);
  }
}
