import type { Attachment } from './attachment.ts';
import { periodFields, type SamplePeriod } from './perf-event.ts';
import { attachToPerfEvents } from './perf-event-link.ts';
import type { Prog } from './prog.ts';
import { perfEventBits, perfTypes } from './sys/index.ts';

/** Software events. Source: uapi/linux/perf_event.h, enum perf_sw_ids. */
export const softwareEvents = {
  PERF_COUNT_SW_CPU_CLOCK: 0,
  PERF_COUNT_SW_TASK_CLOCK: 1,
  PERF_COUNT_SW_PAGE_FAULTS: 2,
  PERF_COUNT_SW_CONTEXT_SWITCHES: 3,
  PERF_COUNT_SW_CPU_MIGRATIONS: 4,
  PERF_COUNT_SW_PAGE_FAULTS_MIN: 5,
  PERF_COUNT_SW_PAGE_FAULTS_MAJ: 6,
  PERF_COUNT_SW_ALIGNMENT_FAULTS: 7,
  PERF_COUNT_SW_EMULATION_FAULTS: 8,
  PERF_COUNT_SW_DUMMY: 9,
  PERF_COUNT_SW_BPF_OUTPUT: 10,
  PERF_COUNT_SW_CGROUP_SWITCHES: 11,
} as const;

/** Hardware events. Source: uapi/linux/perf_event.h, enum perf_hw_id. */
export const hardwareEvents = {
  PERF_COUNT_HW_CPU_CYCLES: 0,
  PERF_COUNT_HW_INSTRUCTIONS: 1,
  PERF_COUNT_HW_CACHE_REFERENCES: 2,
  PERF_COUNT_HW_CACHE_MISSES: 3,
  PERF_COUNT_HW_BRANCH_INSTRUCTIONS: 4,
  PERF_COUNT_HW_BRANCH_MISSES: 5,
  PERF_COUNT_HW_BUS_CYCLES: 6,
  PERF_COUNT_HW_STALLED_CYCLES_FRONTEND: 7,
  PERF_COUNT_HW_STALLED_CYCLES_BACKEND: 8,
  PERF_COUNT_HW_REF_CPU_CYCLES: 9,
} as const;

/** A perf event that samples: its kind and `config`, and how often it fires. */
export interface SamplingEvent {
  readonly type: 'software' | 'hardware';
  readonly config: number;
  readonly period: SamplePeriod;
}

/** `profile` and `interval`: the CPU clock, which ticks on idle CPUs too. A period counts nanoseconds. */
export function cpuClock(period: SamplePeriod): SamplingEvent {
  return { type: 'software', config: softwareEvents.PERF_COUNT_SW_CPU_CLOCK, period };
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
