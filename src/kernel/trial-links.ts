/** Links that no kernel makes: what is asked for is wrong in a way that only a kernel notices which knows such links. */
import { errnos } from '../base/index.ts';
import { type AttachType, attachTypes } from '../bpf/index.ts';
import { bpfResult } from './bpf-call.ts';
import { judgeErrno, no, yes } from './feature-answer.ts';
import type { FeatureAnswer, KernelFeature } from './feature-table.ts';
import { attr, pinText, pinU64s } from './sys/index.ts';
import { returnZero, tryLoad } from './trial-prog.ts';

/** An address that nothing is at, in user space or outside it. */
const NOWHERE = 0xffff_ffff_ffff_f000n;

/** Whether progs are linked to perf events. @throws ProgLoadError */
export function linksPerfEvents(): FeatureAnswer {
  using prog = tryLoad({ type: 'BPF_PROG_TYPE_TRACEPOINT', insns: returnZero });
  // No event: a kernel that knows such links misses the descriptor.
  const request = attr.linkCreateAttr.encode({
    prog_fd: prog.fd.raw,
    target_fd: 0xffff_ffff,
    attach_type: attachTypes.BPF_PERF_EVENT,
  });
  const result = bpfResult('BPF_LINK_CREATE', request);
  return result === -errnos.EBADF.number ? yes : judgeErrno('perf-link', -result);
}

/** Whether there are multi-links of kprobes of this kind. @throws ProgLoadError */
export function linksKprobes(feature: KernelFeature, attachType: AttachType): FeatureAnswer {
  using prog = tryLoad({
    type: 'BPF_PROG_TYPE_KPROBE',
    expectedAttachType: attachType,
    insns: returnZero,
  });
  const request = attr.linkCreateAttr.encode({
    prog_fd: prog.fd.raw,
    attach_type: attachTypes[attachType],
  });
  // A kernel that knows such links wants to read the addresses. The name of a function that is not there would do as well, but each symbol
  // of the kernel is then compared with it.
  attr.linkCreateParts.kprobe_multi.encodeInto(request, 0, { cnt: 1, addrs: NOWHERE });
  const result = bpfResult('BPF_LINK_CREATE', request);
  return result === -errnos.EFAULT.number ? yes : judgeErrno(feature, -result);
}

/** Whether there are multi-links of uprobes of this kind. @throws ProgLoadError */
export function linksUprobes(feature: KernelFeature, attachType: AttachType): FeatureAnswer {
  const result = linkUprobe(attachType, 0);
  // A directory is no file to probe.
  return result === -errnos.EBADF.number ? yes : judgeErrno(feature, -result);
}

/**
 * At first a multi-link with a pid saw one thread only. The kernels that were mended look at the pid before anything else, and
 * refuse one that cannot be. Source: kernel/trace/bpf_trace.c, bpf_uprobe_multi_link_attach().
 *
 * @throws ProgLoadError
 */
export function linksUprobesOfProcess(feature: KernelFeature): FeatureAnswer {
  const result = linkUprobe('BPF_TRACE_UPROBE_MULTI', 0xffff_ffff);
  if (result === -errnos.EINVAL.number) return yes;
  return result === -errnos.EBADF.number ? no(feature) : judgeErrno(feature, -result);
}

/** Tries a uprobe multi-link on a directory, which no kernel accepts; the negative error. */
function linkUprobe(attachType: AttachType, pid: number): number {
  using prog = tryLoad({
    type: 'BPF_PROG_TYPE_KPROBE',
    expectedAttachType: attachType,
    insns: returnZero,
  });
  const path = pinText('/');
  const offsets = pinU64s([1n]);
  const request = attr.linkCreateAttr.encode({ prog_fd: prog.fd.raw, attach_type: attachTypes[attachType] });
  attr.linkCreateParts.uprobe_multi.encodeInto(request, 0, {
    path: path.address,
    offsets: offsets.address,
    cnt: 1,
    pid,
  });
  return bpfResult('BPF_LINK_CREATE', request, [path, offsets]);
}
