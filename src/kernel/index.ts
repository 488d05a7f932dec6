export { Attachment, MAX_CLOSING, stopAll } from './attachment.ts';
export { bpfRefusal } from './bpf-reach.ts';
export { loadBtf, openModuleBtf } from './btf-object.ts';
export { onlineCpus, possibleCpuCount } from './cpus.ts';
export { Fd } from './fd.ts';
export { FeatureProbe } from './feature-probe.ts';
export { type FeatureAnswer, features, type KernelFeature } from './feature-table.ts';
export { imagineKernel } from './imagined-kernel.ts';
export { attachIterator, pinObject, readIterator } from './iterator.ts';
export { Kallsyms } from './kallsyms.ts';
export { attachKprobe, type KprobePlace } from './kprobe.ts';
export { attachKprobeMulti, type KprobeMultiOptions, type MultiPlaces } from './kprobe-multi.ts';
export { linesWith } from './lines-with.ts';
export { loadedProg, loadedProgs, openProg } from './loaded-progs.ts';
export { BpfMap, createMap } from './map.ts';
export { type MappingEvent, MappingEvents } from './mapping-events.ts';
export { type BpfObjectKind, bpfObjectIds } from './object-ids.ts';
export { openPerfEvent, type PerfScope } from './perf-event.ts';
export { PerfRing } from './perf-ring.ts';
export {
  loadProg,
  Prog,
  ProgLoadError,
  type ProgSpec,
} from './prog.ts';
export { attachRawTracepoint } from './raw-tracepoint.ts';
export { ResourceStack } from './resource-stack.ts';
export { RingBuffer } from './ring-buffer.ts';
export { attachSampling, cpuClock, type SamplingEvent } from './sampling.ts';
export { symbolAddresses } from './symbol-addresses.ts';
export type { KernelSymbols } from './symbol-at.ts';
export { SymbolNames } from './symbol-names.ts';
export {
  clockNs,
  Epoll,
  isKernelError,
  KernelError,
  kernelRelease,
  kill,
  Mapping,
  ProcessMemory,
  pidfdOpen,
  ptrace,
  ptraceEvents,
  ptraceOptions,
  sendDatagram,
  TraceeWaits,
  WaitTicks,
  yieldProcessor,
} from './sys/index.ts';
export { readStatus, SIGTRAP, TraceeQuestions, type TraceeStatus } from './tracee.ts';
export { TraceableFunctions, Tracefs } from './tracefs.ts';
export { attachTracepoint } from './tracepoint.ts';
export { parseTracepointFormat } from './tracepoint-format.ts';
export { attachTracing } from './tracing.ts';
export { attachUprobe } from './uprobe.ts';
export { attachUprobeMulti } from './uprobe-multi.ts';
export { modulesWithBtf, openModuleBtfTypes, openVmlinuxBtf } from './vmlinux-btf.ts';
export { attachWatchpoint, watchModes } from './watchpoint.ts';
