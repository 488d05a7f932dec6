import type { Feature, Target, TracepointFormat } from '../program/index.ts';

/** A tracepoint of a few ordinary fields. */
const format: TracepointFormat = {
  id: 1,
  fields: [
    { name: 'id', type: 'long', offset: 8, size: 8, signed: true },
    { name: 'args', type: 'unsigned long[6]', offset: 16, size: 48, signed: false },
    { name: 'filename', type: 'const char *', offset: 64, size: 8, signed: false },
    { name: 'comm', type: 'char[16]', offset: 72, size: 16, signed: false },
  ],
};

/**
 * A machine that is nowhere: two CPUs, no BTF, everything but the given features. Compiling for it asks nothing of the machine
 * this runs on.
 */
export function imaginedMachine(without: readonly Feature[]): Target {
  return {
    arch: 'x86_64',
    possibleCpus: 2,
    onlineCpus: [0, 1],
    has: (feature) => !without.includes(feature),
    btf: () => undefined,
    moduleBtf: () => undefined,
    btfModules: () => [],
    tracepointFormat: () => format,
    tracepoints: () => ['raw_syscalls:sys_enter', 'syscalls:sys_enter_openat'],
    kernelFunctions: () => [{ name: 'vfs_read' }, { name: 'vfs_write' }],
    hasKernelFunction: () => true,
    bpfFunctions: () => [],
    allowsKfunc: () => false,
    kernelSymbol: () => undefined,
    kernelFunctionSize: () => undefined,
    kernelConfig: () => undefined,
    resolveBinary: () => [],
    foreignBinary: () => undefined,
    userSymbols: () => undefined,
    usdtProbes: () => undefined,
    symbolNamed: () => undefined,
    debugInfo: () => undefined,
    demangle: (name) => name,
    fileOffset: () => undefined,
    codeAt: () => undefined,
    cgroupId: () => undefined,
    readFile: (path) => ({ kind: 'refused', reason: `there is no ${path}` }),
    readObject: () => ({ kind: 'refused', reason: 'there are no files' }),
    lookAt: () => undefined,
    includeDirs: [],
    kernelHeaders: undefined,
    bootToWallNs: 0n,
    pidNamespace: undefined,
  };
}
