/**
 * What the CPUs counted, put together.
 *
 * Layout of one CPU's value, all fields 8 bytes:
 *
 *     count, sum, hist, lhist   value
 *     min, max                  value, set (0: this CPU has seen nothing)
 *     avg, stats                total, count
 *     tseries                   value, weight, epoch (0: never used)
 *
 * A tseries slot's `weight` is the number of samples summed up in `value` for "avg", and when the value was taken (ns) for a
 * series that keeps the newest.
 */

import { asI64, asU64, unreachable } from '../base/index.ts';
import type { AggregateType, SeriesAggregate } from '../types/index.ts';
import { decimalQuotient } from './decimal.ts';
import { readI64, readU64 } from './integers.ts';
import type { Value } from './value.ts';

/** Aggregates that are one value per key; the others are spread over the keys of their map. */
export type SimpleAggregate = Extract<
  AggregateType,
  { readonly kind: 'count' | 'sum' | 'min' | 'max' | 'avg' | 'stats' }
>;

export interface Combined {
  readonly value: Value;
  /** What entries are ordered by: the value before it was divided; min and max as unsigned. */
  readonly order: bigint;
}

/**
 * @param cpus each CPU's value, of at least the size of the type; empty: nothing was ever recorded.
 * @param decimals digits behind the point of averages; 0: whole numbers.
 * @param div divides the value (for stats the average); a positive number.
 */
export function combineAggregate(
  type: SimpleAggregate,
  cpus: readonly Uint8Array[],
  div = 1n,
  decimals = 0,
): Combined {
  switch (type.kind) {
    case 'count':
      return intOf(sumOf(cpus, 0, false), div);
    case 'sum':
      return intOf(sumOf(cpus, 0, type.signed), div);
    case 'min':
    case 'max': {
      const extreme = extremeOf(cpus, type.kind, type.signed);
      return { value: { kind: 'int', value: extreme / div }, order: asU64(extreme) };
    }
    case 'avg':
    case 'stats': {
      const total = sumOf(cpus, 0, type.signed);
      const count = sumOf(cpus, 8, false);
      const undivided = count === 0n ? 0n : total / count;
      const average = undivided / div;
      const exact =
        decimals === 0 || count === 0n ? undefined : decimalQuotient(total, count * div, decimals);
      return { value: averageValue(type.kind, { count, average, total, exact }), order: undivided };
    }
    default:
      return unreachable(type);
  }
}

function averageValue(
  kind: 'avg' | 'stats',
  parts: {
    readonly count: bigint;
    readonly average: bigint;
    readonly total: bigint;
    readonly exact: string | undefined;
  },
): Value {
  const { exact, ...stats } = parts;
  if (kind === 'stats') return { kind: 'stats', ...stats, ...(exact === undefined ? {} : { exact }) };
  return exact === undefined ? { kind: 'int', value: stats.average } : { kind: 'decimal', text: exact };
}

/** The sum of a histogram bucket over the CPUs. */
export function bucketCount(cpus: readonly Uint8Array[]): bigint {
  return sumOf(cpus, 0, false);
}

/**
 * The newest interval that any CPU has in a slot, and its value.
 *
 * A CPU that never used the slot has interval 0 there, the first of 1970. Only a script whose clock is a map gets to that one itself; it
 * shows 0, as upstream does.
 */
export function combineSeriesSlot(
  aggregate: SeriesAggregate | undefined,
  signed: boolean,
  cpus: readonly Uint8Array[],
): { readonly epoch: bigint; readonly value: bigint } | undefined {
  if (cpus.length === 0) return undefined;
  let newest: { epoch: bigint; value: bigint; weight: bigint } | undefined;
  for (const bytes of cpus) {
    const epoch = readU64(bytes, 16);
    if (epoch === 0n || (newest && epoch < newest.epoch)) continue;
    const value = readWord(bytes, 0, signed);
    const weight = readU64(bytes, 8);
    if (!newest || epoch > newest.epoch) newest = { epoch, value, weight };
    else newest = { epoch, ...mergeSamples(aggregate, newest, { value, weight }) };
  }
  if (!newest) return { epoch: 0n, value: 0n };
  const { epoch, value, weight } = newest;
  if (aggregate === 'avg') return { epoch, value: weight === 0n ? 0n : wrap(value, signed) / weight };
  return { epoch, value: wrap(value, signed) };
}

interface Sample {
  readonly value: bigint;
  readonly weight: bigint;
}

function mergeSamples(aggregate: SeriesAggregate | undefined, a: Sample, b: Sample): Sample {
  switch (aggregate) {
    case undefined:
      return b.weight > a.weight ? b : a;
    case 'avg':
    case 'sum':
      return { value: a.value + b.value, weight: a.weight + b.weight };
    case 'min':
      return b.value < a.value ? b : a;
    case 'max':
      return b.value > a.value ? b : a;
    default:
      return unreachable(aggregate);
  }
}

function sumOf(cpus: readonly Uint8Array[], offset: number, signed: boolean): bigint {
  let sum = 0n;
  for (const bytes of cpus) sum += readU64(bytes, offset);
  return wrap(sum, signed);
}

/** 0 when no CPU has a value. */
function extremeOf(cpus: readonly Uint8Array[], kind: 'min' | 'max', signed: boolean): bigint {
  let extreme: bigint | undefined;
  for (const bytes of cpus) {
    if (readU64(bytes, 8) === 0n) continue;
    const value = readWord(bytes, 0, signed);
    if (extreme === undefined || (kind === 'max' ? value > extreme : value < extreme)) extreme = value;
  }
  return extreme ?? 0n;
}

function intOf(value: bigint, div: bigint): Combined {
  return { value: { kind: 'int', value: value / div }, order: value };
}

function readWord(bytes: Uint8Array, offset: number, signed: boolean): bigint {
  return signed ? readI64(bytes, offset) : readU64(bytes, offset);
}

function wrap(value: bigint, signed: boolean): bigint {
  return signed ? asI64(value) : asU64(value);
}
