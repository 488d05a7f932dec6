import type { Btf } from '../../src/btf/index.ts';
import type { Dwarf } from '../../src/dwarf/index.ts';
import type {
  BpfFunction,
  BpfProgType,
  Feature,
  ForeignBinary,
  KernelFunction,
  PlaceAnswer,
  Target,
  TracepointField,
  TracepointFormat,
  UsdtProbe,
  UserSymbol,
} from '../../src/program/index.ts';

/** A machine made of plain data; what is left out does not exist there. */
export interface FakeMachine {
  readonly arch?: Target['arch'];
  readonly possibleCpus?: number;
  /** Features the kernel lacks; it has all others. */
  readonly without?: readonly Feature[];
  readonly btf?: Btf | undefined;
  readonly modules?: Readonly<Record<string, Btf>>;
  /** By `category:event`; the common fields need not be given. */
  readonly tracepoints?: Readonly<Record<string, readonly TracepointField[]>>;
  readonly functions?: readonly KernelFunction[];
  /** Functions of BPF progs that others have loaded. */
  readonly bpfFunctions?: readonly BpfFunction[];
  /** Functions that progs may call, and the types of those progs. */
  readonly kfuncs?: Readonly<Record<string, readonly BpfProgType[]>>;
  readonly kernelSymbols?: Readonly<Record<string, bigint>>;
  readonly kernelFunctionSizes?: Readonly<Record<string, bigint>>;
  /** Binaries by path; a name without a slash finds the path that ends in it. */
  readonly binaries?: Readonly<Record<string, readonly UserSymbol[]>>;
  /** Libraries for other machines, by the name that scripts have for them. */
  readonly foreignBinaries?: Readonly<Record<string, ForeignBinary>>;
  /** What mangled names stand for. */
  readonly demangled?: Readonly<Record<string, string>>;
  /** Debug information of the binaries, by path. */
  readonly debugInfo?: Readonly<Record<string, Dwarf>>;
  /** Static probes of the binaries, by path. */
  readonly usdt?: Readonly<Record<string, readonly UsdtProbe[]>>;
  /** What the binaries hold from address 0 on, by path. */
  readonly code?: Readonly<Record<string, Uint8Array>>;
  readonly cgroups?: Readonly<Record<string, bigint>>;
  readonly files?: Readonly<Record<string, string>>;
  /** What C files are compiled to. */
  readonly objects?: Readonly<Record<string, Uint8Array>>;
  /** Files and folders that everybody may write to. */
  readonly worldWritable?: readonly string[];
}

export function fakeTarget(machine: FakeMachine = {}): Target {
  const { binaries = {}, files = {}, modules = {}, tracepoints = {} } = machine;
  const cpus = machine.possibleCpus ?? 4;
  const formats = new Map<string, TracepointFormat>(
    Object.entries(tracepoints).map(([name, fields], index) => [name, { id: 1000 + index, fields }]),
  );
  return {
    arch: machine.arch ?? 'x86_64',
    possibleCpus: cpus,
    onlineCpus: Array.from({ length: cpus }, (_, index) => index),
    has: (feature) => !machine.without?.includes(feature),
    btf: () => machine.btf,
    moduleBtf: (module) => modules[module],
    btfModules: () => Object.keys(modules),
    tracepointFormat: (category, event) => formats.get(`${category}:${event}`),
    tracepoints: () => [...formats.keys()],
    kernelFunctions: () => machine.functions,
    hasKernelFunction: (name, module) =>
      machine.functions?.some((known) => known.name === name && (!module || known.module === module)),
    bpfFunctions: () => machine.bpfFunctions ?? [],
    allowsKfunc: (name, progType) => machine.kfuncs?.[name]?.includes(progType) === true,
    kernelSymbol: (name) => machine.kernelSymbols?.[name],
    kernelFunctionSize: (name) => machine.kernelFunctionSizes?.[name],
    kernelConfig: () => undefined,
    resolveBinary: (text) =>
      Object.keys(binaries)
        .filter((path) => path === text || (!text.includes('/') && path.includes(`/${text}`)))
        .map((path) => ({ shown: path, path })),
    foreignBinary: (text) => machine.foreignBinaries?.[text],
    userSymbols: (path) => binaries[path],
    usdtProbes: (path) => machine.usdt?.[path] ?? (binaries[path] && []),
    symbolNamed: (path, name) => binaries[path]?.find((symbol) => symbol.name === name),
    demangle: (name) => machine.demangled?.[name] ?? name,
    debugInfo: (path) => machine.debugInfo?.[path],
    fileOffset: (_path, address) => address,
    codeAt: (path, address, length) =>
      machine.code?.[path]?.subarray(Number(address), Number(address) + length),
    cgroupId: (path) => machine.cgroups?.[path],
    readFile: (path) => {
      const text = files[path];
      return text === undefined
        ? { kind: 'refused', reason: 'No such file or directory' }
        : { kind: 'text', text, worldWritable: false };
    },
    readObject: (path) => {
      const bytes = machine.objects?.[path];
      return bytes ? { kind: 'object', bytes } : { kind: 'refused', reason: 'clang is not installed' };
    },
    lookAt: (path) => lookAt(path, files, machine.worldWritable ?? []),
    includeDirs: [],
    kernelHeaders: undefined,
    bootToWallNs: 1_700_000_000_000_000_000n,
    pidNamespace: undefined,
  };
}

/** Folders are what the paths of the files lead through; the current one is `.`. */
function lookAt(
  path: string,
  files: Readonly<Record<string, string>>,
  open: readonly string[],
): PlaceAnswer | undefined {
  const worldWritable = open.includes(path);
  if (files[path] !== undefined) return { kind: 'file', worldWritable };
  const inside = Object.keys(files).filter((file) => file.startsWith(`${path}/`));
  if (inside.length === 0) return undefined;
  const names = inside.map((file) => file.slice(path.length + 1).split('/', 1)[0] ?? '');
  return { kind: 'folder', worldWritable, names: [...new Set(names)] };
}

/** A field of a tracepoint, from its C type: `['int', 'pid', 8, 4]` as type, name, offset, size. */
export function tracepointField(type: string, name: string, offset: number, size: number): TracepointField {
  const signed = !/unsigned|\bu\d+\b|\*|size_t/.test(type);
  return { type, name, offset, size, signed };
}

/** A static probe with one place per argument text, at addresses that only depend on their number. */
export function usdtProbe(provider: string, name: string, places: readonly string[]): UsdtProbe {
  const locations = places.map((text, index) => ({
    address: 0x1000n + BigInt(index) * 16n,
    fileOffset: 0x200n + BigInt(index) * 16n,
    arguments: text,
  }));
  return { provider, name, locations };
}
