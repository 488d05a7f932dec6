import { errnos } from '../../base/index.ts';
import { perfOutputFlags } from '../../bpf/index.ts';
import type { Core, Reservation } from '../core.ts';
import type { RingBufferMap } from '../maps/index.ts';
import type { HelperCall } from './call.ts';
import { formatTrace } from './trace-format.ts';

/** Helpers that hand bytes to user space. Source: kernel/bpf/ringbuf.c, kernel/trace/bpf_trace.c. */
export const outputCalls = {
  ringbuf_output(core) {
    const ring = ringAt(core, 'ringbuf_output');
    const size = core.size(3, 'ringbuf_output');
    const from = core.locate(2, size, 'read');
    if (!areRingFlags(core, 4)) return core.return(-errnos.EINVAL.number);
    const at = ring.reserve(size);
    if (at < 0) return core.return(-errnos.EAGAIN.number);
    core.memory.bytes.copyWithin(at, from, from + size);
    ring.commit(at, false, core.low(4));
    core.return(0);
  },

  ringbuf_reserve(core) {
    const ring = ringAt(core, 'ringbuf_reserve');
    const size = core.size(2, 'ringbuf_reserve');
    const at = core.isZero(3) ? ring.reserve(size) : -1;
    core.returnPointer(at < 0 ? 0 : core.addReservation(ring, at, size));
  },

  ringbuf_submit(core) {
    end(core.takeReservation(1, 'ringbuf_submit'), false, core.low(2));
  },

  ringbuf_discard(core) {
    end(core.takeReservation(1, 'ringbuf_discard'), true, core.low(2));
  },

  ringbuf_query(core) {
    core.returnBig(BigInt(ringAt(core, 'ringbuf_query').query(core.low(2))));
  },

  perf_event_output(core) {
    const map = core.map(2, 'perf_event_output');
    if (map.kind !== 'perf') return core.badArgument('perf_event_output', 2, 'perf event array');
    const size = core.size(5, 'perf_event_output');
    const from = core.locate(4, size, 'read');
    if (core.high(3) !== 0) return core.return(-errnos.EINVAL.number);
    const index = core.low(3) >>> 0;
    const isCurrent = BigInt(index) === perfOutputFlags.BPF_F_CURRENT_CPU;
    const bytes = core.memory.bytes.subarray(from, from + size);
    core.return(map.output(core.cpu, isCurrent ? undefined : index, bytes));
  },

  trace_printk(core) {
    const size = core.size(2, 'trace_printk');
    const at = core.locate(1, size, 'read');
    const text = formatTrace(
      core,
      core.memory.bytes.subarray(at, at + size),
      [3, 4, 5].map((register) => core.value(register)),
    );
    core.environment.trace?.(text);
    core.return(text.length);
  },

  /** bpf_seq_printf(seq, format, its size, values, their size): 8 bytes per value. */
  seq_printf(core) {
    const formatSize = core.size(3, 'seq_printf');
    const formatAt = core.locate(2, formatSize, 'read');
    const size = core.size(5, 'seq_printf');
    const at = size === 0 ? 0 : core.locate(4, size, 'read');
    if (size % 8 !== 0 || size > MAX_SEQ_VALUES * 8) return core.return(-errnos.EINVAL.number);
    const values = Array.from({ length: size / 8 }, (_unused, index) =>
      core.memory.view.getBigUint64(at + index * 8, true),
    );
    const text = formatTrace(core, core.memory.bytes.subarray(formatAt, formatAt + formatSize), values);
    core.environment.writeSequence?.(Uint8Array.from(text, (char) => char.charCodeAt(0)));
    core.return(0);
  },

  seq_write(core) {
    const size = core.size(3, 'seq_write');
    const from = core.locate(2, size, 'read');
    core.environment.writeSequence?.(core.memory.bytes.subarray(from, from + size));
    core.return(0);
  },
} as const satisfies Record<string, HelperCall>;

/** Source: include/linux/bpf.h, MAX_BPRINTF_VARARGS. */
const MAX_SEQ_VALUES = 12;

/** Ends a record. Whoever reserved it and never did is stopped with a fault, and its records are discarded. */
export function end(reservation: Reservation, discard: boolean, flags: number): void {
  if (reservation.map.kind === 'ring') reservation.map.commit(reservation.at, discard, flags);
}

function ringAt(core: Core, helper: string): RingBufferMap {
  const map = core.map(1, helper);
  return map.kind === 'ring' ? map : core.badArgument(helper, 1, 'ring buffer');
}

/** BPF_RB_NO_WAKEUP and BPF_RB_FORCE_WAKEUP are the flags there are. */
function areRingFlags(core: Core, register: number): boolean {
  return core.high(register) === 0 && (core.low(register) & ~3) === 0;
}
