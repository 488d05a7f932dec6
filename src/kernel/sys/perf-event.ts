import { at, i32, struct, u16, u32, u64 } from '../../base/index.ts';
import { syscall } from './ffi.ts';

/** struct perf_event_attr. Source: uapi/linux/perf_event.h. Unions appear once per use, at the same offset. */
export const perfEventAttr = struct('perf_event_attr', {
  type: u32,
  size: u32,
  config: u64,
  sample_period: u64,
  sample_freq: at(16, u64),
  sample_type: u64,
  read_format: u64,
  /** The bit fields, as `perfEventBits`. */
  bits: at(40, u64),
  wakeup_events: u32,
  wakeup_watermark: at(48, u32),
  bp_type: at(52, u32),
  bp_addr: at(56, u64),
  kprobe_func: at(56, u64),
  uprobe_path: at(56, u64),
  config1: at(56, u64),
  bp_len: at(64, u64),
  kprobe_addr: at(64, u64),
  probe_offset: at(64, u64),
  config2: at(64, u64),
  branch_sample_type: u64,
  sample_regs_user: u64,
  sample_stack_user: u32,
  clockid: i32,
  sample_regs_intr: u64,
  aux_watermark: u32,
  sample_max_stack: u16,
  aux_sample_size: at(112, u32),
  sig_data: at(120, u64),
  config3: u64,
});

/** Bits of `perf_event_attr.bits`. */
export const perfEventBits = {
  disabled: 1n << 0n,
  inherit: 1n << 1n,
  exclude_user: 1n << 4n,
  exclude_kernel: 1n << 5n,
  mmap: 1n << 8n,
  comm: 1n << 9n,
  freq: 1n << 10n,
  task: 1n << 13n,
  sample_id_all: 1n << 18n,
  mmap2: 1n << 23n,
  comm_exec: 1n << 24n,
} as const;

/** `perf_event_attr.type`. The types of kprobe and uprobe are told by sysfs. */
export const perfTypes = {
  PERF_TYPE_HARDWARE: 0,
  PERF_TYPE_SOFTWARE: 1,
  PERF_TYPE_TRACEPOINT: 2,
  PERF_TYPE_HW_CACHE: 3,
  PERF_TYPE_RAW: 4,
  PERF_TYPE_BREAKPOINT: 5,
} as const;

/** Starts every record of a perf ring; `size` counts these 8 bytes. Source: uapi/linux/perf_event.h. */
export const perfEventHeader = struct('perf_event_header', { type: u32, misc: u16, size: u16 });
export const PERF_RECORD_LOST = 2;
export const PERF_RECORD_COMM = 3;
export const PERF_RECORD_FORK = 7;
export const PERF_RECORD_SAMPLE = 9;
export const PERF_RECORD_MMAP2 = 10;
/** In the header's `misc`: the name changed because of an exec. */
export const PERF_RECORD_MISC_COMM_EXEC = 1 << 13;
export const PERF_SAMPLE_TIME = 1n << 2n;
export const PERF_SAMPLE_RAW = 1n << 10n;

const PERF_FLAG_FD_CLOEXEC = 8;

/** ioctl requests on a perf event. Source: uapi/linux/perf_event.h. */
export const perfIoctls = {
  PERF_EVENT_IOC_ENABLE: 0x2400,
  PERF_EVENT_IOC_DISABLE: 0x2401,
  PERF_EVENT_IOC_SET_BPF: 0x4004_2408,
} as const;

/**
 * perf_event_open(2); the descriptor is close-on-exec.
 *
 * @param pid -1 for every process, then `cpu` must not be -1.
 * @param pinned what `attr` points to.
 * @returns the descriptor, or the negated errno.
 */
export function perfEventOpen(attr: Uint8Array, pid: number, cpu: number, pinned?: unknown): number {
  return syscall('perf_event_open', [attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC], pinned);
}

/** ioctl(2) with an integer argument: the result, or the negated errno. */
export function ioctl(fd: number, request: number, argument = 0): number {
  return syscall('ioctl', [fd, request, argument]);
}
