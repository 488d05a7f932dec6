import type { Clock, Task } from '../../vm/index.ts';
import type { World } from '../world.ts';
import type { MachineFacts } from './machine-facts.ts';

const NS_PER_MS = 1_000_000n;

/** A world whose time is that of what happened last; what is due in between is called back in the order of time. */
export class FedWorld implements World {
  readonly #facts: MachineFacts;
  readonly #soon: World['soon'];
  readonly #due: { readonly atNs: bigint; readonly callback: () => void }[] = [];
  #nowNs: bigint;

  constructor(facts: MachineFacts, soon: World['soon']) {
    this.#facts = facts;
    this.#soon = soon;
    this.#nowNs = facts.startNs;
  }

  /** The boot clock. */
  get nowNs(): bigint {
    return this.#nowNs;
  }

  now(clock: Clock): bigint {
    return this.#nowNs + (this.#facts.clockOffsets[clock] ?? 0n);
  }
  /** Chance is not asked here: progs ask their environment. */
  random(): number {
    return 0;
  }
  ownTask(): Task {
    return this.#facts.tracer;
  }
  soon(callback: () => void): void {
    this.#soon(callback);
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry = { atNs: this.#nowNs + BigInt(Math.round(delayMs)) * NS_PER_MS, callback };
    this.#due.push(entry);
    return () => {
      const index = this.#due.indexOf(entry);
      if (index >= 0) this.#due.splice(index, 1);
    };
  }

  /** Goes to the next thing that is due by then, and has it done; false when nothing is, and the time is `untilNs`. */
  step(untilNs: bigint): boolean {
    let next: { readonly atNs: bigint; readonly callback: () => void } | undefined;
    for (const entry of this.#due) {
      if (entry.atNs <= untilNs && (next === undefined || entry.atNs < next.atNs)) next = entry;
    }
    const atNs = next?.atNs ?? untilNs;
    if (atNs > this.#nowNs) this.#nowNs = atNs;
    if (next === undefined) return false;
    this.#due.splice(this.#due.indexOf(next), 1);
    next.callback();
    return true;
  }
}
