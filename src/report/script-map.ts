/**
 * A script's map as its BPF map holds it: presence, the rows of the CPUs, keys with a bucket behind them (`MapStorage`).
 *
 * Reads give bytes by script key; what they mean is map-snapshot.ts's business. Clearing and zeroing go the same ways backwards.
 */

import { alignUp, unreachable } from '../base/index.ts';
import type { MapAccess, MapEntry, MapStorage, ScriptMap } from '../program/index.ts';
import { type StructTable, sizeOf } from '../types/index.ts';
import { DecodeError } from './decode-error.ts';
import { readU64 } from './integers.ts';

type PerCpuSlot = Extract<MapStorage, { readonly kind: 'per-cpu-slot' }>;
type Dense = Extract<MapStorage, { readonly kind: 'dense' }>;

/** One value: its bytes on each CPU that has one (a single one for what is not per CPU). */
export interface StoredValue {
  /** The script key's bytes; empty for a scalar map. */
  readonly key: Uint8Array;
  /** hist and lhist: the bucket; tseries: the slot. 0 for all others. */
  readonly part: bigint;
  readonly cpus: readonly Uint8Array[];
}

/** What finding a map's bytes takes. */
export interface MapStore {
  readonly access: MapAccess;
  readonly table: StructTable;
  /** Rows of a per-CPU slot: the number of possible CPUs the program was compiled for. */
  readonly possibleCpus: number;
}

/** Everything that was written to a map and not deleted, in no particular order. @throws DecodeError when bytes are missing. */
export function readStoredValues(map: ScriptMap, store: MapStore): StoredValue[] {
  const { storage } = map;
  const valueSize = sizeOf(map.value, store.table);
  const noKey = new Uint8Array(0);
  switch (storage.kind) {
    case 'slot': {
      const array = store.access.readArray(storage.map);
      checkBytes(map, array, storage.offset + valueSize);
      checkBytes(map, array, storage.presence + 1);
      if (array[storage.presence] === 0) return [];
      return [{ key: noKey, part: 0n, cpus: [array.subarray(storage.offset, storage.offset + valueSize)] }];
    }
    case 'per-cpu-slot': {
      const array = store.access.readArray(storage.map);
      const cpus: Uint8Array[] = [];
      for (const start of rowStarts(storage, store.possibleCpus)) {
        checkBytes(map, array, start + Math.max(valueSize, storage.presence + 1));
        if (array[start + storage.presence] !== 0) cpus.push(array.subarray(start, start + valueSize));
      }
      return cpus.length === 0 ? [] : [{ key: noKey, part: 0n, cpus }];
    }
    case 'dense':
      return [...readTable(map, storage, store), ...readOverflow(map, storage, store)];
    case 'hash': {
      const keySize = map.key ? sizeOf(map.key, store.table) : 0;
      const partAt = hasParts(map) ? alignUp(keySize, 8) : undefined;
      return store.access.entries(storage.map).map((entry) => {
        checkEntry(map, entry, partAt === undefined ? keySize : partAt + 8, valueSize);
        return {
          key: entry.key.subarray(0, keySize),
          part: partAt === undefined ? 0n : readU64(entry.key, partAt),
          cpus: entry.values,
        };
      });
    }
    default:
      return unreachable(storage);
  }
}

/** Deletes all keys; a scalar map is as if never written. */
export function clearMap(map: ScriptMap, store: MapStore): void {
  const { storage } = map;
  switch (storage.kind) {
    case 'slot':
      zeroSlot(storage.map, storage.offset, map, store);
      store.access.writeArray(storage.map, storage.presence, new Uint8Array(1));
      break;
    case 'per-cpu-slot':
      for (const start of rowStarts(storage, store.possibleCpus)) {
        zeroSlot(storage.map, start, map, store);
        store.access.writeArray(storage.map, start + storage.presence, new Uint8Array(1));
      }
      break;
    case 'dense':
      clearTable(storage, store);
      store.access.writeArray(storage.map, storage.presence, new Uint8Array(storage.slots));
      for (const { key } of store.access.entries(storage.hash)) store.access.delete(storage.hash, key);
      break;
    case 'hash':
      for (const { key } of store.access.entries(storage.map)) store.access.delete(storage.map, key);
      break;
    default:
      unreachable(storage);
  }
}

/** Sets all values to zero and keeps the keys; a scalar map that was never written stays so. */
export function zeroMap(map: ScriptMap, store: MapStore): void {
  const { storage } = map;
  switch (storage.kind) {
    case 'slot':
      zeroSlot(storage.map, storage.offset, map, store);
      break;
    case 'per-cpu-slot':
      for (const start of rowStarts(storage, store.possibleCpus)) zeroSlot(storage.map, start, map, store);
      break;
    case 'dense':
      clearTable(storage, store);
      zeroEntries(storage.hash, store);
      break;
    case 'hash':
      zeroEntries(storage.map, store);
      break;
    default:
      unreachable(storage);
  }
}

function zeroEntries(bpfMap: number, { access }: MapStore): void {
  for (const { key, values } of access.entries(bpfMap)) {
    access.update(
      bpfMap,
      key,
      values.map((value) => new Uint8Array(value.length)),
    );
  }
}

/** The keys of the table that were written. */
function readTable(map: ScriptMap, storage: Dense, store: MapStore): StoredValue[] {
  const array = store.access.readArray(storage.map);
  checkBytes(map, array, storage.offset + storage.slots * storage.stride);
  checkBytes(map, array, storage.presence + storage.slots);
  const keySize = map.key ? sizeOf(map.key, store.table) : 0;
  const values: StoredValue[] = [];
  for (let slot = 0; slot < storage.slots; slot++) {
    if (array[storage.presence + slot] === 0) continue;
    const start = storage.offset + slot * storage.stride;
    const key = new Uint8Array(keySize);
    for (let i = 0, rest = slot; i < keySize; i++, rest = Math.floor(rest / 256)) key[i] = rest % 256;
    values.push({ key, part: 0n, cpus: [array.subarray(start, start + sizeOf(map.value, store.table))] });
  }
  return values;
}

/** The keys that are not in the table. */
function readOverflow(map: ScriptMap, storage: Dense, store: MapStore): StoredValue[] {
  return store.access.entries(storage.hash).map((entry) => {
    const keySize = map.key ? sizeOf(map.key, store.table) : 0;
    checkEntry(map, entry, keySize, sizeOf(map.value, store.table));
    return { key: entry.key, part: 0n, cpus: entry.values };
  });
}

function clearTable(storage: Dense, store: MapStore): void {
  store.access.writeArray(storage.map, storage.offset, new Uint8Array(storage.slots * storage.stride));
}

function zeroSlot(bpfMap: number, offset: number, map: ScriptMap, store: MapStore): void {
  store.access.writeArray(bpfMap, offset, new Uint8Array(sizeOf(map.value, store.table)));
}

/** The value's kinds that are spread over several keys of the BPF map. */
function hasParts(map: ScriptMap): boolean {
  return map.value.kind === 'hist' || map.value.kind === 'lhist' || map.value.kind === 'tseries';
}

function rowStarts(storage: PerCpuSlot, possibleCpus: number): number[] {
  return Array.from({ length: possibleCpus }, (_unused, cpu) => storage.offset + cpu * storage.stride);
}

function checkBytes(map: ScriptMap, bytes: Uint8Array, needed: number): void {
  if (bytes.length >= needed) return;
  throw new DecodeError(`map ${map.name} needs ${needed} bytes of its array, which has ${bytes.length}`);
}

function checkEntry(map: ScriptMap, entry: MapEntry, keySize: number, valueSize: number): void {
  const shortest = entry.values.reduce(
    (least, value) => Math.min(least, value.length),
    Number.POSITIVE_INFINITY,
  );
  if (entry.key.length >= keySize && shortest >= valueSize && entry.values.length > 0) return;
  throw new DecodeError(
    `map ${map.name} has keys of ${keySize} and values of ${valueSize} bytes, but an entry has ` +
      `${entry.key.length} and ${entry.values.length === 0 ? 'none' : shortest}`,
  );
}
