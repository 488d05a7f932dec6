/** A function or address in the kernel to attach to. */
export interface KernelLocation {
  /** undefined when `address` says where. */
  readonly function?: string;
  readonly module?: string;
  readonly offset?: number;
  readonly address?: bigint;
}

/** A place in a binary: the file offset that uprobes take. */
export interface UserLocation {
  /** The file as it is opened (may be under /proc/PID/root). */
  readonly path: string;
  readonly fileOffset: bigint;
  /** As shown: symbol name, demangled for cpp. */
  readonly symbol?: string;
  /** Behind the symbol. */
  readonly offset?: bigint;
  readonly address?: bigint;
}

/** A place of a static probe. */
export interface UsdtLocation extends UserLocation {
  /** Place in the file of the counter by which the program sees that somebody listens. */
  readonly semaphoreOffset?: bigint;
}

export type PerfPeriod =
  | { readonly kind: 'frequency'; readonly hz: bigint }
  | { readonly kind: 'period'; readonly count: bigint };

/**
 * Where a prog is attached: one row per kind, compile half in compiler/probes, run half in runtime.
 * All data is resolved: no wildcard and no name look-up is left for the run half.
 */
export type ProbeSpec = ProbeBase &
  (
    | { readonly kind: 'begin' | 'end' }
    | { readonly kind: 'self'; readonly signal: string }
    | { readonly kind: 'test' | 'bench'; readonly label: string }
    | { readonly kind: 'interval' | 'profile'; readonly period: PerfPeriod }
    /** `config`: PERF_COUNT_SW_* or PERF_COUNT_HW_*. */
    | {
        readonly kind: 'software' | 'hardware';
        readonly event: string;
        readonly config: number;
        readonly period: PerfPeriod;
      }
    | { readonly kind: 'tracepoint'; readonly category: string; readonly event: string; readonly id: number }
    | { readonly kind: 'rawtracepoint'; readonly event: string; readonly module?: string }
    /** Several locations are one multi link. `session`: entry and return in one prog. */
    | {
        readonly kind: 'kprobe' | 'kretprobe';
        readonly locations: readonly KernelLocation[];
        readonly via: 'perf' | 'multi' | 'session';
      }
    /** `bpfProg`: the id of the BPF prog that the function is of. */
    | {
        readonly kind: 'fentry' | 'fexit';
        readonly function: string;
        readonly module?: string;
        readonly bpfProg?: number;
      }
    | {
        readonly kind: 'uprobe' | 'uretprobe';
        readonly locations: readonly UserLocation[];
        readonly via: 'perf' | 'multi';
      }
    | {
        readonly kind: 'usdt';
        readonly locations: readonly UsdtLocation[];
        readonly via: 'perf' | 'multi';
        /** How many static probes this is, each counted once although its places may need several progs. */
        readonly probeCount: number;
      }
    | {
        readonly kind: 'watchpoint';
        readonly address: bigint;
        readonly length: number;
        readonly mode: string;
      }
    /** `pin`: the file on bpffs that stands for it. */
    | { readonly kind: 'iter'; readonly iterator: string; readonly pin?: string }
  );

export interface ProbeBase {
  /** Canonical name, what the builtin `probe` gives. */
  readonly name: string;
  /** Index into Program.progs. */
  readonly prog: number;
}

export type ProbeKind = ProbeSpec['kind'];
/** The probes of these kinds; several kinds may share one row of ProbeSpec. */
export type ProbeOf<K extends ProbeKind> = WithKind<ProbeSpec, K>;
type WithKind<Spec, K> = Spec extends { readonly kind: infer Kinds }
  ? Kinds & K extends never
    ? never
    : Spec & { readonly kind: K }
  : never;
