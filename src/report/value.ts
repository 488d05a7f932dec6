import type { StackMode } from '../types/index.ts';

/** One bar of a histogram. A bound that is absent is open: the bucket of all smaller, or all larger values. */
export interface Bucket {
  /** First value that falls into the bucket. */
  readonly low?: Bound;
  /** First value that no longer does. */
  readonly high?: Bound;
  readonly count: bigint;
}

/** A bucket's bound: its value, and how text shows it (`512`, `1K`). */
export interface Bound {
  readonly value: bigint;
  readonly label: string;
}

/** One interval of a time series. */
export interface SeriesPoint {
  /** Its beginning, nanoseconds since 1970. */
  readonly unixNs: bigint;
  /** Absent when nothing was recorded in it. */
  readonly value?: bigint;
}

export interface NamedValue {
  readonly name: string;
  readonly value: Value;
}

/**
 * A frame of a captured stack: an address, or (build_id mode, `buildId` set) a build id as binary string and an offset into
 * that file.
 */
export interface StackFrame {
  readonly address: bigint;
  readonly buildId?: string;
}

/**
 * A decoded value: what the bytes of a record, a map key or a map value mean. Strings are binary strings. What needs the outside
 * (symbols, user names, cgroup paths, the time zone) is still a number here; text.ts asks for the names.
 */
export type Value =
  /** No value: `()`, void. */
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  /** `name` is absent for a number that no enumerator has. */
  | { readonly kind: 'enum'; readonly value: bigint; readonly name: string | undefined }
  /** `truncated`: there was no room for a NUL, so the text is taken to go on. */
  | { readonly kind: 'string'; readonly bytes: string; readonly truncated: boolean }
  | { readonly kind: 'buffer'; readonly bytes: string }
  | { readonly kind: 'pointer'; readonly address: bigint }
  | { readonly kind: 'array'; readonly elements: readonly Value[] }
  | { readonly kind: 'tuple'; readonly elements: readonly Value[] }
  /** A record, or a struct or union with its anonymous members flattened into it. */
  | { readonly kind: 'record'; readonly fields: readonly NamedValue[] }
  | { readonly kind: 'ksym'; readonly address: bigint }
  /** `probe` is an index into Program.probes, -1 for none. */
  | { readonly kind: 'usym'; readonly address: bigint; readonly pid: number; readonly probe: number }
  | { readonly kind: 'kstack'; readonly mode: StackMode; readonly frames: readonly StackFrame[] }
  | {
      readonly kind: 'ustack';
      readonly mode: StackMode;
      readonly frames: readonly StackFrame[];
      readonly pid: number;
      readonly probe: number;
    }
  /** `family`: AF_INET or AF_INET6; `bytes` are 16, of which AF_INET uses 4. */
  | { readonly kind: 'inet'; readonly family: bigint; readonly bytes: Uint8Array }
  | { readonly kind: 'mac'; readonly bytes: Uint8Array }
  | { readonly kind: 'username'; readonly uid: bigint }
  | {
      readonly kind: 'timestamp';
      readonly clock: 'boot' | 'tai';
      readonly ns: bigint;
      readonly format: string;
    }
  | { readonly kind: 'cgroup-path'; readonly id: bigint; readonly filter: string }
  /** A number with digits behind the point. */
  | { readonly kind: 'decimal'; readonly text: string }
  /** `exact`: the average with digits behind the point, when they are wanted. */
  | {
      readonly kind: 'stats';
      readonly count: bigint;
      readonly average: bigint;
      readonly total: bigint;
      readonly exact?: string;
    }
  /** Only as a map's value. No bucket when nothing was counted. */
  | { readonly kind: 'histogram'; readonly buckets: readonly Bucket[] }
  /** Only as a map's value. Points are one interval apart, the oldest first. */
  | { readonly kind: 'series'; readonly points: readonly SeriesPoint[]; readonly signed: boolean };

export type ValueKind = Value['kind'];
