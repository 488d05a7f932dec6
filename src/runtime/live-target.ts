import { readdirSync, statSync } from 'node:fs';
import { machine, release } from 'node:os';
import { decodeText } from '../base/index.ts';
import type { Btf, BtfId } from '../btf/index.ts';
import type { Dwarf } from '../dwarf/index.ts';
import { isKernelError, type Kallsyms, loadedProgs, TraceableFunctions, Tracefs } from '../kernel/index.ts';
import {
  type Arch,
  archTable,
  type BinarySymbol,
  type BpfFunction,
  type BpfProgType,
  type Feature,
  type FileAnswer,
  type ForeignBinary,
  type KernelConfig,
  type KernelFunction,
  type ObjectAnswer,
  type PlaceAnswer,
  type Target,
  type TracepointFormat,
  type UsdtProbe,
  type UserSymbol,
} from '../program/index.ts';
import {
  type BinaryLookupOptions,
  type FoundBinary,
  type HeldProgram,
  lookUpBinaries,
  lookUpForeignBinary,
} from './binary-lookup.ts';
import type { BtfSources } from './btf-sources.ts';
import { Cgroups } from './cgroups.ts';
import { compileC, readBytes } from './compile-c.ts';
import type { DebugInfo } from './debug-info.ts';
import type { Demangler } from './demangler.ts';
import type { ElfFiles } from './elf-files.ts';
import {
  type FunctionLists,
  functionLists,
  KEPT_IN,
  kernelState,
  refusedByKprobes,
  refusedNames,
} from './function-lists.ts';
import { type HostCpus, hostCpus } from './host-cpus.ts';
import { readKernelConfig } from './kernel-config.ts';
import { namedKernelHeaders } from './kernel-headers.ts';
import { readNamed, readWhole } from './plain-file.ts';
import { systemErrorText } from './system-error.ts';
import { systemIncludeDirs } from './system-include-dirs.ts';
import { readUsdtProbes } from './usdt-probes.ts';
import { vmlinuxFiles } from './vmlinux-files.ts';

/** The inode number of the first pid namespace. Source: include/linux/proc_ns.h, PROC_PID_INIT_INO. */
const PROC_PID_INIT_INO = 0xefff_fffcn;
/** A kernel has some 3 MB of names of functions. */
const MAX_LIST_BYTES = 256 << 20;

export interface LiveTargetOptions {
  /** Asks the kernel for a feature; the answer is remembered here. */
  readonly hasFeature: (feature: Feature) => boolean;
  /** Whether progs of a type may call a kfunc. */
  readonly allowsKfunc: (name: string, progType: BpfProgType) => boolean;
  readonly kallsyms: Kallsyms;
  readonly btf: BtfSources;
  readonly elfFiles: ElfFiles;
  readonly debugInfo: DebugInfo;
  readonly demangler: Demangler;
  readonly bootToWallNs: () => bigint;
  /** Where C includes are searched before the system's own directories. */
  readonly includeDirs: readonly string[];
  /** Read instead of tracefs's available_filter_functions (--traceable-functions). */
  readonly traceableFunctions?: string;
  /** Allows files that are no ELF as uprobe targets. */
  readonly unsafe: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The child of -c. */
  readonly held?: HeldProgram;
}

/** The running machine as a Target. Nothing is read before it is asked for; each answer is read once. */
export class LiveTarget implements Target {
  readonly arch: Arch;
  readonly kernelHeaders: ReturnType<typeof namedKernelHeaders>;
  readonly #options: LiveTargetOptions;
  readonly #cgroups = new Cgroups();
  readonly #features = new Map<Feature, boolean>();
  readonly #formats = new Map<string, TracepointFormat | undefined>();
  readonly #symbols = new Map<string, readonly UserSymbol[] | undefined>();
  readonly #usdt = new Map<string, readonly UsdtProbe[] | undefined>();
  #cpus: HostCpus | undefined;
  #bpfFunctions: readonly BpfFunction[] | undefined;
  #tracepoints: readonly string[] | undefined;
  #functions: { readonly with: (piece?: string) => readonly KernelFunction[] | undefined } | undefined;
  #tracefs: { readonly mounted: Tracefs | undefined } | undefined;
  #bootToWallNs: bigint | undefined;
  #includeDirs: readonly string[] | undefined;
  #kernelConfig: KernelConfig | undefined;
  #pidNamespace: { readonly answer: Target['pidNamespace'] } | undefined;

  constructor(options: LiveTargetOptions) {
    this.#options = options;
    this.arch = archOf(process.arch);
    this.kernelHeaders = namedKernelHeaders(options.environment, this.arch);
  }

  get includeDirs(): readonly string[] {
    this.#includeDirs ??= [
      ...(this.kernelHeaders?.dirs ?? []),
      ...this.#options.includeDirs,
      ...systemIncludeDirs(machine()),
    ];
    return this.#includeDirs;
  }

  get possibleCpus(): number {
    return this.#readCpus().possible;
  }
  get onlineCpus(): readonly number[] {
    return this.#readCpus().online;
  }

  has(feature: Feature): boolean {
    const known = this.#features.get(feature);
    if (known !== undefined) return known;
    const answer = this.#options.hasFeature(feature);
    this.#features.set(feature, answer);
    return answer;
  }

  btf(): Btf | undefined {
    return this.#options.btf.vmlinux();
  }
  moduleBtf(module: string): Btf | undefined {
    return this.#options.btf.module(module);
  }
  btfModules(): readonly string[] {
    return this.#options.btf.modules();
  }

  tracepointFormat(category: string, event: string): TracepointFormat | undefined {
    const name = `${category}:${event}`;
    if (!this.#formats.has(name)) this.#formats.set(name, this.#findTracefs()?.format(category, event));
    return this.#formats.get(name);
  }
  tracepoints(): readonly string[] {
    this.#tracepoints ??= this.#findTracefs()?.events() ?? [];
    return this.#tracepoints;
  }

  kernelFunctions(piece?: string): readonly KernelFunction[] | undefined {
    this.#functions ??= this.#readFunctions();
    return this.#functions.with(piece);
  }

  hasKernelFunction(name: string, module?: string): boolean | undefined {
    // BTF answers in milliseconds; the list of functions takes tens of them.
    const btf = module === undefined || module === 'vmlinux' ? this.btf() : this.moduleBtf(module);
    if (this.#options.traceableFunctions === undefined && btf?.hasFunction(name)) return true;
    const wanted = module === 'vmlinux' ? undefined : module;
    return this.kernelFunctions(name)?.some(
      (row) => row.name === name && (module === undefined || row.module === wanted),
    );
  }

  bpfFunctions(): readonly BpfFunction[] {
    this.#bpfFunctions ??= loadedProgs().flatMap(({ id, isTracing, btf, functions }) =>
      functions.map(
        (type): BpfFunction => ({ prog: id, name: btf.nameOf(type), isTracing, ...resultOf(btf, type) }),
      ),
    );
    return this.#bpfFunctions;
  }
  allowsKfunc(name: string, progType: BpfProgType): boolean {
    return this.#options.allowsKfunc(name, progType);
  }

  kernelConfig(): KernelConfig {
    this.#kernelConfig ??= readKernelConfig();
    return this.#kernelConfig;
  }
  kernelSymbol(name: string): bigint | undefined {
    return this.#options.kallsyms.byName(name)?.address;
  }
  kernelFunctionSize(name: string): bigint | undefined {
    for (const path of vmlinuxFiles(this.#options.environment, release())) {
      const [symbol] = this.#options.elfFiles.open(path)?.functionsNamed(name) ?? [];
      if (symbol !== undefined) return symbol.size;
    }
    return undefined;
  }

  resolveBinary(text: string, pid?: number): readonly FoundBinary[] {
    return lookUpBinaries(text, pid, this.#lookupOptions());
  }

  foreignBinary(text: string, pid?: number): ForeignBinary | undefined {
    return lookUpForeignBinary(text, pid, this.#lookupOptions());
  }

  #lookupOptions(): BinaryLookupOptions {
    return {
      arch: this.arch,
      elfFiles: this.#options.elfFiles,
      anyFile: this.#options.unsafe,
      environment: this.#options.environment,
      ...(this.#options.held === undefined ? {} : { held: this.#options.held }),
    };
  }

  userSymbols(path: string): readonly UserSymbol[] | undefined {
    if (!this.#symbols.has(path)) this.#symbols.set(path, this.#readUserSymbols(path));
    return this.#symbols.get(path);
  }
  usdtProbes(path: string): readonly UsdtProbe[] | undefined {
    if (!this.#usdt.has(path)) this.#usdt.set(path, readUsdtProbes(this.#options.elfFiles, path));
    return this.#usdt.get(path);
  }
  symbolNamed(path: string, name: string): BinarySymbol | undefined {
    return this.#options.elfFiles.open(path)?.symbolNamed(name);
  }
  demangle(name: string): string {
    return this.#options.demangler.demangle(name);
  }
  debugInfo(path: string): Dwarf | undefined {
    return this.#options.debugInfo.of(path);
  }
  fileOffset(path: string, address: bigint): bigint | undefined {
    return this.#options.elfFiles.open(path)?.fileOffset(address);
  }
  codeAt(path: string, address: bigint, length: number): Uint8Array | undefined {
    return this.#options.elfFiles.open(path)?.bytesAt(address, length);
  }

  cgroupId(path: string): bigint | undefined {
    return this.#cgroups.id(path);
  }

  readFile(path: string): FileAnswer {
    try {
      const { bytes, worldWritable } = readWhole(path);
      return { kind: 'text', text: decodeText(bytes), worldWritable };
    } catch (error) {
      return { kind: 'refused', reason: systemErrorText(error) };
    }
  }

  readObject(path: string): ObjectAnswer {
    if (!path.endsWith('.c')) return readBytes(path);
    return compileC(path, { arch: this.arch, includeDirs: this.#options.includeDirs, btf: () => this.btf() });
  }

  lookAt(path: string): PlaceAnswer | undefined {
    try {
      const stats = statSync(path);
      const worldWritable = (stats.mode & 0o002) !== 0;
      if (!stats.isDirectory()) return { kind: 'file', worldWritable };
      return { kind: 'folder', worldWritable, names: readdirSync(path) };
    } catch {
      return undefined;
    }
  }

  /** Asked once: a run has one answer, however long it lasts. */
  get bootToWallNs(): bigint {
    this.#bootToWallNs ??= this.#options.bootToWallNs();
    return this.#bootToWallNs;
  }

  get pidNamespace(): Target['pidNamespace'] {
    this.#pidNamespace ??= { answer: readPidNamespace() };
    return this.#pidNamespace.answer;
  }

  #readCpus(): HostCpus {
    this.#cpus ??= hostCpus();
    return this.#cpus;
  }

  #findTracefs(): Tracefs | undefined {
    this.#tracefs ??= { mounted: Tracefs.open() };
    return this.#tracefs.mounted;
  }

  #readFunctions(): { readonly with: (piece?: string) => readonly KernelFunction[] | undefined } {
    const lists = this.#functionLists();
    if (lists === undefined) {
      const named = this.#functionsFromSymbols();
      return { with: () => named };
    }
    const functions = new TraceableFunctions(lists.traceable);
    return {
      with(piece) {
        const refused = refusedNames(lists, piece);
        return functions.with(piece).filter(({ name }) => !refused.has(name));
      },
    };
  }

  /** Those that the user names, else the kernel's; undefined when it has none. */
  #functionLists(): FunctionLists | undefined {
    const named = this.#options.traceableFunctions;
    if (named !== undefined) {
      const bytes = readNamed(named, MAX_LIST_BYTES);
      return { traceable: Buffer.from(bytes), refused: refusedByKprobes() };
    }
    const sources = {
      state: kernelState,
      traceable: () => readOrUndefined(() => this.#findTracefs()?.traceableFunctions()),
      refused: refusedByKprobes,
    };
    const lists = functionLists(sources, KEPT_IN);
    return lists?.traceable.length === 0 ? undefined : lists;
  }

  /** Where there is no list: what kallsyms names, of the kernel proper only if BTF knows it as a function. */
  #functionsFromSymbols(): readonly KernelFunction[] | undefined {
    const btf = this.btf();
    if (!btf) return undefined;
    const known = new Set<string>();
    for (const id of btf.idsOfKind('func')) known.add(btf.nameOf(id));
    const seen = new Set<string>();
    const functions: KernelFunction[] = [];
    for (const { name, module } of this.#options.kallsyms.functions()) {
      const key = `${module ?? ''}:${name}`;
      if (module === 'bpf' || seen.has(key) || (module === undefined && !known.has(name))) continue;
      seen.add(key);
      functions.push(module === undefined ? { name } : { name, module });
    }
    return functions.length === 0 ? undefined : functions;
  }

  #readUserSymbols(path: string): readonly UserSymbol[] | undefined {
    const elf = this.#options.elfFiles.open(path);
    if (!elf) return undefined;
    const byPlace = new Map<string, UserSymbol>();
    for (const file of this.#options.elfFiles.withSymbols(path)) {
      for (const { name, address, size } of file.functions()) {
        const fileOffset = elf.fileOffset(address);
        // A symbol stands in .symtab and .dynsym with one name and address.
        if (fileOffset !== undefined) byPlace.set(`${name}\n${address}`, { name, address, fileOffset, size });
      }
    }
    // A damaged table is not one without functions.
    return byPlace.size === 0 && elf.damage !== undefined ? undefined : [...byPlace.values()];
  }
}

/** What a function of a prog gives back, by the prog's BTF. */
function resultOf(btf: Btf, func: BtfId): Pick<BpfFunction, 'returns'> {
  const proto = btf.prototypeOf(func);
  if (!proto) return {};
  const result = btf.resolved(proto.returns);
  if (result.kind === 'void') return {};
  const size = btf.sizeOf(proto.returns);
  const isInteger = result.kind === 'int' && (size === 1 || size === 2 || size === 4 || size === 8);
  return { returns: isInteger ? { size, signed: result.signed } : { size: 8, signed: false } };
}

/** @param name as Node.js spells architectures. */
function archOf(name: string): Arch {
  for (const arch of Object.keys(archTable) as Arch[]) if (archTable[arch].nodeName === name) return arch;
  throw new Error(
    `Tetrace does not know this processor: ${name} (it knows ${Object.keys(archTable).join(', ')})`,
  );
}

function readPidNamespace(): Target['pidNamespace'] {
  try {
    const { dev, ino } = statSync('/proc/self/ns/pid', { bigint: true });
    return ino === PROC_PID_INIT_INO ? undefined : { dev, ino };
  } catch {
    return undefined; // a kernel without pid namespaces
  }
}

/** Lockdown withholds tracefs files with EPERM: that is the same as not having them. */
function readOrUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isKernelError(error, 'EPERM', 'EACCES')) return undefined;
    throw error;
  }
}
