import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReportRun, type WrittenEntry } from '../../tests/support/report-run.ts';
import type { Type } from '../types/index.ts';

const SECOND = 1_000_000_000n;
/** 12:00:00 UTC on some day, in seconds. */
const noon = 1_795_348_800n;

function series(
  intervalNs: bigint,
  slots: number,
  more: Partial<Extract<Type, { kind: 'tseries' }>> = {},
): Type {
  return { kind: 'tseries', intervalNs, slots, signed: false, ...more };
}

/** `[part, value, weight, epoch]` of one CPU each. */
function points(...list: readonly (readonly [number, number, number, bigint])[]): WrittenEntry[] {
  return list.map(([part, value, weight, epoch]) => ({ part, value: [value, weight, epoch] }));
}

function lines(run: ReportRun): string[] {
  return run.printMap().stdout.split('\n');
}

test('whole seconds have no fraction; equal values get room on both sides', () => {
  const shown = lines(
    new ReportRun().map('@', undefined, series(SECOND, 3), points([0, 5, 1, noon], [1, 5, 1, noon + 1n])),
  );
  assert.deepEqual(shown, [
    '@:',
    `         4${' '.repeat(51)}6`,
    `hh:mm:ss |${'_'.repeat(51)}|`,
    `12:00:00 |${' '.repeat(25)}*${' '.repeat(25)}| 5`,
    `12:00:01 |${' '.repeat(25)}*${' '.repeat(25)}| 5`,
    `         v${'_'.repeat(51)}v`,
    `         4${' '.repeat(51)}6`,
    '',
    '',
  ]);
});

test('an unsigned zero has no room below, a signed one has', () => {
  const ends = (signed: boolean) =>
    lines(new ReportRun().map('@', undefined, series(SECOND, 3, { signed }), points([0, 0, 1, noon])))[1]
      ?.trim()
      .split(/ +/);
  assert.deepEqual(ends(false), ['0', '1']);
  assert.deepEqual(ends(true), ['-1', '1']);
});

test('one row is shown in nanoseconds', () => {
  const shown = lines(
    new ReportRun().map('@', undefined, series(3600n * SECOND, 3), points([0, 7, 1, noon / 3600n])),
  );
  assert.equal(shown[2], `hh:mm:ss.ns        |${'_'.repeat(51)}|`);
  assert.match(shown[3] ?? '', /^12:00:00\.000000000 \|/);
});

test('microseconds are counted in UTF-8 bytes', () => {
  const shown = lines(
    new ReportRun().map(
      '@',
      undefined,
      series(10_000n, 4),
      points([0, 1, 1, noon * 100_000n], [1, 2, 1, noon * 100_000n + 1n]),
    ),
  );
  assert.equal(shown[2], `hh:mm:ss.\xce\xbcs    |${'_'.repeat(51)}|`);
  assert.match(shown[4] ?? '', /^12:00:00\.000010 /);
});

test('all keys end at the newest interval, and start at their own first value in range', () => {
  const shown = lines(
    new ReportRun().map('@', { kind: 'int', size: 8, signed: true }, series(SECOND, 3), [
      { key: 2, part: 0, value: [1, 1, noon] },
      { key: 2, part: 1, value: [9, 1, noon + 1n] },
      { key: 1, part: 0, value: [4, 1, noon + 3n] },
      { key: 3, part: 2, value: [4, 1, noon - 9n] },
    ]),
  );
  const rows = shown.filter((line) => line.startsWith('@') || line.startsWith('12:') || line.startsWith('<'));
  assert.deepEqual(
    rows.map((row) => row.replace(/ .* /, ' ')),
    [
      '@[1]:',
      '12:00:03.000000000 4',
      '@[2]:',
      '12:00:01 9',
      '12:00:02 -',
      '12:00:03 -',
      '@[3]:',
      '<no data>',
    ],
  );
});

test('a series without data', () => {
  assert.deepEqual(lines(new ReportRun().map('@', undefined, series(SECOND, 3), points([0, 0, 0, 0n]))), [
    '@:',
    '<no data>',
    '',
  ]);
  const json = new ReportRun({ format: 'json' }).map(
    '@',
    undefined,
    series(SECOND, 3),
    points([0, 0, 0, 0n]),
  );
  assert.equal(json.printMap().stdout, '{"type": "tseries", "data": {"@": []}}\n');
});

const combined = [
  { aggregate: undefined, value: 3 },
  { aggregate: 'avg', value: 4 },
  { aggregate: 'sum', value: 24 },
  { aggregate: 'min', value: 3 },
  { aggregate: 'max', value: 21 },
] as const;

for (const { aggregate, value } of combined) {
  test(`CPUs put together: ${aggregate ?? 'newest'}`, () => {
    const type = series(SECOND, 3, aggregate ? { aggregate } : {});
    // The third CPU's interval is older, the fourth has none.
    const cpus = [
      [21, 1, noon],
      [3, 5, noon],
      [100, 9, noon - 3n],
      [50, 0, 0],
    ];
    const shown = lines(new ReportRun().map('@', undefined, type, [{ part: 0, cpus }], true));
    assert.equal(shown[3]?.split(' ').at(-1), String(value));
  });
}

test('the first interval of 1970 shows 0', () => {
  const shown = lines(
    new ReportRun().map('@', undefined, series(SECOND, 3), points([0, 5, 0, 0n], [1, 5, 1, 1n])),
  );
  assert.deepEqual(
    shown.slice(3, 5).map((line) => line.replace(/ +/g, ' ')),
    ['00:00:00 * | 0', '00:00:01 | * 5'],
  );
});
