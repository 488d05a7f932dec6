/**
 * System call numbers by architecture. Sources: arch/x86/entry/syscalls/syscall_64.tbl, uapi/asm-generic/unistd.h (arm64).
 *
 * Only calls that both have: arm64 lacks the old ones (epoll_wait, open, …), so epoll_pwait and openat stand for them.
 */
const table = {
  read: { x64: 0, arm64: 63 },
  write: { x64: 1, arm64: 64 },
  close: { x64: 3, arm64: 57 },
  mmap: { x64: 9, arm64: 222 },
  munmap: { x64: 11, arm64: 215 },
  rt_sigaction: { x64: 13, arm64: 134 },
  ioctl: { x64: 16, arm64: 29 },
  setitimer: { x64: 38, arm64: 103 },
  socket: { x64: 41, arm64: 198 },
  sendto: { x64: 44, arm64: 206 },
  wait4: { x64: 61, arm64: 260 },
  sched_yield: { x64: 24, arm64: 124 },
  kill: { x64: 62, arm64: 129 },
  uname: { x64: 63, arm64: 160 },
  ptrace: { x64: 101, arm64: 117 },
  mount: { x64: 165, arm64: 40 },
  clock_gettime: { x64: 228, arm64: 113 },
  waitid: { x64: 247, arm64: 95 },
  epoll_ctl: { x64: 233, arm64: 21 },
  epoll_pwait: { x64: 281, arm64: 22 },
  eventfd2: { x64: 290, arm64: 19 },
  epoll_create1: { x64: 291, arm64: 20 },
  perf_event_open: { x64: 298, arm64: 241 },
  prlimit64: { x64: 302, arm64: 261 },
  process_vm_readv: { x64: 310, arm64: 270 },
  process_vm_writev: { x64: 311, arm64: 271 },
  bpf: { x64: 321, arm64: 280 },
  pidfd_open: { x64: 434, arm64: 434 },
} as const;

export type Syscall = keyof typeof table;
export type SyscallArch = 'x64' | 'arm64';

/** The numbers for `arch`, spelled as Node.js spells architectures. @throws Error for one that has no table. */
export function syscallNumbers(arch: string): Readonly<Record<Syscall, number>> {
  if (arch !== 'x64' && arch !== 'arm64') {
    throw new Error(`Tetrace knows the system calls of x64 and arm64, not those of ${arch}`);
  }
  const numbers: Partial<Record<Syscall, number>> = {};
  for (const [name, row] of Object.entries(table)) numbers[name as Syscall] = row[arch];
  // Every key was set in the loop.
  return numbers as Record<Syscall, number>;
}
