import { alignUp } from '../../base/index.ts';
import type { BpfMapType, MapStorage, ScriptMap, Target } from '../../program/index.ts';
import {
  type AggregateType,
  isAggregate,
  isScalar,
  type StructTable,
  sizeOf,
  type Type,
} from '../../types/index.ts';
import type { MapIndex, TypedMap } from '../typed/index.ts';
import type { MapTable } from './map-table.ts';

/** Aggregates that are one value per key. The others are spread over buckets or slots, which are part of the BPF map's key. */
const wholeAggregates: ReadonlySet<Type['kind']> = new Set(['count', 'sum', 'min', 'max', 'avg', 'stats']);

/** Map types a script can declare. */
const declaredTypes: Readonly<Record<string, BpfMapType>> = {
  hash: 'BPF_MAP_TYPE_HASH',
  lruhash: 'BPF_MAP_TYPE_LRU_HASH',
  percpuhash: 'BPF_MAP_TYPE_PERCPU_HASH',
  percpulruhash: 'BPF_MAP_TYPE_LRU_PERCPU_HASH',
};

/** Most indexes of a log2 histogram: 65 powers, each cut into 2^bits. */
const HIST_POWERS = 65;

/** Fewer entries save nothing. */
const LEAST_ENTRIES = 16;

export type BucketedType = Extract<AggregateType, { readonly kind: 'hist' | 'lhist' | 'tseries' }>;

export function isBucketed(type: Type): type is BucketedType {
  return type.kind === 'hist' || type.kind === 'lhist' || type.kind === 'tseries';
}

/** How many buckets or slots one key can have. */
export function bucketCount(type: BucketedType): number {
  switch (type.kind) {
    case 'hist':
      return HIST_POWERS * 2 ** type.bits;
    case 'lhist':
      return Number((type.max - type.min) / type.step) + 2;
    case 'tseries':
      return type.slots;
  }
}

/** Where a bucket's u64 index stands in a BPF key, after the script's key. */
export function bucketOffset(key: Type | undefined, structs: StructTable): number {
  return key === undefined ? 0 : alignUp(sizeOf(key, structs), 8);
}

/** Bytes of a BPF key. A scalar map kept in a hash has the key u64 0. */
function keySizeOf({ key, value }: TypedMap, structs: StructTable): number {
  if (isBucketed(value)) return bucketOffset(key, structs) + 8;
  return key === undefined ? 8 : sizeOf(key, structs);
}

/** How a script uses its maps. */
export interface MapUses {
  /** Maps whose own address it takes: those are BPF maps whatever they hold. */
  readonly addressTaken: ReadonlySet<MapIndex>;
  /** Slots of the maps that get a table, from `denseSlots`. */
  readonly dense: ReadonlyMap<MapIndex, number>;
  /** The most keys of a map, from `keyCounts`. */
  readonly keys: ReadonlyMap<MapIndex, number>;
}

/** Chooses how each map is kept, from what it holds and how it is used; see `MapStorage`. What a script can see does not depend on it. */
export function planStorage(
  maps: readonly TypedMap[],
  { addressTaken, dense, keys }: MapUses,
  table: MapTable,
  target: Target,
  structs: StructTable,
): readonly ScriptMap[] {
  const direct = target.has('global-data');
  // Rows are laid out before the first slot.
  const inRow = maps.map((map, index) =>
    direct && map.key === undefined && wholeAggregates.has(map.value.kind) && !addressTaken.has(index)
      ? table.allocateInRow(sizeOf(map.value, structs) + 8)
      : undefined,
  );
  return maps.map((map, index): ScriptMap => {
    const rowOffset = inRow[index];
    const slots = dense.get(index);
    const entries = entriesOf(map, keys.get(index) ?? Number.POSITIVE_INFINITY, target);
    const isSlot = direct && map.key === undefined && isScalar(map.value) && !addressTaken.has(index);
    const storage: MapStorage =
      rowOffset !== undefined
        ? {
            kind: 'per-cpu-slot',
            map: table.globals,
            offset: rowOffset,
            stride: table.rowStride,
            presence: sizeOf(map.value, structs),
          }
        : isSlot
          ? slotStorage(map, table, structs)
          : slots !== undefined && direct
            ? denseStorage(map, slots, entries, table, structs)
            : hashStorage(map, entries, table, structs);
    return { name: map.name, key: map.key, value: map.value, storage, maxEntries: map.maxEntries };
  });
}

function slotStorage(map: TypedMap, table: MapTable, structs: StructTable): MapStorage {
  const size = sizeOf(map.value, structs);
  const offset = table.allocateSlot(16, 8);
  return { kind: 'slot', map: table.globals, offset, presence: offset + Math.max(8, size) };
}

/** A table for the small keys, and a hash as for any map. */
function denseStorage(
  map: TypedMap,
  slots: number,
  entries: number,
  table: MapTable,
  structs: StructTable,
): MapStorage {
  const stride = sizeOf(map.value, structs);
  const { map: hash } = hashStorage(map, entries, table, structs);
  return {
    kind: 'dense',
    map: table.globals,
    offset: table.allocateSlot(slots * stride, 8),
    stride,
    slots,
    presence: table.allocateSlot(slots, 8),
    hash,
  };
}

/**
 * Entries of the hash of a map.
 *
 * One of few keys has twice as many as it needs, and one for each CPU: an entry that a prog deletes is nobody's until that CPU has put it into its
 * list, and meanwhile the same key may be put in again. Source: kernel/bpf/hashtab.c, htab_map_delete_elem; kernel/bpf/percpu_freelist.c.
 */
function entriesOf(map: TypedMap, keys: number, { possibleCpus }: Target): number {
  const buckets = isBucketed(map.value) ? bucketCount(map.value) : 1;
  if (map.key === undefined) return Math.max(map.maxEntries, buckets);
  if (map.declared !== undefined) return map.maxEntries;
  const needed = Math.max(LEAST_ENTRIES, 2 * keys * buckets + possibleCpus);
  return Math.min(map.maxEntries, 2 ** Math.ceil(Math.log2(needed)));
}

function hashStorage(map: TypedMap, entries: number, table: MapTable, structs: StructTable): MapStorage {
  const perCpu = isAggregate(map.value);
  const type =
    declaredTypes[map.declared ?? ''] ?? (perCpu ? 'BPF_MAP_TYPE_PERCPU_HASH' : 'BPF_MAP_TYPE_HASH');
  const index = table.add({
    name: kernelName(map.name),
    type,
    keySize: keySizeOf(map, structs),
    valueSize: sizeOf(map.value, structs),
    maxEntries: entries,
    flags: 0,
    role: 'script',
  });
  return { kind: 'hash', map: index, perCpu };
}

/** Object names hold letters, digits, `_` and `.`; the kernel sees 15 of them. Source: kernel/bpf/syscall.c, bpf_obj_name_cpy. */
function kernelName(name: string): string {
  return `AT_${name.slice(1)}`.replace(/[^\w.]/g, '_').slice(0, 15);
}
