import {
  type Arch,
  type AttachOutcome,
  archFacts,
  type PerfPeriod,
  type ProbeSpec,
} from '../program/index.ts';
import type { Attaching, EventSource, Fire } from './event-source.ts';
import type { World } from './world.ts';

/** The probes that timers serve, for people. */
export const timerNames: readonly string[] = ['interval', 'profile', 'software:cpu-clock'];

/** PERF_COUNT_SW_CPU_CLOCK. Source: uapi/linux/perf_event.h. */
const CPU_CLOCK = 0;
const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;
/** A host's timer is late by a millisecond or more; ticks missed in this time are made up for, those before are left out. */
const MAX_LAG_NS = 100n * NS_PER_MS;
/** How long ticks are made up for before the rest of the process has its turn. */
const MAX_TURN_NS = 5n * NS_PER_MS;

export interface TimersOptions {
  readonly world: World;
  readonly arch: Arch;
  /** CPUs that `profile` and `software` tick on; `interval` ticks on the first. */
  readonly onlineCpus: readonly number[];
}

interface Timer {
  readonly periodNs: bigint;
  readonly cpus: readonly number[];
  readonly fire: Fire;
  dueNs: bigint;
}

/**
 * `interval`, `profile` and the CPU clock, from the host's timer. They tick in the task of this process, which is what runs then; there are
 * no registers and no stacks to see.
 */
export class Timers implements EventSource {
  readonly name = 'timers';
  readonly served = timerNames;
  readonly #options: TimersOptions;
  readonly #ctx: Uint8Array;
  readonly #timers: Timer[] = [];
  #cancel: (() => void) | undefined;

  constructor(options: TimersOptions) {
    this.#options = options;
    this.#ctx = new Uint8Array(perfEventDataBytes(options.arch));
  }

  serves(probe: ProbeSpec): boolean {
    if (probe.kind === 'software') return probe.config === CPU_CLOCK;
    return probe.kind === 'interval' || probe.kind === 'profile';
  }

  attach({ probe, fire, pid }: Attaching): AttachOutcome {
    if (probe.kind !== 'interval' && probe.kind !== 'profile' && probe.kind !== 'software')
      return { ok: false, message: `${probe.name} is no timer` };
    if (probe.kind !== 'interval' && pid !== undefined) {
      const message = `${probe.name}: the embedded backend cannot see when process ${pid} has a CPU`;
      return { ok: false, message };
    }
    const { onlineCpus, world } = this.#options;
    const periodNs = nanoseconds(probe.period);
    this.#timers.push({
      periodNs,
      cpus: probe.kind === 'interval' ? onlineCpus.slice(0, 1) : onlineCpus,
      fire,
      dueNs: world.now('monotonic') + periodNs,
    });
    this.#schedule();
    return { ok: true, functions: 1 };
  }

  detach(): void {
    this.#timers.length = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  /** Runs what is due, in the order of time, and what was missed with it. */
  #tick(): void {
    const { world } = this.#options;
    const start = world.now('monotonic');
    for (const timer of this.#timers) {
      const lag = start - timer.dueNs;
      if (lag > MAX_LAG_NS) timer.dueNs += ((lag - MAX_LAG_NS) / timer.periodNs) * timer.periodNs;
    }
    for (let now = start; now - start < MAX_TURN_NS; now = world.now('monotonic')) {
      const timer = this.#next();
      if (timer === undefined || timer.dueNs > now) break;
      timer.dueNs += timer.periodNs;
      for (const cpu of timer.cpus) timer.fire({ ctx: this.#ctx, cpu, scene: { task: world.ownTask() } });
    }
    this.#cancel = undefined;
    this.#schedule();
  }

  #schedule(): void {
    const { world } = this.#options;
    const timer = this.#next();
    this.#cancel?.();
    if (timer === undefined) return;
    const restNs = timer.dueNs - world.now('monotonic');
    const delayMs = restNs <= 0n ? 0 : Number((restNs + NS_PER_MS - 1n) / NS_PER_MS);
    this.#cancel = world.after(delayMs, () => this.#tick());
  }

  /** The one that is due first; of several the one attached first. */
  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.dueNs < first.dueNs) first = timer;
    return first;
  }
}

function nanoseconds(period: PerfPeriod): bigint {
  if (period.kind === 'period') return period.count;
  const ns = NS_PER_SECOND / period.hz;
  return ns > 0n ? ns : 1n;
}

/** struct bpf_perf_event_data: the registers, the period, an address. Source: uapi/linux/bpf_perf_event.h. */
function perfEventDataBytes(arch: Arch): number {
  return Math.max(...Object.values(archFacts(arch).registers)) + 8 + 2 * 8;
}
