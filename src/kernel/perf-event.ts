import { Fd } from './fd.ts';
import { checked, perfEventAttr, perfEventBits, perfEventOpen } from './sys/index.ts';

/** How often a sampling event fires. */
export type SamplePeriod =
  | { readonly kind: 'frequency'; readonly hz: bigint }
  | { readonly kind: 'period'; readonly count: bigint };

/** Which processes and CPUs an event watches. pid -1: all; cpu -1: all (then pid must not be -1). */
export interface PerfScope {
  readonly pid: number;
  readonly cpu: number;
}

/** What a perf event is asked for with. */
export type PerfEventAttr = Parameters<typeof perfEventAttr.encode>[0];

/**
 * Opens a perf event, switched off.
 *
 * @param pinned what addresses in `fields` point to.
 * @throws KernelError. `what` names the event in its text.
 */
export function openPerfEvent(fields: PerfEventAttr, scope: PerfScope, what: string, pinned?: unknown): Fd {
  const encoded = perfEventAttr.encode({ ...fields, size: perfEventAttr.size });
  return new Fd(checked('perf_event_open', perfEventOpen(encoded, scope.pid, scope.cpu, pinned), what));
}

/** The fields of `perf_event_attr` for a period. */
export function periodFields(period: SamplePeriod): PerfEventAttr {
  switch (period.kind) {
    case 'frequency':
      return { sample_freq: period.hz, bits: perfEventBits.freq };
    case 'period':
      return { sample_period: period.count };
  }
}
