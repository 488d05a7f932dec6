import type { Attachment } from './attachment.ts';
import { type PerfScope, periodFields, type SamplePeriod } from './perf-event.ts';
import { attachToPerfEvents } from './perf-event-link.ts';
import type { Prog } from './prog.ts';
import { perfEventBits, perfTypes } from './sys/index.ts';

/** Source: uapi/linux/perf_event.h, enum perf_sw_ids. */
const PERF_COUNT_SW_CPU_CLOCK = 0;

/** A perf event that samples: its kind and `config`, and how often it fires. */
export interface SamplingEvent {
  readonly type: 'software' | 'hardware';
  readonly config: number;
  readonly period: SamplePeriod;
}

/** `profile` and `interval`: the CPU clock, which ticks on idle CPUs too. A period counts nanoseconds. */
export function cpuClock(period: SamplePeriod): SamplingEvent {
  return { type: 'software', config: PERF_COUNT_SW_CPU_CLOCK, period };
}

/**
 * Attaches a PERF_EVENT prog to sampling events.
 *
 * @param scopes one event each: a thread on any CPU, with the threads and children that it starts from now on, or all processes on a CPU (one
 * CPU for `interval`, all online ones for `profile` and counters).
 * @throws KernelError: ENOENT where a machine lacks the counter, ESRCH when all of the threads have ended.
 */
export function attachSampling(prog: Prog, event: SamplingEvent, scopes: readonly PerfScope[]): Attachment {
  const period = periodFields(event.period);
  // An event of a thread counts the threads and children it starts from now on only when it is inherited.
  const bits = (period.bits ?? 0n) | (scopes.some(({ pid }) => pid !== -1) ? perfEventBits.inherit : 0n);
  const type = event.type === 'software' ? perfTypes.PERF_TYPE_SOFTWARE : perfTypes.PERF_TYPE_HARDWARE;
  return attachToPerfEvents(
    prog,
    { type, config: BigInt(event.config), ...period, bits },
    scopes,
    `${event.type} event ${event.config}`,
  );
}
