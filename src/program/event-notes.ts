import type { HelperName } from '../bpf/index.ts';

/**
 * What progs made for recording send beside their records, in the same ring buffer: a note for the event they run for, and one for each thing
 * they are told. Little-endian; each begins with
 *
 *     u64 NOTE_TAG + kind    larger than the index of any record
 *     u64 when the event began (boot clock): with the CPU it names the event
 *     u32 CPU
 *     u32 what it is about: the probe, or a place in `notedHelpers`
 */
export const NOTE_TAG = 0xffff_ffff_0000_0000n;
export const noteHead = { tag: 0, id: 8, cpu: 16, about: 20, bytes: 24 } as const;

export const noteKinds = { event: 1, part: 2, number: 3, memory: 4, load: 5 } as const;

/** An event: who was running, and its ctx behind that. `about`: index into Program.probes. */
export const eventNote = { pidTgid: 24, uidGid: 32, cgroup: 40, task: 48, comm: 56, ctx: 72 } as const;
export const COMM_BYTES = 16;

/** Bytes of the ctx that lie behind its fixed part: the texts of a tracepoint. */
export const partNote = { offset: 24, length: 28, data: 32 } as const;

/** A number that a helper gave, and its first two arguments. */
export const numberNote = { value: 24, first: 32, second: 40, bytes: 48 } as const;

/** What a prog loaded from memory of the kernel itself: the value, and where it lies (`about`: its bytes). */
export const loadNote = { value: 24, base: 32, offset: 40, bytes: 48 } as const;

/** Memory that a helper filled: what it gave, where from, how much it was asked for (and what else it was told). */
export const memoryNote = { result: 24, address: 32, size: 40, flags: 44, data: 48 } as const;

/** No record of a tracepoint is as long as this. Source: include/linux/trace_events.h, PERF_MAX_TRACE_SIZE, which was a quarter of it once. */
export const MAX_PART_BYTES = 8192;

/**
 * Helpers whose answers come from outside of a prog, and how their notes look. Those that tell the task are not among them: that is part of every event.
 * The order is part of the form.
 */
export const notedHelpers = [
  ['ktime_get_ns', 'number'],
  ['ktime_get_boot_ns', 'number'],
  ['ktime_get_tai_ns', 'number'],
  ['ktime_get_coarse_ns', 'number'],
  ['jiffies64', 'number'],
  ['get_prandom_u32', 'number'],
  ['get_func_ip', 'number'],
  ['get_attach_cookie', 'number'],
  ['get_socket_cookie', 'number'],
  ['get_numa_node_id', 'number'],
  ['task_pt_regs', 'number'],
  ['send_signal', 'number'],
  ['override_return', 'number'],
  ['probe_read', 'memory'],
  ['probe_read_user', 'memory'],
  ['probe_read_kernel', 'memory'],
  ['copy_from_user', 'memory'],
  ['probe_read_str', 'memory'],
  ['probe_read_user_str', 'memory'],
  ['probe_read_kernel_str', 'memory'],
  ['get_stack', 'memory'],
  ['get_ns_current_pid_tgid', 'memory'],
  ['d_path', 'memory'],
] as const satisfies readonly (readonly [HelperName, 'number' | 'memory'])[];

/** Whether a record of the ring buffer is a note. */
export function isNote(record: Uint8Array): boolean {
  // The upper half of the tag; indexes of records stay below it.
  return record.length >= noteHead.bytes && record[7] === 0xff && record[6] === 0xff && record[5] === 0xff;
}
