export { bpf, type Pinned, pin, pinText, pinU64s, pinZeros } from './bpf.ts';
export * as attr from './bpf-attr.ts';
export { sendDatagram } from './datagram.ts';
export { Epoll } from './epoll.ts';
export { checked, isKernelError, KernelError } from './error.ts';
export {
  addressOf,
  callInstead,
  type Ffi,
  type SyscallArg,
  syscall,
  syscallAsync,
  viewMemory,
} from './ffi.ts';
export { close, closeAsync, mountPseudo, read } from './files.ts';
export { Mapping } from './memory.ts';
export { pageSize } from './page-size.ts';
export {
  ioctl,
  PERF_RECORD_COMM,
  PERF_RECORD_FORK,
  PERF_RECORD_LOST,
  PERF_RECORD_MISC_COMM_EXEC,
  PERF_RECORD_MMAP2,
  PERF_RECORD_SAMPLE,
  PERF_SAMPLE_RAW,
  PERF_SAMPLE_TIME,
  perfEventAttr,
  perfEventBits,
  perfEventHeader,
  perfEventOpen,
  perfIoctls,
  perfTypes,
} from './perf-event.ts';
export { ProcessMemory } from './process-memory.ts';
export { clockNs, clocks, kill, pidfdOpen } from './processes.ts';
export {
  NT_PRSTATUS,
  type PtraceRequest,
  ptrace,
  ptraceEvents,
  ptraceOptions,
  TraceeWaits,
  WaitTicks,
  yieldProcessor,
} from './ptrace.ts';
export { raiseMemlockLimit } from './resource-limits.ts';
export { type Syscall, syscallNumbers } from './syscall-numbers.ts';
export { readInstead, readSystemFile } from './system-files.ts';
export { kernelRelease } from './uname.ts';
