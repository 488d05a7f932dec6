import type { World } from '../../src/embedded/index.ts';
import { factsOfNobody, type RuntimeFacts } from '../../src/tracer/index.ts';
import { seededRandom, type Task } from '../../src/vm/index.ts';

/** A world whose time passes only when it is told to. */
export interface VirtualWorld extends World {
  /** Lets so many milliseconds pass; what is due in them is called back, in the order of time. */
  pass(ms: number): void;
}

/** @param ownTask fields that matter to a test */
export function virtualWorld(ownTask: Partial<Task> = {}): VirtualWorld {
  let nowNs = 1_000_000_000n;
  const task: Task = {
    pid: 100,
    tid: 100,
    uid: 7,
    gid: 8,
    comm: 'tracer',
    cgroupId: 1n,
    address: 0n,
    ...ownTask,
  };
  const due: { readonly atNs: bigint; readonly callback: () => void }[] = [];
  const after = (delayMs: number, callback: () => void): (() => void) => {
    const entry = { atNs: nowNs + BigInt(delayMs) * 1_000_000n, callback };
    due.push(entry);
    return () => {
      const index = due.indexOf(entry);
      if (index >= 0) due.splice(index, 1);
    };
  };
  return {
    now: () => nowNs,
    random: seededRandom(1),
    ownTask: () => task,
    after,
    soon: (callback) => void after(0, callback),
    pass(ms) {
      const endNs = nowNs + BigInt(ms) * 1_000_000n;
      for (;;) {
        const next = due.filter(({ atNs }) => atNs <= endNs).sort((a, b) => Number(a.atNs - b.atNs))[0];
        if (next === undefined) break;
        due.splice(due.indexOf(next), 1);
        if (next.atNs > nowNs) nowNs = next.atNs;
        next.callback();
      }
      nowNs = endNs;
    },
  };
}

/** What a program of that world finds in its constants map; no process is singled out. */
export const virtualFacts: RuntimeFacts = { ...factsOfNobody, 'self-pid': 100n };
