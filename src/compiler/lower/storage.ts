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

/**
 * Chooses how each map is kept, from what it holds and how it is used; see `MapStorage`. What a script can see does not depend on it.
 *
 * @param dense slots of the maps that get a table, from `denseSlots`.
 * @param addressTaken maps whose own address the script takes: those are BPF maps whatever they hold.
 */
export function planStorage(
  maps: readonly TypedMap[],
  addressTaken: ReadonlySet<MapIndex>,
  dense: ReadonlyMap<MapIndex, number>,
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
            ? denseStorage(map, slots, table, structs)
            : hashStorage(map, table, structs);
    return { name: map.name, key: map.key, value: map.value, storage, maxEntries: map.maxEntries };
  });
}

function slotStorage(map: TypedMap, table: MapTable, structs: StructTable): MapStorage {
  const size = sizeOf(map.value, structs);
  const offset = table.allocateSlot(16, 8);
  return { kind: 'slot', map: table.globals, offset, presence: offset + Math.max(8, size) };
}

/** A table for the small keys, and a hash as for any map. */
function denseStorage(map: TypedMap, slots: number, table: MapTable, structs: StructTable): MapStorage {
  const stride = sizeOf(map.value, structs);
  const { map: hash } = hashStorage(map, table, structs);
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

function hashStorage(map: TypedMap, table: MapTable, structs: StructTable): MapStorage {
  const perCpu = isAggregate(map.value);
  const type =
    declaredTypes[map.declared ?? ''] ?? (perCpu ? 'BPF_MAP_TYPE_PERCPU_HASH' : 'BPF_MAP_TYPE_HASH');
  const index = table.add({
    name: kernelName(map.name),
    type,
    keySize: keySizeOf(map, structs),
    valueSize: sizeOf(map.value, structs),
    maxEntries:
      map.key === undefined
        ? Math.max(map.maxEntries, isBucketed(map.value) ? bucketCount(map.value) : 1)
        : map.maxEntries,
    flags: 0,
    role: 'script',
  });
  return { kind: 'hash', map: index, perCpu };
}

/** Object names hold letters, digits, `_` and `.`; the kernel sees 15 of them. Source: kernel/bpf/syscall.c, bpf_obj_name_cpy. */
function kernelName(name: string): string {
  return `AT_${name.slice(1)}`.replace(/[^\w.]/g, '_').slice(0, 15);
}
