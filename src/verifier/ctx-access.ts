import { unreachable } from '../base/index.ts';
import type { AccessSize } from '../bpf/index.ts';
import type { Prog } from '../program/index.ts';
import type { KernelProfile } from './kernel-profile.ts';

/** What an access to the ctx gives: a number, something nothing is said about, or why it is refused. */
export type CtxAnswer = 'scalar' | 'opaque' | { readonly refused: string };

export interface CtxAccess {
  readonly off: number;
  readonly size: AccessSize;
  readonly isWrite: boolean;
}

const MAX_ARGUMENTS = 12;
const SYSCALL_CTX_BYTES = 65535;
/** struct xdp_md. */
const XDP_CTX_BYTES = 24;
/** data, data_end and data_meta are packet pointers. */
const XDP_POINTER_BYTES = 12;

/** Whether a prog may access its ctx there. Source: the is_valid_access functions of kernel/trace/bpf_trace.c, net/core/filter.c, kernel/bpf/syscall.c. */
export function accessCtx(prog: Prog, kernel: KernelProfile, access: CtxAccess): CtxAnswer {
  const { off, size, isWrite } = access;
  const what = `${isWrite ? 'writes' : 'reads'} ${size} bytes at offset ${off} of the ctx`;
  const refused = (why: string): CtxAnswer => ({ refused: `${what}, ${why}` });
  const readOnly = isWrite ? refused('which may only be read') : undefined;
  const within = (low: number, high: number): CtxAnswer | undefined =>
    off < low || off + size > high
      ? refused(`of which bytes ${low} to ${high - 1} may be accessed`)
      : undefined;
  const aligned = off % size === 0 ? undefined : refused('which is not aligned');
  switch (prog.type) {
    case 'BPF_PROG_TYPE_KPROBE':
      if (isWrite && kernel.abilities.kprobeCtxWrites)
        return within(0, kernel.registerBytes) ?? aligned ?? 'scalar';
      return within(0, kernel.registerBytes) ?? readOnly ?? aligned ?? 'scalar';
    case 'BPF_PROG_TYPE_TRACEPOINT':
      return within(8, kernel.traceBytes) ?? readOnly ?? aligned ?? 'scalar';
    case 'BPF_PROG_TYPE_RAW_TRACEPOINT':
      return within(0, MAX_ARGUMENTS * 8) ?? readOnly ?? aligned ?? 'scalar';
    case 'BPF_PROG_TYPE_PERF_EVENT':
      // struct bpf_perf_event_data: registers, then sample_period and addr.
      return within(0, kernel.registerBytes + 16) ?? readOnly ?? aligned ?? 'scalar';
    case 'BPF_PROG_TYPE_TRACING':
      return isWrite ? refused('which may only be read') : off < 0 ? refused('before its start') : 'opaque';
    case 'BPF_PROG_TYPE_SYSCALL':
      return within(0, SYSCALL_CTX_BYTES) ?? aligned ?? 'scalar';
    case 'BPF_PROG_TYPE_XDP':
      if (isWrite) return 'opaque';
      return within(0, XDP_CTX_BYTES) ?? aligned ?? (off < XDP_POINTER_BYTES ? 'opaque' : 'scalar');
    default:
      return unreachable(prog.type);
  }
}
