import type { Attachment } from './attachment.ts';
import { periodFields, type SamplePeriod } from './perf-event.ts';
import { attachToPerfEvents } from './perf-event-link.ts';
import type { Prog } from './prog.ts';
import { perfEventBits, perfTypes } from './sys/index.ts';

/** Source: uapi/linux/perf_event.h, enum perf_sw_ids. */
const PERF_COUNT_SW_CPU_CLOCK = 0;

/** A perf event that samples: its kind and `config`, and how often it fires. */
interface SamplingEvent {
  readonly type: 'software' | 'hardware';
  readonly config: number;
  readonly period: SamplePeriod;
}

/** `profile` and `interval`: the CPU clock, which ticks on idle CPUs too. A period counts nanoseconds. */
export function cpuClock(period: SamplePeriod): SamplingEvent {
  return { type: 'software', config: PERF_COUNT_SW_CPU_CLOCK, period };
}

/**
 * Attaches a PERF_EVENT prog to a sampling event on each of these CPUs.
 *
 * @param cpus one for `interval`, all online ones for `profile` and counters.
 * @param pid only this process is sampled.
 * @throws KernelError: ENOENT where a machine lacks the counter.
 */
export function attachSampling(
  prog: Prog,
  event: SamplingEvent,
  cpus: readonly number[],
  pid = -1,
): Attachment {
  const period = periodFields(event.period);
  // An event of one process counts the threads and children it starts from now on only when it is inherited.
  const bits = (period.bits ?? 0n) | (pid === -1 ? 0n : perfEventBits.inherit);
  const type = event.type === 'software' ? perfTypes.PERF_TYPE_SOFTWARE : perfTypes.PERF_TYPE_HARDWARE;
  return attachToPerfEvents(
    prog,
    { type, config: BigInt(event.config), ...period, bits },
    cpus.map((cpu) => ({ pid, cpu })),
    `${event.type} event ${event.config}`,
  );
}
