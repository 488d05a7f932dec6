import { stackFlags } from '../../../bpf/index.ts';
import { archFacts } from '../../../program/index.ts';
import { BUILD_ID_FRAME_BYTES } from '../../../types/index.ts';
import type { ValueId } from '../../ir/index.ts';
import type { CallExpr, Lower, Lowering } from './lowering.ts';
import { addressOf, type Place, placeAfter, zeroPlace } from './place.ts';
import { currentPid } from './process.ts';
import { probeAddress } from './symbols.ts';

/** Up to this many bytes may lie on the BPF stack, which verifiers before 6.3 want written before bpf_get_stack in some progs. */
const MAX_STACK_BYTES = 512;

/** Writes frames to `to` and gives their number. The helper clears what it does not fill. Source: kernel/bpf/stackmap.c. */
function captureFrames(lower: Lower, to: Place, frameBytes: number, limit: number, flags: ValueId): ValueId {
  const { b } = lower;
  const frames = addressOf(b, to);
  if (limit * frameBytes <= MAX_STACK_BYTES) zeroPlace(b, to, limit * frameBytes);
  const bytes = b.call('get_stack', [lower.ctx(), frames, b.const(frameBytes * limit), flags]);
  lower.checkHelper('get_stack', bytes, 'default');
  const isCaptured = b.compare('sgt', bytes, b.const(0));
  return lower.choose(
    isCaptured,
    () => b.binary('udiv', bytes, b.const(frameBytes)),
    () => b.const(0),
  );
}

/**
 * The same where fentry and fexit serve a kprobe. Such a stack begins with
 *
 *     prog         twice on some kernels
 *     trampoline
 *     function     behind the call of its trampoline
 *     caller
 *
 * and lacks the function where that jumps to its trampoline: on kernels that know such jumps, while the trampoline calls the function back
 * for the sake of an fexit, anybody's. That changes at any time, so each event looks, and a kprobe has the function from elsewhere: keys
 * stay the same. Kernels without bpf_get_func_ip() in trampolines (before Linux 5.15) know no jumps (Linux 6.19). Source:
 * kernel/bpf/trampoline.c, bpf_trampoline_update().
 */
function captureBehindTrampoline(lower: Lower, to: Place, limit: number): ValueId {
  const { b, probe, target } = lower;
  const isReturn = probe.kind === 'kretprobe';
  const outside = target.has('single-prog-frame') ? 2 : 3;
  if (!target.has('get-func-ip'))
    return captureFrames(lower, to, 8, limit, b.const(isReturn ? outside + 1 : outside));
  const func = probeAddress(lower, 'helper');
  if (isReturn) return captureCallers(lower, to, limit, outside, func);
  const callers =
    limit === 1 ? b.const(0) : captureCallers(lower, placeAfter(to, 8), limit - 1, outside, func);
  b.store(8, to.base, func, to.off);
  return b.binary('add', callers, b.const(1));
}

/** The frames behind the first `outside`, and behind that of `func`, if there. Bits 0 to 7 of the flags: BPF_F_SKIP_FIELD_MASK, uapi/linux/bpf.h. */
function captureCallers(lower: Lower, to: Place, limit: number, outside: number, func: ValueId): ValueId {
  const { b, target } = lower;
  b.store(8, to.base, b.const(0), to.off);
  b.call('get_stack', [lower.ctx(), addressOf(b, to), b.const(8), b.const(outside)]);
  const distance = b.binary('sub', b.load(8, to.base, to.off), func);
  const isFunc = b.compare('ule', distance, b.const(archFacts(target.arch).entryCallBytes));
  return captureFrames(lower, to, 8, limit, b.binary('add', b.const(outside), isFunc));
}

/** A u64 count, then the frames, which `capture` writes. */
function storeStack(lower: Lower, to: Place, limit: number, capture: (frames: Place) => ValueId): void {
  const { b } = lower;
  const count = limit === 0 ? b.const(0) : capture(placeAfter(to, 8));
  b.store(8, to.base, count, to.off);
}

function lowerKstack(lower: Lower, call: CallExpr, to: Place): void {
  const { b, probe } = lower;
  const limit = call.attrs.stack?.limit ?? 127;
  if (probe.substituted && b.role !== 'prog') {
    lower.refuse(
      call.at,
      `the stack of a ${probe.kind} on a kernel without kprobes cannot be taken in a loop that is called as a function`,
      'take it before the loop: $stack = kstack',
    );
  }
  storeStack(lower, to, limit, (frames) =>
    probe.substituted
      ? captureBehindTrampoline(lower, frames, limit)
      : captureFrames(lower, frames, 8, limit, b.const(0)),
  );
}

/** i32 pid, i32 probe, then the stack. */
function lowerUstack(lower: Lower, call: CallExpr, to: Place): void {
  const { b } = lower;
  const limit = call.attrs.stack?.limit ?? 127;
  const isBuildId = call.attrs.stack?.mode === 'build_id';
  const flags = stackFlags.BPF_F_USER_STACK | (isBuildId ? stackFlags.BPF_F_USER_BUILD_ID : 0);
  b.store(4, to.base, currentPid(lower, 'curr_ns'), to.off);
  b.store(4, to.base, b.const(lower.probeId), to.off + 4);
  storeStack(lower, placeAfter(to, 8), limit, (frames) =>
    captureFrames(lower, frames, isBuildId ? BUILD_ID_FRAME_BYTES : 8, limit, b.const(flags)),
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
