export { Attachment, stopAll } from './attachment.ts';
export { bpfRefusal } from './bpf-reach.ts';
export { btfObjectInfo, type KernelBtfObject, loadBtf, openModuleBtf } from './btf-object.ts';
export { onlineCpus, parseCpuList, possibleCpuCount } from './cpus.ts';
export { Fd } from './fd.ts';
export { FeatureProbe } from './feature-probe.ts';
export { type FeatureAnswer, features, type KernelFeature } from './feature-table.ts';
export { attachIterator, pinObject, readIterator } from './iterator.ts';
export { Kallsyms, type KernelSymbol } from './kallsyms.ts';
export { attachKprobe, type KprobePlace } from './kprobe.ts';
export { attachKprobeMulti, type KprobeMultiOptions } from './kprobe-multi.ts';
export { type LoadedProg, loadedProg, loadedProgs, openProg } from './loaded-progs.ts';
export { BpfMap, createMap, type MapEntryBytes, type MapSpec } from './map.ts';
export { type MappingEvent, MappingEvents } from './mapping-events.ts';
export { type BpfObjectKind, bpfObjectIds } from './object-ids.ts';
export { openPerfEvent, type PerfScope, periodFields, type SamplePeriod } from './perf-event.ts';
export { attachToPerfEvent } from './perf-event-link.ts';
export { pmuType } from './perf-pmu.ts';
export { PerfRing } from './perf-ring.ts';
export {
  type LoadOptions,
  loadProg,
  Prog,
  ProgLoadError,
  type ProgSpec,
  type TestRun,
} from './prog.ts';
export { attachRawTracepoint } from './raw-tracepoint.ts';
export { ResourceStack } from './resource-stack.ts';
export { type RecordReceiver, RingBuffer, RingBufferError } from './ring-buffer.ts';
export { attachSampling, cpuClock, hardwareEvents, type SamplingEvent, softwareEvents } from './sampling.ts';
export {
  clockNs,
  Epoll,
  isKernelError,
  KernelError,
  kill,
  Mapping,
  ProcessMemory,
  pageSize,
  pidfdOpen,
  ptrace,
  ptraceEvents,
  ptraceOptions,
  sendDatagram,
  TraceeWaits,
  WaitTicks,
  yieldProcessor,
} from './sys/index.ts';
export { readStatus, SIGTRAP, type SyscallStop, TraceeQuestions, type TraceeStatus } from './tracee.ts';
export { TraceableFunctions, Tracefs } from './tracefs.ts';
export { attachTracepoint } from './tracepoint.ts';
export { parseTracepointFormat, type TracepointField, type TracepointFormat } from './tracepoint-format.ts';
export { attachTracing } from './tracing.ts';
export { attachUprobe, type UprobePlace } from './uprobe.ts';
export { attachUprobeMulti, type UprobeMultiOptions } from './uprobe-multi.ts';
export { modulesWithBtf, openModuleBtfTypes, openVmlinuxBtf } from './vmlinux-btf.ts';
export { attachWatchpoint, watchModes } from './watchpoint.ts';
