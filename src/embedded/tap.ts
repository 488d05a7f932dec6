import type { MapAccess } from '../program/index.ts';
import type { Environment } from '../vm/index.ts';

/** A prog that is about to run. */
export interface RunStart {
  /** Index into Program.progs. */
  readonly prog: number;
  /** Index into Program.probes; undefined for what the tracer runs itself (begin, end, self, test, bench). */
  readonly probe: number | undefined;
  readonly cpu: number;
  readonly ctx: Uint8Array;
}

/**
 * Stands where everything passes that a prog can learn and everything user space does to its maps. Whoever records listens here; whoever replays
 * answers here. Calls come in the one global order of the run.
 */
export interface Tap {
  /** Stands between progs and what they ask (helper results, memory, clocks, chance, tasks). Called once, at load. */
  environment?(inner: Environment): Environment;
  /** Stands between user space and the maps. Called once, at load. */
  maps?(inner: MapAccess): MapAccess;
  /** Just before a prog runs; its ctx is whole. */
  start?(run: RunStart): void;
  /** Just after. `retval`: the low 32 bits of R0. */
  end?(run: RunStart, retval: number): void;
  /** User space begins to take records. */
  drain?(): void;
}
