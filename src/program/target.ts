import type { Btf } from '../btf/index.ts';
import type { Dwarf } from '../dwarf/index.ts';
import type { Arch } from './arch.ts';
import type { BpfProgType } from './program.ts';

/** What a kernel can do; asked one by one, answered by probing (never by version). */
export type Feature =
  | 'ring-buffer'
  | 'bounded-loops'
  | 'bpf-loop'
  | 'for-each-map-elem'
  | 'map-lookup-percpu-elem'
  | 'get-func-ip'
  | 'get-func-ret'
  | 'attach-cookie'
  | 'kprobe'
  | 'kprobe-multi'
  | 'kprobe-session'
  | 'uprobe'
  | 'uprobe-multi'
  | 'uprobe-multi-pid'
  | 'fentry'
  | 'single-prog-frame'
  | 'ktime-get-boot-ns'
  | 'ktime-get-tai-ns'
  | 'd-path'
  | 'task-pt-regs'
  | 'mappable-arrays'
  | 'jiffies64'
  | 'get-ns-current-pid-tgid'
  | 'map-sum-elem-count'
  | 'open-coded-iterators'
  | 'cpu-v4'
  | 'global-data'
  | 'perf-link'
  | 'iter'
  | 'task-from-pid'
  | 'cgrp-storage'
  | 'send-signal-thread'
  | 'large-insn-limit';

/** One field of a tracepoint record, from its tracefs `format` file. */
export interface TracepointField {
  readonly name: string;
  /** As the format file spells it, without the field name: `char[16]`, `__data_loc char[]`, `const char *`. */
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
}

export interface TracepointFormat {
  readonly id: number;
  readonly fields: readonly TracepointField[];
}

export interface KernelFunction {
  readonly name: string;
  /** Absent for the kernel proper. */
  readonly module?: string;
}

/** A function of a BPF prog that is loaded. */
export interface BpfFunction {
  /** The prog's id. */
  readonly prog: number;
  readonly name: string;
  /** Its result by its BTF: an integer, or anything else (read as one of 8 bytes). Absent: void, or no prototype. */
  readonly returns?: { readonly size: 1 | 2 | 4 | 8; readonly signed: boolean };
  /** The prog traces others itself, so that patterns leave it out. */
  readonly isTracing: boolean;
}

/** A symbol of a binary. */
export interface BinarySymbol {
  readonly name: string;
  /** Virtual address as the file has it. */
  readonly address: bigint;
  /** Bytes; 0 when the file does not say. */
  readonly size: bigint;
}

/** A library that is installed for processes of another machine than the one that is `wanted`, both in words: `aarch64`, `i386 (32 bits)`. */
export interface ForeignBinary {
  readonly shown: string;
  readonly machine: string;
  readonly wanted: string;
}

/** A function symbol of a binary. */
export interface UserSymbol extends BinarySymbol {
  /** The place in the file that a uprobe takes. */
  readonly fileOffset: bigint;
}

/** A static probe of a binary. */
export interface UsdtProbe {
  readonly provider: string;
  readonly name: string;
  /** At least one; several where the compiler inlined the code around it. */
  readonly locations: readonly UsdtPlace[];
}

/** One place of a static probe, with its arguments as they are found there. */
export interface UsdtPlace {
  /** Virtual address of the instruction as the file has it, and the place in the file that a uprobe takes. */
  readonly address: bigint;
  readonly fileOffset: bigint;
  /** Place in the file of the probe's semaphore. */
  readonly semaphoreOffset?: bigint;
  /** As the compiler wrote them: `-4@%edi 8@-16(%rbp)`. */
  readonly arguments: string;
}

export type FileAnswer =
  | { readonly kind: 'text'; readonly text: string; readonly worldWritable: boolean }
  | { readonly kind: 'refused'; readonly reason: string };

export type ObjectAnswer =
  /** `warnings`: what the compiler said of C. */
  | { readonly kind: 'object'; readonly bytes: Uint8Array; readonly warnings?: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** How the kernel was made. */
export interface KernelConfig {
  /** As LINUX_VERSION_CODE: major, minor and patch in a byte each. */
  readonly version: number;
  /** By name, as the configuration writes them: `CONFIG_HZ` is `1000`, `CONFIG_SMP` is `y`. Absent: it cannot be read. */
  readonly options?: ReadonlyMap<string, string>;
}

/** Headers of a kernel that C is to be read with. */
export interface KernelHeaders {
  /** Files that are included before all others. */
  readonly first: readonly string[];
  readonly defines: Readonly<Record<string, string>>;
}

/** What stands at a path: a file, or a folder with the names in it. `worldWritable`: everybody may write there. */
export type PlaceAnswer =
  | { readonly kind: 'file'; readonly worldWritable: boolean }
  | { readonly kind: 'folder'; readonly worldWritable: boolean; readonly names: readonly string[] };

/**
 * Everything the compiler may ask about the machine. All answers are synchronous and stable for the length of a compilation.
 * `undefined` means "there is none"; a lookup that failed for another reason throws a KernelError.
 */
export interface Target {
  readonly arch: Arch;
  /** Number of possible CPUs (the rows of per-CPU values), and the numbers of those online. */
  readonly possibleCpus: number;
  readonly onlineCpus: readonly number[];
  has(feature: Feature): boolean;
  /** The kernel's BTF; undefined when there is none. */
  btf(): Btf | undefined;
  moduleBtf(module: string): Btf | undefined;
  /** Modules that have BTF. */
  btfModules(): readonly string[];
  tracepointFormat(category: string, event: string): TracepointFormat | undefined;
  /** All tracepoints as `category:event`. */
  tracepoints(): readonly string[];
  /**
   * Functions kprobes can attach to, for wildcards and existence checks; undefined when no list can be read.
   *
   * @param piece when given, only those whose names contain it are needed; whether others are among them is open.
   */
  kernelFunctions(piece?: string): readonly KernelFunction[] | undefined;
  /** Whether kprobes can attach to a function, without reading the whole list where BTF knows; undefined: could not tell. */
  hasKernelFunction(name: string, module?: string): boolean | undefined;
  /** Functions of the BPF progs that are loaded and have BTF. */
  bpfFunctions(): readonly BpfFunction[];
  /** Whether progs of a type may call a function of the kernel. */
  allowsKfunc(name: string, progType: BpfProgType): boolean;
  /** Address of a kernel symbol from kallsyms. */
  kernelSymbol(name: string): bigint | undefined;
  /** Bytes of a function of the kernel proper, from an ELF file of the kernel; undefined: could not tell. */
  kernelFunctionSize(name: string): bigint | undefined;
  /** undefined: there is no kernel. */
  kernelConfig(): KernelConfig | undefined;
  /** Files that a uprobe target text names (library look-up, PATH, glob, pid's root); the shown path and the path to open. */
  resolveBinary(text: string, pid?: number): readonly { readonly shown: string; readonly path: string }[];
  /** Where a text names no file: the library of that name for processes of another machine. */
  foreignBinary(text: string, pid?: number): ForeignBinary | undefined;
  /** Function symbols of a binary; undefined when it cannot be read as ELF. */
  userSymbols(path: string): readonly UserSymbol[] | undefined;
  /** The static probes of a binary, in the order of its notes; undefined when it cannot be read as ELF. */
  usdtProbes(path: string): readonly UsdtProbe[] | undefined;
  /** A symbol of any kind (a variable, say) as the binary has it. */
  symbolNamed(path: string, name: string): BinarySymbol | undefined;
  /** A symbol's name as it is written in C++ or Rust, with its parameters; other names as they are. */
  demangle(name: string): string;
  /** The debug information of a binary, its own or that of a separate file; undefined when there is none to be found. */
  debugInfo(path: string): Dwarf | undefined;
  /** File offset for a virtual address of a binary. */
  fileOffset(path: string, address: bigint): bigint | undefined;
  /** Bytes of a binary from a virtual address on, fewer where its segment ends; undefined when nothing is loaded there. */
  codeAt(path: string, address: bigint, length: number): Uint8Array | undefined;
  cgroupId(path: string): bigint | undefined;
  readFile(path: string): FileAnswer;
  /** An object file for BPF; C (`.bpf.c`) is compiled for it. */
  readObject(path: string): ObjectAnswer;
  /** undefined: nothing is there, or it cannot be looked at. */
  lookAt(path: string): PlaceAnswer | undefined;
  /** Where C includes are searched, in order. */
  readonly includeDirs: readonly string[];
  /** Set when `includeDirs` has those of a kernel. */
  readonly kernelHeaders: KernelHeaders | undefined;
  /** Nanoseconds: wall clock minus boot clock when the run started. */
  readonly bootToWallNs: bigint;
  /** Set when the tracer is not in the initial pid namespace: its device and inode for bpf_get_ns_current_pid_tgid. */
  readonly pidNamespace: { readonly dev: bigint; readonly ino: bigint } | undefined;
}
