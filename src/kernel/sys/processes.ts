import { i64, struct } from '../../base/index.ts';
import { checked } from './error.ts';
import { syscall } from './ffi.ts';

/** pidfd_open(2): a descriptor that becomes readable when the process ends. Linux 5.3. The result, or the negated errno. */
export function pidfdOpen(pid: number): number {
  return syscall('pidfd_open', [pid, 0]);
}

/** kill(2): 0, or the negated errno. Signal 0 only asks whether the process is there. */
export function kill(pid: number, signal: number): number {
  return syscall('kill', [pid, signal]);
}

const timespec = struct('timespec', { tv_sec: i64, tv_nsec: i64 });

/** Clocks of clock_gettime(2). Source: uapi/linux/time.h. */
export const clocks = { CLOCK_REALTIME: 0, CLOCK_MONOTONIC: 1, CLOCK_BOOTTIME: 7, CLOCK_TAI: 11 } as const;

/** Nanoseconds on a clock. bpf_ktime_get_ns() reads CLOCK_MONOTONIC, bpf_ktime_get_boot_ns() CLOCK_BOOTTIME. @throws KernelError */
export function clockNs(clock: keyof typeof clocks): bigint {
  const now = timespec.encode({});
  checked('clock_gettime', syscall('clock_gettime', [clocks[clock], now]));
  const { tv_sec: seconds, tv_nsec: nanoseconds } = timespec.decode(now);
  return seconds * 1_000_000_000n + nanoseconds;
}
