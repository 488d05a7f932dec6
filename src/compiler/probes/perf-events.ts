/** One software or hardware event of perf_event_open(2). */
export interface PerfEvent {
  readonly name: string;
  readonly aliases: readonly string[];
  /** PERF_COUNT_SW_* or PERF_COUNT_HW_*. Source: uapi/linux/perf_event.h. */
  readonly config: number;
  /** Events between two runs of the probe when the script names no count. */
  readonly defaultCount: bigint;
}

export const softwareEvents: readonly PerfEvent[] = [
  { name: 'alignment-faults', aliases: [], config: 7, defaultCount: 1n },
  { name: 'bpf-output', aliases: [], config: 10, defaultCount: 1n },
  { name: 'context-switches', aliases: ['cs'], config: 3, defaultCount: 1000n },
  { name: 'cpu-clock', aliases: ['cpu'], config: 0, defaultCount: 1000000n },
  { name: 'cpu-migrations', aliases: [], config: 4, defaultCount: 1n },
  { name: 'dummy', aliases: [], config: 9, defaultCount: 1n },
  { name: 'emulation-faults', aliases: [], config: 8, defaultCount: 1n },
  { name: 'major-faults', aliases: [], config: 6, defaultCount: 1n },
  { name: 'minor-faults', aliases: [], config: 5, defaultCount: 100n },
  { name: 'page-faults', aliases: ['faults'], config: 2, defaultCount: 100n },
  { name: 'task-clock', aliases: [], config: 1, defaultCount: 1n },
];

export const hardwareEvents: readonly PerfEvent[] = [
  { name: 'backend-stalls', aliases: [], config: 8, defaultCount: 1000000n },
  { name: 'branch-instructions', aliases: ['branches'], config: 4, defaultCount: 100000n },
  { name: 'branch-misses', aliases: [], config: 5, defaultCount: 100000n },
  { name: 'bus-cycles', aliases: [], config: 6, defaultCount: 100000n },
  { name: 'cache-misses', aliases: [], config: 3, defaultCount: 1000000n },
  { name: 'cache-references', aliases: [], config: 2, defaultCount: 1000000n },
  { name: 'cpu-cycles', aliases: ['cycles'], config: 0, defaultCount: 1000000n },
  { name: 'frontend-stalls', aliases: [], config: 7, defaultCount: 1000000n },
  { name: 'instructions', aliases: [], config: 1, defaultCount: 1000000n },
  { name: 'ref-cycles', aliases: [], config: 9, defaultCount: 1000000n },
];

export function findPerfEvent(events: readonly PerfEvent[], name: string): PerfEvent | undefined {
  return events.find((event) => event.name === name || event.aliases.includes(name));
}
