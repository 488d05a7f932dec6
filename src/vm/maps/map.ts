import type { BpfMapSpec } from '../../program/index.ts';

/** A map that progs look up, update and delete in. Keys and values are places in the machine's memory. */
export interface KeyedMap {
  readonly kind: 'keyed';
  readonly spec: BpfMapSpec;
  /** Whether progs may write it (BPF_F_RDONLY_PROG is not set). */
  readonly isWritable: boolean;
  /** Rows per value: the number of CPUs for a per-CPU map, else 1. */
  readonly rows: number;
  /** The value's region for a CPU; 0 when there is no such key. */
  lookup(keyAt: number, cpu: number): number;
  /** 0 or a negative errno. A per-CPU map changes the row of `cpu` alone; a new entry is zero on the others. */
  update(keyAt: number, valueAt: number, flags: number, cpu: number): number;
  /** 0 or a negative errno. */
  delete(keyAt: number): number;
  /**
   * Calls for each entry with where its key is and its value's region for `cpu`, until `visit` returns true. `scratchAt`: 8 bytes of the
   * machine's memory for a key that is stored nowhere.
   */
  forEach(cpu: number, scratchAt: number, visit: (keyAt: number, region: number) => boolean): void;
  readonly size: number;
  /** What going through the map costs besides the visits, in instructions. */
  readonly visitCost: number;
  /** For user space: every key with its rows, copied. */
  entries(): { readonly key: Uint8Array; readonly values: readonly Uint8Array[] }[];
  /** For user space: the rows of one key, copied. */
  read(key: Uint8Array): readonly Uint8Array[] | undefined;
  /** For user space: sets all rows; one row given for several CPUs is for all of them. 0 or a negative errno. */
  write(key: Uint8Array, rows: readonly Uint8Array[], flags: number): number;
  /** For user space. 0 or a negative errno. */
  remove(key: Uint8Array): number;
  /** Where the value of a directly addressed array (one entry, not per CPU) lies, and its region. */
  readonly direct?: { readonly region: number; readonly at: number };
}

/** Anything a map pointer can point to. */
export type VmMap = KeyedMap | RingBufferMap | PerfBufferMap | ProgArrayMap | StackMap;

export interface RingBufferMap {
  readonly kind: 'ring';
  readonly spec: BpfMapSpec;
  /** Where the payload of a new record lies; -1 when there is no room. */
  reserve(size: number): number;
  /** Ends the record that starts at `at`: from now on the reader may see it. */
  commit(at: number, discard: boolean, flags: number): void;
  /** Hands over what can be read, oldest first; `onRecord` returning false stops after that record. The number handed over. */
  drain(onRecord: (record: Uint8Array) => boolean | undefined): number;
  query(what: number): number;
  /** Whether a reader would find something. */
  readonly hasRecords: boolean;
}

export interface PerfBufferMap {
  readonly kind: 'perf';
  readonly spec: BpfMapSpec;
  /** 0 or a negative errno. `index` undefined: the current CPU. */
  output(cpu: number, index: number | undefined, bytes: Uint8Array): number;
  /** Opens the buffer of a CPU, as user space does with perf_event_open(2) and a map update. */
  open(cpu: number, capacityBytes: number): void;
  /** As RingBufferMap's; CPU by CPU. */
  drain(onRecord: (record: Uint8Array, cpu: number) => boolean | undefined): number;
  /** Records that found no room, by CPU. */
  lost(cpu: number): number;
  readonly hasRecords: boolean;
}

export interface ProgArrayMap {
  readonly kind: 'progs';
  readonly spec: BpfMapSpec;
  /** Index into Program.progs. */
  progAt(index: number): number | undefined;
  setProg(index: number, prog: number | undefined): void;
}

export interface StackMap {
  readonly kind: 'stacks';
  readonly spec: BpfMapSpec;
  /** Stores return addresses: an id, or a negative errno. */
  store(addresses: readonly bigint[], flags: number): number;
  read(id: number): readonly bigint[] | undefined;
  delete(id: number): number;
  ids(): number[];
}
