import type { Attachment } from './attachment.ts';
import { openPerfEvent } from './perf-event.ts';
import { attachToPerfEvent } from './perf-event-link.ts';
import type { Prog } from './prog.ts';
import { perfTypes } from './sys/index.ts';

/**
 * Attaches a TRACEPOINT prog by the event's id (`events/CATEGORY/EVENT/id` in tracefs).
 *
 * One perf event covers all CPUs: a tracepoint's prog list belongs to the tracepoint, not to the event's CPU.
 *
 * @param pid only events of this process run the prog.
 * @throws KernelError
 */
export function attachTracepoint(
  prog: Prog,
  id: number,
  options: { readonly pid?: number; readonly cookie?: bigint } = {},
): Attachment {
  const event = openPerfEvent(
    { type: perfTypes.PERF_TYPE_TRACEPOINT, config: BigInt(id), sample_period: 1n, wakeup_events: 1 },
    options.pid === undefined ? { pid: -1, cpu: 0 } : { pid: options.pid, cpu: -1 },
    `tracepoint ${id}`,
  );
  return attachToPerfEvent(event, prog, options.cookie);
}
