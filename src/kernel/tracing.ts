import { Attachment } from './attachment.ts';
import { bpfResult } from './bpf-call.ts';
import { Fd } from './fd.ts';
import type { Prog } from './prog.ts';
import { attr, checked } from './sys/index.ts';

/**
 * Attaches a TRACING prog (fentry, fexit, BTF raw tracepoint) to what it was loaded for. Linux 5.5.
 *
 * BPF_RAW_TRACEPOINT_OPEN without a name does this on every kernel that has such progs; BPF_LINK_CREATE learnt it later.
 *
 * @throws KernelError: EPERM where the kernel refuses trampolines, ENOTSUPP where the architecture has none.
 */
export function attachTracing(prog: Prog): Attachment {
  const link = bpfResult('BPF_RAW_TRACEPOINT_OPEN', attr.rawTracepointAttr.encode({ prog_fd: prog.fd.raw }));
  const what = `${prog.spec.expectedAttachType ?? 'tracing'} prog ${prog.spec.name ?? ''}`.trimEnd();
  return new Attachment([new Fd(checked('bpf(BPF_RAW_TRACEPOINT_OPEN)', link, what))]);
}
