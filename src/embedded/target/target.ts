import type { Feature, KernelFunction, Target, TracepointFormat } from '../../program/index.ts';

/** What the machine can do, in the words of the kernel's features. */
const features: ReadonlySet<Feature> = new Set([
  'ring-buffer',
  'bounded-loops',
  'bpf-loop',
  'for-each-map-elem',
  'map-lookup-percpu-elem',
  'get-func-ip',
  'attach-cookie',
  'kprobe',
  'uprobe',
  'ktime-get-boot-ns',
  'ktime-get-tai-ns',
  'jiffies64',
  'get-ns-current-pid-tgid',
  'map-sum-elem-count',
  'open-coded-iterators',
  'cgrp-storage',
  'cpu-v4',
  'global-data',
  'send-signal-thread',
  'large-insn-limit',
]);

/** What the host has of its own: processors, files, binaries. Nothing of its kernel. */
export type TargetHost = Pick<
  Target,
  | 'arch'
  | 'possibleCpus'
  | 'onlineCpus'
  | 'resolveBinary'
  | 'foreignBinary'
  | 'userSymbols'
  | 'usdtProbes'
  | 'symbolNamed'
  | 'debugInfo'
  | 'demangle'
  | 'fileOffset'
  | 'codeAt'
  | 'cgroupId'
  | 'readFile'
  | 'lookAt'
  | 'includeDirs'
  | 'kernelHeaders'
  | 'bootToWallNs'
>;

/** What the event sources of a run have for scripts. */
export interface ServedEvents {
  readonly tracepoints: ReadonlyMap<string, TracepointFormat>;
  readonly functions: readonly KernelFunction[];
  readonly btf?: Target['btf'];
}

/** The machine of the embedded backend as scripts are compiled for it: the same everywhere, and no kernel is asked. */
export function embeddedTarget(host: TargetHost, events: ServedEvents): Target {
  return {
    arch: host.arch,
    possibleCpus: host.possibleCpus,
    onlineCpus: host.onlineCpus,
    includeDirs: host.includeDirs,
    kernelHeaders: host.kernelHeaders,
    bootToWallNs: host.bootToWallNs,
    resolveBinary: (text, pid) => host.resolveBinary(text, pid),
    foreignBinary: (text, pid) => host.foreignBinary(text, pid),
    userSymbols: (path) => host.userSymbols(path),
    usdtProbes: (path) => host.usdtProbes(path),
    symbolNamed: (path, name) => host.symbolNamed(path, name),
    demangle: (name) => host.demangle(name),
    debugInfo: (path) => host.debugInfo(path),
    fileOffset: (path, address) => host.fileOffset(path, address),
    codeAt: (path, address, length) => host.codeAt(path, address, length),
    cgroupId: (path) => host.cgroupId(path),
    readFile: (path) => host.readFile(path),
    readObject: () => ({ kind: 'refused', reason: 'the embedded backend runs no functions written in C' }),
    lookAt: (path) => host.lookAt(path),
    has: (feature) => features.has(feature),
    btf: () => events.btf?.(),
    moduleBtf: () => undefined,
    btfModules: () => [],
    tracepointFormat: (category, event) => events.tracepoints.get(`${category}:${event}`),
    tracepoints: () => [...events.tracepoints.keys()],
    kernelFunctions: () => events.functions,
    hasKernelFunction: (name) => events.functions.some((row) => row.name === name),
    bpfFunctions: () => [],
    allowsKfunc: () => false,
    kernelSymbol: () => undefined,
    kernelFunctionSize: () => undefined,
    kernelConfig: () => undefined,
    pidNamespace: undefined,
  };
}
