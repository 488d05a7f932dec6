/** A map's contents at one moment, decoded, combined over the CPUs, and in printing order. */

import { asI64, asU64, binaryString } from '../base/index.ts';
import type { PrintOrder, ScriptMap } from '../program/index.ts';
import { type AggregateType, type IntType, isAggregate, sizeOf } from '../types/index.ts';
import { bucketCount, combineAggregate, combineSeriesSlot, type SimpleAggregate } from './aggregates.ts';
import { type DecodeContext, type Decoder, decoderOf } from './decode.ts';
import { linearBuckets, log2Buckets } from './histogram.ts';
import { readInteger } from './integers.ts';
import { type KeyComparator, keyComparator } from './key-order.ts';
import { type MapStore, readStoredValues, type StoredValue } from './script-map.ts';
import type { SeriesPoint, Value } from './value.ts';

type HistogramType = Extract<AggregateType, { readonly kind: 'hist' | 'lhist' }>;
type SeriesType = Extract<AggregateType, { readonly kind: 'tseries' }>;

export type MapSnapshot =
  /** `present`: it was written. If not, `value` is the type's zero value; hist, lhist and tseries have none. */
  | { readonly kind: 'scalar'; readonly present: boolean; readonly value: Value | undefined }
  | { readonly kind: 'keyed'; readonly rows: readonly MapRow[] };

export interface MapRow {
  readonly key: Value;
  readonly value: Value;
}

export interface SnapshotOptions {
  /** Only so many entries, the last (largest) unless there is an order; 0: all. Time series are never left out. */
  readonly top?: number;
  /** Divides numbers, averages, and the counts of hist(); 0: as 1. */
  readonly div?: number;
  /** Not by value: the first `top` entries in this order. */
  readonly order?: PrintOrder;
  /** Digits behind the point of averages; 0: whole numbers, as bpftrace has them. */
  readonly decimals?: number;
}

/** One key's value before it is placed. `order` is what values are sorted by, where they are. */
interface Entry {
  readonly key: Uint8Array;
  readonly value: Value;
  readonly order: bigint | undefined;
}

/** @throws DecodeError when the BPF map does not hold what the program says. */
export function snapshotMap(
  map: ScriptMap,
  store: MapStore,
  decode: DecodeContext,
  options: SnapshotOptions = {},
): MapSnapshot {
  const div = BigInt(options.div || 1);
  const stored = readStoredValues(map, store);
  const entries = entriesOf(map, stored, decode, div, options.decimals ?? 0);
  if (!map.key) {
    const [entry] = entries;
    if (entry) return { kind: 'scalar', present: true, value: entry.value };
    return { kind: 'scalar', present: false, value: zeroValue(map, decode) };
  }
  const sorted = sortEntries(entries, keyComparator(map.key, decode.table), options.order);
  const { top } = options;
  const shown =
    !top || map.value.kind === 'tseries'
      ? sorted
      : options.order === undefined
        ? sorted.slice(-top)
        : sorted.slice(0, top);
  const decodeKey = decoderOf(map.key, decode);
  return { kind: 'keyed', rows: shown.map(({ key, value }) => ({ key: decodeKey(key, 0), value })) };
}

function entriesOf(
  map: ScriptMap,
  stored: readonly StoredValue[],
  decode: DecodeContext,
  div: bigint,
  decimals: number,
): Entry[] {
  const type = map.value;
  if (!isAggregate(type)) {
    const decodeValue = decoderOf(type, decode);
    return stored.map(({ key, cpus }) => ({ key, ...plainValue(map, decodeValue, cpus, div) }));
  }
  switch (type.kind) {
    case 'hist':
    case 'lhist':
      return groupByKey(stored).map((parts) => histogramEntry(type, parts, div));
    case 'tseries':
      return seriesEntries(type, groupByKey(stored));
    default: {
      const simple: SimpleAggregate = type;
      return stored.map(({ key, cpus }) => ({ key, ...combineAggregate(simple, cpus, div, decimals) }));
    }
  }
}

/** An integer that a script keeps in a per-CPU map is the sum over the CPUs; of anything else the first CPU's is shown. */
function plainValue(
  map: ScriptMap,
  decodeValue: Decoder,
  cpus: readonly Uint8Array[],
  div: bigint,
): { readonly value: Value; readonly order: bigint | undefined } {
  const type = map.value;
  if (type.kind === 'int') {
    const sum = sumOf(type, cpus);
    return { value: { kind: 'int', value: sum / div }, order: sum };
  }
  const value = decodeValue(cpus[0]!, 0);
  return { value, order: value.kind === 'enum' ? value.value : undefined };
}

function sumOf(type: IntType, cpus: readonly Uint8Array[]): bigint {
  const sum = cpus.reduce((total, bytes) => total + readInteger(bytes, 0, type.size, type.signed), 0n);
  return type.signed ? asI64(sum) : asU64(sum);
}

function histogramEntry(type: HistogramType, parts: readonly StoredValue[], div: bigint): Entry {
  const counts = new Map(parts.map(({ part, cpus }) => [Number(part), bucketCount(cpus)]));
  const buckets = type.kind === 'hist' ? log2Buckets(counts, type.bits, div) : linearBuckets(counts, type);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0n);
  return { key: parts[0]!.key, value: { kind: 'histogram', buckets }, order: total };
}

/** All keys show the same stretch of time: the last `slots` intervals up to the newest that any key has. */
function seriesEntries(type: SeriesType, groups: readonly (readonly StoredValue[])[]): Entry[] {
  const series = groups.map((parts) => ({
    key: parts[0]!.key,
    values: new Map(
      parts.flatMap(({ cpus }) => {
        const slot = combineSeriesSlot(type.aggregate, type.signed, cpus);
        return slot ? [[slot.epoch, slot.value] as const] : [];
      }),
    ),
  }));
  const newest = series.flatMap(({ values }) => [...values.keys()]).reduce((a, b) => (b > a ? b : a), 0n);
  const oldest = newest - BigInt(type.slots) + 1n;
  return series.map(({ key, values }) => ({
    key,
    value: {
      kind: 'series',
      signed: type.signed,
      // After zero() all slots are in interval 0, and hold nothing.
      points: newest === 0n ? [] : seriesPoints(values, oldest, newest, type.intervalNs),
    },
    order: undefined,
  }));
}

/** From the first interval that has a value on. */
function seriesPoints(
  values: ReadonlyMap<bigint, bigint>,
  oldest: bigint,
  newest: bigint,
  intervalNs: bigint,
): SeriesPoint[] {
  const first = [...values.keys()]
    .filter((epoch) => epoch >= oldest)
    .reduce((a, b) => (b < a ? b : a), newest + 1n);
  const points: SeriesPoint[] = [];
  for (let epoch = first; epoch <= newest; epoch++) {
    const value = values.get(epoch);
    const unixNs = epoch * intervalNs;
    points.push(value === undefined ? { unixNs } : { unixNs, value });
  }
  return points;
}

function groupByKey(stored: readonly StoredValue[]): StoredValue[][] {
  const groups = new Map<string, StoredValue[]>();
  for (const value of stored) {
    const name = binaryString(value.key, 0, value.key.length);
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  }
  return [...groups.values()];
}

function sortEntries(
  entries: readonly Entry[],
  compareKeys: KeyComparator,
  order: PrintOrder = 'value',
): Entry[] {
  const sign = order.endsWith('desc') ? -1 : 1;
  if (order.startsWith('key')) return entries.toSorted((a, b) => sign * compareKeys(a.key, b.key));
  return entries.toSorted((a, b) => sign * compareValues(a, b, compareKeys));
}

function compareValues(a: Entry, b: Entry, compareKeys: KeyComparator): number {
  if (a.order !== undefined && b.order !== undefined && a.order !== b.order)
    return a.order < b.order ? -1 : 1;
  return compareKeys(a.key, b.key);
}

function zeroValue(map: ScriptMap, decode: DecodeContext): Value | undefined {
  const type = map.value;
  if (type.kind === 'hist' || type.kind === 'lhist' || type.kind === 'tseries') return undefined;
  return decoderOf(type, decode)(new Uint8Array(sizeOf(type, decode.table)), 0);
}
