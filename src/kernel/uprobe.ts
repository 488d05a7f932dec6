import { errnos } from '../base/index.ts';
import type { Attachment } from './attachment.ts';
import { PERF_PROBE_CONFIG_IS_RETPROBE } from './kprobe.ts';
import { openPerfEvent } from './perf-event.ts';
import { attachToPerfEvent } from './perf-event-link.ts';
import { pmuType } from './perf-pmu.ts';
import type { Prog } from './prog.ts';
import { KernelError, pinText } from './sys/index.ts';

/** Where a uprobe stands: an offset in a file. */
interface UprobePlace {
  readonly path: string;
  readonly fileOffset: bigint;
  /** Offset in the file of a USDT semaphore, which the kernel counts up while the probe stands. Linux 4.20. */
  readonly semaphoreOffset?: bigint;
}

/** Where in `config` the semaphore's offset goes. Source: kernel/events/core.c, PERF_UPROBE_REF_CTR_OFFSET_SHIFT. */
const REF_CTR_OFFSET_SHIFT = 32n;
const MAX_REF_CTR_OFFSET = 0xffff_ffffn;

/**
 * Attaches a KPROBE prog to one place in a binary, through a perf event. For many places, uprobe_multi is far cheaper.
 *
 * @param options.pid only this process.
 * @throws KernelError: ENOENT when there is no such file or no uprobes, EINVAL where no instruction starts.
 */
export function attachUprobe(
  prog: Prog,
  place: UprobePlace,
  options: { readonly isReturn?: boolean; readonly pid?: number; readonly cookie?: bigint } = {},
): Attachment {
  const type = pmuType('uprobe');
  if (type === undefined) {
    throw new KernelError('perf_event_open', errnos.ENOENT.number, {
      detail: 'this kernel has no uprobes (CONFIG_UPROBE_EVENTS)',
    });
  }
  const semaphore = place.semaphoreOffset ?? 0n;
  if (semaphore > MAX_REF_CTR_OFFSET) {
    throw new KernelError('perf_event_open', errnos.EINVAL.number, {
      detail: `the semaphore lies at ${semaphore} in ${place.path}; perf events reach 4 GiB, uprobe multi-links (Linux 6.6) further`,
    });
  }
  const path = pinText(place.path);
  const event = openPerfEvent(
    {
      type,
      config: (options.isReturn ? PERF_PROBE_CONFIG_IS_RETPROBE : 0n) | (semaphore << REF_CTR_OFFSET_SHIFT),
      sample_period: 1n,
      wakeup_events: 1,
      uprobe_path: path.address,
      probe_offset: place.fileOffset,
    },
    options.pid === undefined ? { pid: -1, cpu: 0 } : { pid: options.pid, cpu: -1 },
    `${options.isReturn ? 'uretprobe' : 'uprobe'} at ${place.path}:0x${place.fileOffset.toString(16)}`,
    path,
  );
  return attachToPerfEvent(event, prog, options.cookie);
}
