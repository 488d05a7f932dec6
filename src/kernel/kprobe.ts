import { errnos } from '../base/index.ts';
import type { Attachment } from './attachment.ts';
import { openPerfEvent } from './perf-event.ts';
import { attachToPerfEvent } from './perf-event-link.ts';
import { pmuType } from './perf-pmu.ts';
import type { Prog } from './prog.ts';
import { KernelError, pinText } from './sys/index.ts';

/** Where a kprobe stands: a symbol and an offset into it, or an address. */
export type KprobePlace =
  | { readonly symbol: string; readonly offset?: bigint }
  | { readonly address: bigint };

/** Bit 0 of a kprobe or uprobe event's config: fire at the return. Source: kernel/events/core.c, perf_probe_config. */
export const PERF_PROBE_CONFIG_IS_RETPROBE = 1n;

/**
 * Attaches a KPROBE prog to one place in the kernel.
 *
 * @throws KernelError: ENOENT when the kernel has no kprobes or no such symbol, EINVAL where none may stand.
 */
export function attachKprobe(
  prog: Prog,
  place: KprobePlace,
  options: { readonly isReturn?: boolean; readonly cookie?: bigint } = {},
): Attachment {
  const type = pmuType('kprobe');
  if (type === undefined) {
    throw new KernelError('perf_event_open', errnos.ENOENT.number, {
      detail: 'this kernel has no kprobes (CONFIG_KPROBE_EVENTS)',
    });
  }
  const symbol = 'symbol' in place ? pinText(place.symbol) : undefined;
  const where = 'symbol' in place ? (place.offset ?? 0n) : place.address;
  const event = openPerfEvent(
    {
      type,
      config: options.isReturn ? PERF_PROBE_CONFIG_IS_RETPROBE : 0n,
      sample_period: 1n,
      wakeup_events: 1,
      kprobe_func: symbol?.address ?? 0n,
      // With a symbol this is the offset into it.
      kprobe_addr: where,
    },
    { pid: -1, cpu: 0 },
    `${options.isReturn ? 'kretprobe' : 'kprobe'} at ${'symbol' in place ? place.symbol : `0x${place.address.toString(16)}`}`,
    symbol,
  );
  return attachToPerfEvent(event, prog, options.cookie);
}
