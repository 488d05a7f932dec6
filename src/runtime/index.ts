export {
  bpfRefusal,
  type FeatureAnswer,
  imagineKernel,
  isKernelError,
  type KernelFeature,
  kernelRelease,
} from '../kernel/index.ts';
export { lookUpBinaries } from './binary-lookup.ts';
export { BtfSources, UnreadableBtfError } from './btf-sources.ts';
export { ChildError } from './child-command.ts';
export { HeldChild } from './child-process.ts';
export { ElfFiles } from './elf-files.ts';
export type {
  EmbeddedMachine,
  TracedChild,
  TracedRoot,
} from './embedded/index.ts';
export { endSignals } from './end-signals.ts';
export { functionLists } from './function-lists.ts';
export { KernelBackend } from './kernel-backend.ts';
export { LiveMachine } from './live-machine.ts';
export { loadEmbedded } from './load-embedded.ts';
export { LocalTime } from './local-time.ts';
export { type OutputOptions, OutputStream } from './output-stream.ts';
export { checkNamed, readNamed } from './plain-file.ts';
export { ProcessWatch, ProcessWatchError } from './process-watch.ts';
export { type ServiceState, tellServiceManager } from './service-manager.ts';
export { systemErrorText } from './system-error.ts';
export { runToEntry } from './unwind/index.ts';
export { OutputError, writeWhole } from './write-whole.ts';
