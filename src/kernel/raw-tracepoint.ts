import { Attachment } from './attachment.ts';
import { bpfResult } from './bpf-call.ts';
import { Fd } from './fd.ts';
import type { Prog } from './prog.ts';
import { attr, checked, pinText } from './sys/index.ts';

/**
 * Attaches a RAW_TRACEPOINT prog by the tracepoint's name (`sched_switch`, without its category). Linux 4.17.
 *
 * @throws KernelError: ENOENT when there is no such tracepoint.
 */
export function attachRawTracepoint(prog: Prog, name: string): Attachment {
  const pinned = pinText(name);
  const request = attr.rawTracepointAttr.encode({ name: pinned.address, prog_fd: prog.fd.raw });
  const link = bpfResult('BPF_RAW_TRACEPOINT_OPEN', request, pinned);
  return new Attachment([new Fd(checked('bpf(BPF_RAW_TRACEPOINT_OPEN)', link, name))]);
}
