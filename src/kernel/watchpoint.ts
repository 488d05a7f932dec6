import type { Attachment } from './attachment.ts';
import type { PerfScope } from './perf-event.ts';
import { attachToPerfEvents } from './perf-event-link.ts';
import type { Prog } from './prog.ts';
import { perfEventBits, perfTypes } from './sys/index.ts';

/** What a watchpoint fires on. Source: uapi/linux/hw_breakpoint.h. */
export const watchModes = { HW_BREAKPOINT_R: 1, HW_BREAKPOINT_W: 2, HW_BREAKPOINT_X: 4 } as const;

/**
 * Attaches a PERF_EVENT prog to accesses of memory.
 *
 * @param watch.modes bits of `watchModes`; x86 cannot watch reads alone. `length` is 1, 2, 4 or 8 bytes.
 * @param scopes one event each: a thread on any CPU, with the threads and children that it starts from now on, or all processes on each CPU.
 * @throws KernelError: ENOSPC when the machine's few watchpoints are used up, ESRCH when all of the threads have ended.
 */
export function attachWatchpoint(
  prog: Prog,
  watch: { readonly address: bigint; readonly length: number; readonly modes: number },
  scopes: readonly PerfScope[],
): Attachment {
  const fields = {
    type: perfTypes.PERF_TYPE_BREAKPOINT,
    bp_type: watch.modes,
    bp_addr: watch.address,
    // An execution breakpoint must say the size of a long.
    bp_len: BigInt((watch.modes & watchModes.HW_BREAKPOINT_X) !== 0 ? 8 : watch.length),
    sample_period: 1n,
    bits: scopes.some(({ pid }) => pid !== -1) ? perfEventBits.inherit : 0n,
  };
  return attachToPerfEvents(prog, fields, scopes, `watchpoint at 0x${watch.address.toString(16)}`);
}
