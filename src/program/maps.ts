import type { Type } from '../types/index.ts';

/** BPF map types the compiler uses, spelled as the kernel does. */
export type BpfMapType =
  | 'BPF_MAP_TYPE_HASH'
  | 'BPF_MAP_TYPE_ARRAY'
  | 'BPF_MAP_TYPE_PERCPU_HASH'
  | 'BPF_MAP_TYPE_PERCPU_ARRAY'
  | 'BPF_MAP_TYPE_LRU_HASH'
  | 'BPF_MAP_TYPE_LRU_PERCPU_HASH'
  | 'BPF_MAP_TYPE_RINGBUF'
  | 'BPF_MAP_TYPE_PERF_EVENT_ARRAY'
  | 'BPF_MAP_TYPE_PROG_ARRAY'
  | 'BPF_MAP_TYPE_STACK_TRACE';

/** A BPF map to create. */
export interface BpfMapSpec {
  /** At most 15 characters are seen by the kernel. */
  readonly name: string;
  readonly type: BpfMapType;
  readonly keySize: number;
  readonly valueSize: number;
  /** 0 for the ring buffer and for tables of unwinding: the runtime chooses the size. */
  readonly maxEntries: number;
  /** BPF_F_* bits for BPF_MAP_CREATE. */
  readonly flags: number;
  /** First contents of a one-entry array, written before any prog is loaded. */
  readonly initial?: Uint8Array;
  /** BPF_MAP_FREEZE after `initial` is written (with BPF_F_RDONLY_PROG in `flags`), so that the verifier knows its bytes as constants. */
  readonly frozen?: boolean;
  /** Why the map is there. */
  readonly role:
    | 'script'
    | 'globals'
    | 'constants'
    | 'scratch'
    | 'ring-buffer'
    | 'perf-buffer'
    | 'unwind'
    | 'other';
}

/**
 * How a script map is kept.
 *
 * - slot: a plain scalar map: its value at `offset` of a one-entry array, and a byte at `presence` that is 1 once it was written.
 * - per-cpu-slot: a scalar aggregate: one row per possible CPU, `stride` bytes apart from `offset`; in each row the value, and a
 *   presence byte `presence` bytes after the start of the row.
 * - dense: a map whose keys are one integer, most of them small: a table in a one-entry array for the keys 0 to `slots` - 1, values `stride` bytes apart
 *   from `offset`, and from `presence` on a byte per key that is 1 once it was written (the value of an absent key is 0); all other keys are in `hash`.
 * - hash: everything else: a BPF map of its own. Keys are the script key's bytes (padding zeroed); for hist and lhist the key is followed by a
 *   u64 bucket index (aligned to 8), for tseries by a u64 slot; a scalar map kept this way has the key u64 0 (hist: just the bucket).
 */
export type MapStorage =
  | { readonly kind: 'slot'; readonly map: number; readonly offset: number; readonly presence: number }
  | {
      readonly kind: 'per-cpu-slot';
      readonly map: number;
      readonly offset: number;
      readonly stride: number;
      readonly presence: number;
    }
  | {
      readonly kind: 'dense';
      readonly map: number;
      readonly offset: number;
      readonly stride: number;
      readonly slots: number;
      readonly presence: number;
      /** A BPF map as for `hash`, not per CPU. */
      readonly hash: number;
    }
  | { readonly kind: 'hash'; readonly map: number; readonly perCpu: boolean };

/** A map of the script. */
export interface ScriptMap {
  /** With the `@`. */
  readonly name: string;
  /** undefined: a scalar map. */
  readonly key: Type | undefined;
  readonly value: Type;
  readonly storage: MapStorage;
  readonly maxEntries: number;
}
