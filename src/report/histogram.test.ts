import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { histogramText, linearBuckets, log2Bound, log2BucketOf, log2Buckets } from './histogram.ts';

const u63 = fc.bigInt(0n, (1n << 63n) - 1n);
const bits = fc.integer({ min: 0, max: 5 });

test('a value lies between the bounds of its bucket', () => {
  fc.assert(
    fc.property(u63, bits, (value, k) => {
      const bucket = log2BucketOf(value, k);
      assert.ok(log2Bound(bucket - 1, k).value <= value);
      assert.ok(value < log2Bound(bucket, k).value);
    }),
    { seed: 11 },
  );
});

test('bounds grow, and labels say what they are', () => {
  const factors = ['', 'K', 'M', 'G', 'T', 'P', 'E'];
  for (let k = 0; k <= 5; k++) {
    let before = -1n;
    for (let index = 0; index <= (64 << k) - 1; index++) {
      const { value, label } = log2Bound(index, k);
      assert.ok(value > before);
      before = value;
      const [, digits = '', suffix = ''] = /^(\d+)([KMGTPE]?)$/.exec(label) ?? [];
      assert.equal(BigInt(digits) << BigInt(10 * factors.indexOf(suffix)), value);
    }
  }
});

test('negative values have bucket 0', () => {
  assert.equal(log2BucketOf(-1n, 0), 0);
  assert.deepEqual(log2Buckets(new Map([[0, 2n]]), 0), [{ high: { value: 0n, label: '0' }, count: 2n }]);
});

const labels: readonly (readonly [index: number, bits: number, text: string])[] = [
  [1, 0, '[0]'],
  [2, 0, '[1]'],
  [9, 0, '[128, 256)'],
  [10, 0, '[256, 512)'],
  [11, 0, '[512, 1K)'],
  [12, 0, '[1K, 2K)'],
  [21, 0, '[512K, 1M)'],
  [22, 0, '[1M, 2M)'],
  [32, 0, '[1G, 2G)'],
  [33, 0, '[2G, 4G)'],
  [64, 0, '[4E, 8E)'],
  [8, 2, '[7]'],
  [9, 2, '[8, 10)'],
];

for (const [index, k, text] of labels) {
  test(`bucket ${index} of 2^${k} for each power: ${text}`, () => {
    const shown = histogramText(log2Buckets(new Map([[index, 1n]]), k));
    assert.equal(shown, `${text.padEnd(16)}       1 |${'@'.repeat(52)}|\n`);
  });
}

function linearLabels(min: bigint, max: bigint, step: bigint, ...indexes: number[]): string[] {
  const buckets = linearBuckets(new Map(indexes.map((index) => [index, 1n])), { min, max, step });
  return histogramText(buckets)
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(0, 16).trimEnd());
}

test('linear bounds', () => {
  assert.deepEqual(linearLabels(0n, 3n, 1n, 0, 1, 2, 3, 4), ['(..., 0)', '[0]', '[1]', '[2]', '[3, ...)']);
  assert.deepEqual(linearLabels(0n, 5n, 2n, 2, 3), ['[2, 4)', '[4, ...)']);
  assert.deepEqual(linearLabels(0n, 2097152n, 1048576n, 1, 2, 3), ['[0, 1M)', '[1M, 2M)', '[2M, ...)']);
  assert.deepEqual(linearLabels(1n, 4097n, 2048n, 1, 2), ['[1, 2049)', '[2049, 4097)']);
  assert.deepEqual(linearLabels(0n, 4096n, 2048n, 1, 2, 3), ['[0, 2K)', '[2K, 4K)', '[4K, ...)']);
});

test('bars are cut, not rounded, and div divides counts', () => {
  const counts = new Map([
    [1, 100n],
    [2, 51n],
    [3, 1n],
  ]);
  const bars = (div: bigint) =>
    histogramText(log2Buckets(counts, 0, div))
      .split('\n')
      .map((line) => line.split('@').length - 1);
  assert.deepEqual(bars(1n), [52, 26, 0, 0]);
  assert.deepEqual(bars(1000n), [0, 0, 0, 0]);
  assert.match(histogramText(log2Buckets(counts, 0, 10n)), /^\[0\] +10 \|/);
});

test('a histogram of nothing has no line', () => {
  assert.equal(histogramText(log2Buckets(new Map([[4, 0n]]), 0)), '');
  assert.equal(histogramText(linearBuckets(new Map(), { min: 0n, max: 1n, step: 1n })), '');
});

test('wide ranges push the count', () => {
  const [line] = histogramText(
    linearBuckets(new Map([[3, 1n]]), { min: 1000000n, max: 9000000n, step: 1000001n }),
  ).split('\n');
  assert.equal(line?.startsWith('[3000002, 4000003)       1 |'), true);
});
