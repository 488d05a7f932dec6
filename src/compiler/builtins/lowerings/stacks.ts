import { stackFlags } from '../../../bpf/index.ts';
import { BUILD_ID_FRAME_BYTES } from '../../../types/index.ts';
import type { CallExpr, Lower, Lowering } from './lowering.ts';
import { addressOf, type Place, placeAfter, zeroPlace } from './place.ts';
import { currentPid } from './process.ts';

/** Up to this many bytes may lie on the BPF stack, which verifiers before 6.3 want written before bpf_get_stack in some progs. */
const MAX_STACK_BYTES = 512;

/** Frames at `to`: a u64 count, then the frames. The helper clears what it does not fill. Source: kernel/bpf/stackmap.c. */
function captureFrames(lower: Lower, to: Place, frameBytes: number, limit: number, flags: number): void {
  const { b } = lower;
  if (limit === 0) {
    b.store(8, to.base, b.const(0), to.off);
    return;
  }
  const frames = addressOf(b, placeAfter(to, 8));
  if (limit * frameBytes <= MAX_STACK_BYTES) zeroPlace(b, placeAfter(to, 8), limit * frameBytes);
  const bytes = b.call('get_stack', [lower.ctx(), frames, b.const(frameBytes * limit), b.const(flags)]);
  lower.checkHelper('get_stack', bytes, 'default');
  const isCaptured = b.compare('sgt', bytes, b.const(0));
  const count = lower.choose(
    isCaptured,
    () => b.binary('udiv', bytes, b.const(frameBytes)),
    () => b.const(0),
  );
  b.store(8, to.base, count, to.off);
}

/**
 * Frames that stand above the traced function where fentry and fexit serve a kprobe: the prog (twice on some kernels) and its trampoline. A
 * kretprobe also sees the function itself gone, which the trampoline of fexit has called. Bits 0 to 7 of the flags. Source:
 * uapi/linux/bpf.h, BPF_F_SKIP_FIELD_MASK.
 */
function framesToSkip({ probe, target }: Lower): number {
  if (!probe.substituted) return 0;
  const progFrames = target.has('single-prog-frame') ? 1 : 2;
  return progFrames + (probe.kind === 'kretprobe' ? 2 : 1);
}

function lowerKstack(lower: Lower, call: CallExpr, to: Place): void {
  captureFrames(lower, to, 8, call.attrs.stack?.limit ?? 127, framesToSkip(lower));
}

/** i32 pid, i32 probe, then the frames. */
function lowerUstack(lower: Lower, call: CallExpr, to: Place): void {
  const { b } = lower;
  const isBuildId = call.attrs.stack?.mode === 'build_id';
  const flags = stackFlags.BPF_F_USER_STACK | (isBuildId ? stackFlags.BPF_F_USER_BUILD_ID : 0);
  b.store(4, to.base, currentPid(lower, 'curr_ns'), to.off);
  b.store(4, to.base, b.const(lower.probeId), to.off + 4);
  captureFrames(
    lower,
    placeAfter(to, 8),
    isBuildId ? BUILD_ID_FRAME_BYTES : 8,
    call.attrs.stack?.limit ?? 127,
    flags,
  );
}

/** The same form as `ustack`. */
function lowerDwUstack(lower: Lower, call: CallExpr, to: Place): void {
  const { b, target } = lower;
  if (target.arch !== 'x86_64') lower.refuse(call.at, 'dw_ustack is there for x86-64 only');
  if (!target.has('mappable-arrays') || !target.has('bounded-loops')) {
    lower.refuse(
      call.at,
      'dw_ustack searches tables that a tracer keeps in maps of the kernel (Linux 5.5), and there are none here',
      'ustack walks frame pointers',
    );
  }
  b.store(4, to.base, currentPid(lower, 'curr_ns'), to.off);
  b.store(4, to.base, b.const(lower.probeId), to.off + 4);
  lower.unwindStack(placeAfter(to, 8), call.attrs.stack?.limit ?? 127);
}

export const stackLowerings = {
  kstack: { gives: 'memory', lower: lowerKstack },
  ustack: { gives: 'memory', lower: lowerUstack },
  dw_ustack: { gives: 'memory', lower: lowerDwUstack },
} as const satisfies Record<string, Lowering>;
