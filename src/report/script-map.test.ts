import assert from 'node:assert/strict';
import { test } from 'node:test';
import { words } from '../../tests/support/encode-value.ts';
import { ReportRun } from '../../tests/support/report-run.ts';
import type { ScriptMap } from '../program/index.ts';
import { int32, int64, type Type } from '../types/index.ts';
import { DecodeError } from './decode-error.ts';

/** Two plain scalars in one array: values at 0 and 8, presence bytes at 16 and 17. */
function slots(): ReportRun {
  const run = new ReportRun();
  const array = run.bpfMaps.addArray(new Uint8Array([...words([5, 6]), 1, 0, 0, 0, 0, 0, 0, 0]));
  const slot = (name: string, offset: number, presence: number): ScriptMap => ({
    name,
    key: undefined,
    value: int64,
    storage: { kind: 'slot', map: array, offset, presence },
    maxEntries: 1,
  });
  return run.addMap(slot('@b', 0, 16)).addMap(slot('@a', 8, 17));
}

/** A scalar aggregate: a row for each of two CPUs, 24 bytes apart from 8 on. */
function rows(value: Type, cpus: readonly (readonly [number, number, presence: number])[]): ReportRun {
  const run = new ReportRun({ possibleCpus: 2 });
  const array = run.bpfMaps.addArray(words([99, ...cpus.flat()]));
  return run.addMap({
    name: '@',
    key: undefined,
    value,
    storage: { kind: 'per-cpu-slot', map: array, offset: 8, stride: 24, presence: 16 },
    maxEntries: 1,
  });
}

test('slots: what was never written is left out at the end, and zero when asked for', () => {
  assert.equal(slots().printAllMaps().stdout, '@b: 5\n');
  assert.equal(slots().printMap(0).printMap(1).stdout, '@b: 5\n@a: 0\n');
});

test('slots: cleared is never written, zeroed stays written', () => {
  const cleared = slots().record({ kind: 'clear-map', map: 0 });
  assert.equal(cleared.printAllMaps().stdout, '');
  assert.deepEqual(cleared.bpfMaps.readArray(0), new Uint8Array([...words([0, 6, 0])]));
  const zeroed = slots().record({ kind: 'zero-map', map: 0 }).record({ kind: 'zero-map', map: 1 });
  assert.equal(zeroed.printAllMaps().stdout, '@b: 0\n');
});

/** Keys 0 to 2 in a table of int64 at 8, their presence bytes at 32; a hash with the key 300. */
function dense(): ReportRun {
  const run = new ReportRun();
  const array = run.bpfMaps.addArray(new Uint8Array([...words([99, 5, 0, 7]), 1, 0, 1, 0, 0, 0, 0, 0]));
  const hash = run.bpfMaps.addHash([{ key: new Uint8Array([44, 1, 0, 0]), values: [words([9])] }]);
  return run.addMap({
    name: '@d',
    key: int32,
    value: int64,
    storage: { kind: 'dense', map: array, offset: 8, stride: 8, slots: 3, presence: 32, hash },
    maxEntries: 4096,
  });
}

test('a table: keys that were written, and those of the hash beside it', () => {
  assert.equal(dense().printAllMaps().stdout, '@d[0]: 5\n@d[2]: 7\n@d[300]: 9\n');
  const zeroed = dense().record({ kind: 'zero-map', map: 0 });
  assert.equal(zeroed.printAllMaps().stdout.split('\n').sort().join(' '), ' @d[0]: 0 @d[2]: 0 @d[300]: 0');
  const cleared = dense().record({ kind: 'clear-map', map: 0 });
  assert.equal(cleared.printAllMaps().stdout, '');
  assert.deepEqual(cleared.bpfMaps.readArray(0), words([99, 0, 0, 0, 0]));
});

test('rows of CPUs: only those written count', () => {
  const count: Type = { kind: 'count' };
  assert.equal(
    rows(count, [
      [3, 0, 1],
      [4, 0, 1],
    ]).printAllMaps().stdout,
    '@: 7\n',
  );
  assert.equal(
    rows(count, [
      [3, 0, 0],
      [4, 0, 1],
    ]).printAllMaps().stdout,
    '@: 4\n',
  );
  assert.equal(
    rows(count, [
      [3, 0, 0],
      [4, 0, 0],
    ]).printAllMaps().stdout,
    '',
  );
  assert.equal(
    rows(count, [
      [3, 0, 0],
      [4, 0, 0],
    ]).printMap().stdout,
    '@: 0\n',
  );
  const max: Type = { kind: 'max', signed: true };
  assert.equal(
    rows(max, [
      [-3, 1, 1],
      [-8, 1, 1],
    ]).printMap().stdout,
    '@: -3\n',
  );
  assert.equal(
    rows(max, [
      [-3, 0, 1],
      [-8, 1, 1],
    ]).printMap().stdout,
    '@: -8\n',
  );
  const avg: Type = { kind: 'avg', signed: false };
  assert.equal(
    rows(avg, [
      [7, 2, 1],
      [4, 1, 1],
    ]).printMap().stdout,
    '@: 3\n',
  );
});

test('rows of CPUs: clear and zero', () => {
  const cleared = rows({ kind: 'count' }, [
    [3, 0, 1],
    [4, 0, 1],
  ]).record({ kind: 'clear-map', map: 0 });
  assert.equal(cleared.printAllMaps().stdout, '');
  assert.deepEqual(cleared.bpfMaps.readArray(0), words([99, 0, 0, 0, 0, 0, 0]));
  const zeroed = rows({ kind: 'count' }, [
    [3, 0, 1],
    [4, 0, 0],
  ]).record({ kind: 'zero-map', map: 0 });
  assert.equal(zeroed.printAllMaps().stdout, '@: 0\n');
});

test('hashes: clear deletes keys, zero keeps them', () => {
  const hash = () =>
    new ReportRun().map(
      '@',
      int64,
      { kind: 'sum', signed: true },
      [
        { key: 1, cpus: [5, 6] },
        { key: -2, cpus: [-20, 0] },
      ],
      true,
    );
  assert.equal(hash().printMap().stdout, '@[-2]: -20\n@[1]: 11\n');
  assert.equal(hash().record({ kind: 'clear-map', map: 0 }).printMap().stdout, '');
  assert.equal(hash().record({ kind: 'zero-map', map: 0 }).printMap().stdout, '@[-2]: 0\n@[1]: 0\n');
});

test('a zeroed histogram is an empty one', () => {
  const hist = (format: 'text' | 'json') =>
    new ReportRun({ format })
      .map('@', int64, { kind: 'hist', bits: 0 }, [{ key: 4, part: 3, value: 8 }])
      .record({ kind: 'zero-map', map: 0 })
      .printMap().stdout;
  assert.equal(hist('text'), '@[4]:\n\n');
  assert.equal(hist('json'), '{"type": "hist", "data": {"@": {"4": []}}}\n');
});

test('maps that were never written have no JSON line', () => {
  const run = new ReportRun({ format: 'json' })
    .map('@a', undefined, { kind: 'stats', signed: true }, [])
    .map('@b', int64, { kind: 'stats', signed: true }, [])
    .map('@c', undefined, { kind: 'hist', bits: 0 }, []);
  assert.equal(run.printAllMaps().stdout, '');
  assert.equal(run.printMap(1).printMap(2).stdout, '');
  assert.equal(
    run.printMap(0).stdout,
    '{"type": "stats", "data": {"@a": {"count": 0, "average": 0, "total": 0}}}\n',
  );
});

const orders: readonly (readonly [
  name: string,
  key: Type,
  value: Type,
  keys: readonly (bigint | number | string | readonly (number | string | readonly number[])[])[],
  expected: string,
])[] = [
  [
    'integer keys are signed',
    { kind: 'int', size: 8, signed: false },
    { kind: 'bool' },
    [1, -1n, 0],
    '18446744073709551615 0 1',
  ],
  ['short integer keys', { kind: 'int', size: 2, signed: true }, { kind: 'bool' }, [300, -5, 2], '-5 2 300'],
  [
    'strings by bytes',
    { kind: 'string', size: 4 },
    { kind: 'bool' },
    ['b', 'a\xff', 'a', 'B'],
    'B a a\xff b',
  ],
  [
    'tuples field by field',
    { kind: 'tuple', elements: [{ kind: 'string', size: 4 }, int64] },
    { kind: 'bool' },
    [
      ['b', -1],
      ['a', 2],
      ['a', -3],
    ],
    'a, -3|a, 2|b, -1'.replaceAll(', ', ','),
  ],
  [
    'fields that are no integers and strings come last',
    { kind: 'tuple', elements: [{ kind: 'tuple', elements: [int64] }, int64] },
    { kind: 'bool' },
    [
      [[1], 2],
      [[9], 1],
      [[3], 2],
    ],
    '(9),1|(1),2|(3),2',
  ],
  [
    'pointers are unsigned',
    { kind: 'pointer', to: { kind: 'void' }, space: 'none' },
    { kind: 'bool' },
    [-1n, 5, 256],
    '0x5 0x100 0xffffffffffffffff',
  ],
];

for (const [name, key, value, keys, expected] of orders) {
  test(`order: ${name}`, () => {
    const run = new ReportRun().map(
      '@',
      key,
      value,
      keys.map((each) => ({ key: each, value: 0 })),
    );
    const shown = run.printMap().stdout.trimEnd().split('\n');
    const names = shown.map((line) => line.slice(2, line.lastIndexOf(']')).replaceAll(', ', ','));
    assert.equal(names.join(key.kind === 'tuple' ? '|' : ' '), expected);
  });
}

test('order: by value where it is a number, equal ones by key', () => {
  const narrow: Type = { kind: 'int', size: 2, signed: true };
  const run = new ReportRun().map('@', int64, narrow, [
    { key: 3, value: 5 },
    { key: 1, value: -300 },
    { key: 2, value: 5 },
    { key: 4, value: 256 },
  ]);
  assert.equal(run.printMap().stdout, '@[1]: -300\n@[2]: 5\n@[3]: 5\n@[4]: 256\n');
  const min = new ReportRun().map('@', int64, { kind: 'min', signed: true }, [
    { key: 1, value: [-1, 1] },
    { key: 2, value: [7, 1] },
  ]);
  assert.equal(min.printMap().stdout, '@[2]: 7\n@[1]: -1\n');
});

test('order: histograms by their totals, and top keeps the largest', () => {
  const hist: Type = { kind: 'hist', bits: 0 };
  const run = new ReportRun().map('@', int64, hist, [
    { key: 1, part: 1, value: 5 },
    { key: 2, part: 1, value: 2 },
    { key: 2, part: 2, value: 2 },
    { key: 3, part: 1, value: 9 },
  ]);
  const names = run.printMap(0, 2).stdout.match(/@\[.\]/g);
  assert.deepEqual(names, ['@[1]', '@[3]']);
});

test('top and div of numbers', () => {
  const run = new ReportRun().map('@', int64, { kind: 'max', signed: true }, [
    { key: 1, value: [17, 1] },
    { key: 2, value: [1017, 1] },
    { key: 3, value: [-7, 1] },
  ]);
  assert.equal(run.printMap(0, 2, 10).stdout, '@[2]: 101\n@[3]: 0\n');
  assert.equal(run.printMap(0, 9, 0).stdout.split('\n').length, 6);
});

test('a map that is not as described is one error', () => {
  const run = new ReportRun();
  const array = run.bpfMaps.addArray(new Uint8Array(8));
  const hash = run.bpfMaps.addHash([{ key: new Uint8Array(4), values: [new Uint8Array(8)] }]);
  const scalar = (storage: ScriptMap['storage'], key?: Type): ScriptMap => ({
    name: '@',
    key,
    value: int64,
    storage,
    maxEntries: 1,
  });
  run
    .addMap(scalar({ kind: 'slot', map: array, offset: 0, presence: 8 }))
    .addMap(scalar({ kind: 'per-cpu-slot', map: array, offset: 0, stride: 8, presence: 0 }))
    .addMap(scalar({ kind: 'hash', map: hash, perCpu: false }, int64));
  for (const index of [0, 1, 2, 3]) assert.throws(() => run.report().printMap(index), DecodeError);
});
