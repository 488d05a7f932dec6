import type { StructTableData } from '../types/index.ts';
import type { BpfMapSpec, ScriptMap } from './maps.ts';
import type { ProbeSpec } from './probes.ts';
import type { RecordSpec, SourceTrail } from './records.ts';
import type { UnwindMaps } from './unwind.ts';

/** Prog types the compiler emits, spelled as the kernel does. */
export type BpfProgType =
  | 'BPF_PROG_TYPE_KPROBE'
  | 'BPF_PROG_TYPE_TRACEPOINT'
  | 'BPF_PROG_TYPE_RAW_TRACEPOINT'
  | 'BPF_PROG_TYPE_PERF_EVENT'
  | 'BPF_PROG_TYPE_TRACING'
  | 'BPF_PROG_TYPE_XDP'
  | 'BPF_PROG_TYPE_SYSCALL';

/** A place in the instructions that the loader fills in. `insn` counts 8-byte slots. */
export type Reloc =
  /** ld_imm64 of a map fd (BPF_PSEUDO_MAP_FD). */
  | { readonly insn: number; readonly kind: 'map'; readonly map: number }
  /** ld_imm64 of an address in a one-entry array's value (BPF_PSEUDO_MAP_VALUE). */
  | { readonly insn: number; readonly kind: 'map-value'; readonly map: number; readonly offset: number }
  /** Call of a kernel function (BPF_PSEUDO_KFUNC_CALL) by BTF name. */
  | { readonly insn: number; readonly kind: 'kfunc'; readonly name: string }
  /** ld_imm64 of a kernel variable (BPF_PSEUDO_BTF_ID). */
  | { readonly insn: number; readonly kind: 'ksym'; readonly name: string };

/** From this instruction on, the code stands for this place of the script. */
export interface LineEntry {
  readonly insn: number;
  readonly trail: SourceTrail;
}

/** One BPF function of a prog; the first starts at 0. BTF func_info is made from it. */
export interface ProgFunc {
  readonly name: string;
  readonly insn: number;
  /** Number of parameters (all u64) of a subprogram or callback. */
  readonly params: number;
  /** What a callback's parameters are, where the kernel checks its BTF: void pointers or integers. */
  readonly paramKinds?: readonly ('pointer' | 'u64')[];
  /** Takes and gives numbers only, so that the verifier can look at it once, by itself, instead of at every call. */
  readonly isGlobal?: boolean;
}

/** What a TRACING prog is for, by its name in BTF: the kernel's, a module's, or that of a BPF prog (its id) that is loaded. */
export interface AttachBtf {
  readonly kind: 'func' | 'typedef';
  readonly name: string;
  readonly module?: string;
  readonly prog?: number;
}

/** One BPF program: encoded instructions plus what the loader needs. */
export interface Prog {
  readonly name: string;
  readonly type: BpfProgType;
  /** BPF_TRACE_*, BPF_TRACE_KPROBE_MULTI, …; absent: 0. */
  readonly expectedAttachType?: string;
  /** For TRACING: what to attach to (`vfs_read`, `btf_trace_sched_switch`, `bpf_iter_task`). */
  readonly attachBtf?: AttachBtf;
  readonly sleepable?: boolean;
  /** 8 bytes each, little-endian. */
  readonly insns: Uint8Array;
  readonly relocs: readonly Reloc[];
  readonly lines: readonly LineEntry[];
  readonly funcs: readonly ProgFunc[];
}

/** A script parameter made with getopt: kept in the constants map, filled in before load. */
export interface NamedParam {
  readonly name: string;
  readonly kind: 'bool' | 'int' | 'uint' | 'string';
  readonly description: string;
  /** Where its value lies in `constants`. Strings are NUL-terminated within `size`. */
  readonly offset: number;
  readonly size: number;
  /** Present when the script has a default. */
  readonly default?: bigint | string | boolean;
}

/** Places in the constants map that the runtime fills in before load. */
export interface RuntimeConstant {
  readonly what:
    | 'start-boot-ns'
    | 'sw-tai-offset-ns'
    | 'child-pid'
    | 'pid-filter'
    | 'pidns-dev'
    | 'pidns-ino'
    | 'self-pid';
  readonly offset: number;
}

/**
 * A compiled script: plain serialisable data, the contract between compiler, backends and report.
 * Indexes: `maps` are script maps, `bpfMaps` BPF maps; relocs and storages name BPF maps.
 */
export interface Program {
  readonly license: string;
  /** Sources named by `SourceRange.source`; for messages that quote a line. */
  readonly sources: readonly { readonly name: string; readonly text: string }[];
  readonly bpfMaps: readonly BpfMapSpec[];
  readonly maps: readonly ScriptMap[];
  readonly records: readonly RecordSpec[];
  readonly progs: readonly Prog[];
  readonly probes: readonly ProbeSpec[];
  /** Layouts of the structs and enums that `records` and `maps` mention. */
  readonly types: StructTableData;
  /** Index of the BPF maps that the runtime itself reads; absent when the script needs none. */
  readonly ringBuffer?: number;
  readonly constants?: number;
  readonly runtimeConstants: readonly RuntimeConstant[];
  readonly namedParams: readonly NamedParam[];
  /** Where lost records are counted: a u64 per possible CPU, `stride` bytes apart, in a one-entry array. */
  readonly lost?: { readonly map: number; readonly offset: number; readonly stride: number };
  /** Present when the script unwinds user stacks by tables, which the runtime then has to provide. */
  readonly unwind?: UnwindMaps;
  /** Config values that matter at run time. */
  readonly settings: RunSettings;
}

export interface RunSettings {
  readonly printMapsOnExit: boolean;
  readonly maxCatBytes: number;
  readonly strTruncTrailer: string;
  readonly perfRbPages: number;
  readonly missingProbes: 'error' | 'warn' | 'ignore';
  readonly cppDemangle: boolean;
  readonly cacheUserSymbols: 'PER_PID' | 'PER_PROGRAM' | 'NONE';
  readonly showDebugInfo: boolean;
  /** Exactly this many bytes for the verifier's log; absent: as many as it takes. */
  readonly logSize?: number;
  /** Digits behind the point of averages; absent: none. */
  readonly avgDecimals?: number;
  readonly maxProbes: number;
  readonly maxStrlen: number;
}
