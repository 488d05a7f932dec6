import { attachTypes, multiLinkFlags } from '../bpf/index.ts';
import { Attachment } from './attachment.ts';
import { bpfResult } from './bpf-call.ts';
import { Fd } from './fd.ts';
import type { Prog } from './prog.ts';
import { attr, checked, pinText, pinU64s } from './sys/index.ts';

interface UprobeMultiOptions {
  readonly isReturn?: boolean;
  /** Entry and return in one prog. Linux 6.13. */
  readonly isSession?: boolean;
  /** Only this process. */
  readonly pid?: number;
  /** One per place. */
  readonly cookies?: readonly bigint[];
  /** File offsets of USDT semaphores, one per place; 0 for none. */
  readonly semaphoreOffsets?: readonly bigint[];
}

/**
 * Attaches a KPROBE prog (expected attach type BPF_TRACE_UPROBE_MULTI or _SESSION) to many places of one binary. Linux 6.6.
 *
 * @throws KernelError: ENOENT when there is no such file, ESRCH when there is no such process.
 */
export function attachUprobeMulti(
  prog: Prog,
  path: string,
  fileOffsets: readonly bigint[],
  options: UprobeMultiOptions = {},
): Attachment {
  const pinnedPath = pinText(path);
  const offsets = pinU64s(fileOffsets);
  const cookies = options.cookies === undefined ? undefined : pinU64s(options.cookies);
  const semaphores = options.semaphoreOffsets === undefined ? undefined : pinU64s(options.semaphoreOffsets);
  const request = attr.linkCreateAttr.encode({
    prog_fd: prog.fd.raw,
    attach_type: options.isSession
      ? attachTypes.BPF_TRACE_UPROBE_SESSION
      : attachTypes.BPF_TRACE_UPROBE_MULTI,
  });
  attr.linkCreateParts.uprobe_multi.encodeInto(request, 0, {
    path: pinnedPath.address,
    offsets: offsets.address,
    ref_ctr_offsets: semaphores?.address ?? 0n,
    cookies: cookies?.address ?? 0n,
    cnt: fileOffsets.length,
    flags: options.isReturn ? multiLinkFlags.BPF_F_UPROBE_MULTI_RETURN : 0,
    pid: options.pid ?? 0,
  });
  const link = bpfResult('BPF_LINK_CREATE', request, [pinnedPath, offsets, cookies, semaphores]);
  const what = `${options.isReturn ? 'uretprobe' : 'uprobe'} multi-link on ${fileOffsets.length} places of ${path}`;
  return new Attachment([new Fd(checked('bpf(BPF_LINK_CREATE)', link, what))]);
}
