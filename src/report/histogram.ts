/**
 * Histograms: which values a bucket covers, and how buckets are drawn.
 *
 * hist(n, k) cuts every power of two into N = 2^k buckets. Bucket 0 counts negative values; bucket i >= 1 covers
 * [bound(i-1), bound(i)):
 *
 *     k = 0:   i       0     1   2   3      4      5
 *              covers  < 0   0   1   [2,4)  [4,8)  [8,16)  …
 *
 *     bound(i) = i                              for i <= 2N
 *              = (N + i mod N) << (i/N - 1)     above
 *
 * lhist(n, min, max, step) counts values below min in bucket 0, then one bucket per step, and those from max on in the last.
 */

import type { Bound, Bucket } from './value.ts';

const BAR_WIDTH = 52;
const HEADER_WIDTH = 16;
const COUNT_WIDTH = 8;
const suffixes = ['', 'K', 'M', 'G', 'T', 'P', 'E'];
const KILO = 1024n;
const MEGA = 1024n * 1024n;

/** Counts by bucket index, as they stand in the map. */
export type BucketCounts = ReadonlyMap<number, bigint>;

/** Buckets of `hist()` from the first to the last that is not zero; counts are divided by `div`. */
export function log2Buckets(counts: BucketCounts, bits: number, div = 1n): Bucket[] {
  const range = nonZeroRange(counts);
  if (!range) return [];
  const buckets: Bucket[] = [];
  for (let index = range.first; index <= range.last; index++) {
    const count = (counts.get(index) ?? 0n) / div;
    const high = log2Bound(index, bits);
    buckets.push(index === 0 ? { high, count } : { low: log2Bound(index - 1, bits), high, count });
  }
  return buckets;
}

/** Buckets of `lhist()` from the first to the last that is not zero. */
export function linearBuckets(
  counts: BucketCounts,
  shape: { readonly min: bigint; readonly max: bigint; readonly step: bigint },
): Bucket[] {
  const range = nonZeroRange(counts);
  if (!range) return [];
  const { min, max, step } = shape;
  const bound = (index: number): bigint => min + BigInt(index) * step;
  const buckets: Bucket[] = [];
  for (let index = range.first; index <= range.last; index++) {
    const low = index === 0 ? {} : { low: linearBound(bound(index - 1), step) };
    const high = bound(index) <= max ? { high: linearBound(bound(index), step) } : {};
    buckets.push({ ...low, ...high, count: counts.get(index) ?? 0n });
  }
  return buckets;
}

/** Where bucket `index` of `hist()` with 2^bits buckets for each power of two ends, and the next begins. */
export function log2Bound(index: number, bits: number): Bound {
  const perPower = 2 ** bits;
  if (index <= 2 * perPower) return plainBound(BigInt(index));
  const power = (index >> bits) - 1;
  const mantissa = BigInt(perPower + (index & (perPower - 1)));
  const label = String(mantissa << BigInt(power % 10)) + (suffixes[Math.floor(power / 10)] ?? '');
  return { value: mantissa << BigInt(power), label };
}

/** The bucket that hist() counts a value in: the inverse of `log2Bound`. The value is taken as signed 64-bit. */
export function log2BucketOf(value: bigint, bits: number): number {
  if (value < 0n) return 0;
  const perPower = 1n << BigInt(bits);
  if (value < perPower) return Number(value) + 1;
  const top = value.toString(2).length - 1;
  const within = (value >> BigInt(top - bits)) & (perPower - 1n);
  return ((top - bits + 1) << bits) + Number(within) + 1;
}

function plainBound(value: bigint): Bound {
  return { value, label: String(value) };
}

/** Bounds are multiples of K or M where the step is one of K; else plain. */
function linearBound(value: bigint, step: bigint): Bound {
  if (step % KILO !== 0n || value === 0n) return plainBound(value);
  if (value % MEGA === 0n) return { value, label: `${value / MEGA}M` };
  if (value % KILO === 0n) return { value, label: `${value / KILO}K` };
  return plainBound(value);
}

function nonZeroRange(counts: BucketCounts): { readonly first: number; readonly last: number } | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  for (const [index, count] of counts) {
    if (count === 0n) continue;
    first = Math.min(first, index);
    last = Math.max(last, index);
  }
  return last < 0 ? undefined : { first, last };
}

/** One line for each bucket: range, count, bar. */
export function histogramText(buckets: readonly Bucket[]): string {
  const greatest = buckets.reduce((most, bucket) => (bucket.count > most ? bucket.count : most), 0n);
  return buckets
    .map((bucket) => {
      const bar = '@'.repeat(barLength(bucket.count, greatest)).padEnd(BAR_WIDTH);
      return `${rangeText(bucket).padEnd(HEADER_WIDTH)}${String(bucket.count).padStart(COUNT_WIDTH)} |${bar}|\n`;
    })
    .join('');
}

function rangeText({ low, high }: Bucket): string {
  if (!low) return `(..., ${high?.label ?? '...'})`;
  if (!high) return `[${low.label}, ...)`;
  return isSingle(low, high) ? `[${low.label}]` : `[${low.label}, ${high.label})`;
}

/** Whether a bucket holds one number; bounds with a suffix are never shown as one. */
function isSingle(low: Bound, high: Bound): boolean {
  return high.value - low.value === 1n && isPlain(low) && isPlain(high);
}

function isPlain(bound: Bound): boolean {
  return bound.label === String(bound.value);
}

/** In single precision, so that bars are as long as they always were. */
function barLength(count: bigint, greatest: bigint): number {
  if (greatest === 0n) return 0;
  const share = Math.fround(Math.fround(Number(count)) / Math.fround(Number(greatest)));
  return Math.trunc(Math.fround(share * BAR_WIDTH));
}
