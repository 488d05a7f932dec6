import type { Clock, Task } from '../vm/index.ts';

/** What the embedded machine takes from the host it runs on, and nothing else: time, chance, who we are. */
export interface World {
  /** Clocks as bpf_ktime_get_*() read them. */
  now(clock: Clock): bigint;
  /** 32 bits, as a signed or unsigned number. */
  random(): number;
  /** The task of this process: timers fire in it, and begin and end run in it. */
  ownTask(): Task;
  /** Calls back once, after about so many milliseconds; the result takes that back. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back once everything else that is due in this process had its turn. */
  soon(callback: () => void): void;
}
