export { type BinaryLookupOptions, type FoundBinary, lookUpBinaries } from './binary-lookup.ts';
export { BtfSources } from './btf-sources.ts';
export { type ChildEnd, ChildError, HeldChild } from './child-process.ts';
export { ElfFiles } from './elf-files.ts';
export { KernelBackend, type KernelBackendOptions } from './kernel-backend.ts';
export { LiveHost, type LiveHostOptions } from './live-host.ts';
export { LiveTarget, type LiveTargetOptions } from './live-target.ts';
export { OutputStream } from './output-stream.ts';
