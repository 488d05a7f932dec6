import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spellType } from './spelling.ts';
import {
  bool,
  int8,
  isAggregate,
  isCastableAggregate,
  isScalar,
  pointerTo,
  sameType,
  type Type,
  uint64,
  voidType,
} from './type.ts';

const struct = (name: string): Type => ({ kind: 'struct', name });

const spellings: readonly (readonly [text: string, type: Type])[] = [
  ['none', { kind: 'none' }],
  ['void', voidType],
  ['bool', bool],
  ['int8', int8],
  ['uint64', uint64],
  ['enum E', { kind: 'enum', name: 'E', size: 4, signed: false }],
  ['string[5]', { kind: 'string', size: 5 }],
  ['buffer[12]', { kind: 'buffer', capacity: 8 }],
  ['int8 *', pointerTo(int8, 'user')],
  ['struct foo *', pointerTo(struct('struct foo'), 'kernel')],
  ['void * *', pointerTo(pointerTo(voidType, 'none'), 'none')],
  ['int8[4]', { kind: 'array', of: int8, length: 4 }],
  ['union u', struct('union u')],
  ['(int8,string[3])', { kind: 'tuple', elements: [int8, { kind: 'string', size: 3 }] }],
  [
    'record { .a = int8, .b = bool }',
    {
      kind: 'record',
      fields: [
        { name: 'a', type: int8 },
        { name: 'b', type: bool },
      ],
    },
  ],
  ['inet[24]', { kind: 'inet' }],
  ['mac_address', { kind: 'mac' }],
  ['username_t', { kind: 'username' }],
  ['ksym_t', { kind: 'ksym' }],
  ['usym_t', { kind: 'usym' }],
  ['kstack_bpftrace_127', { kind: 'kstack', mode: 'bpftrace', limit: 127 }],
  ['ustack_build_id_5', { kind: 'ustack', mode: 'build_id', limit: 5 }],
  ['timestamp', { kind: 'timestamp', clock: 'boot', format: '%H' }],
  ['cgroup_path_t', { kind: 'cgroupPath', filter: '' }],
  ['count_t', { kind: 'count' }],
  ['sum_t', { kind: 'sum', signed: true }],
  ['umin_t', { kind: 'min', signed: false }],
  ['max_t', { kind: 'max', signed: true }],
  ['uavg_t', { kind: 'avg', signed: false }],
  ['stats_t', { kind: 'stats', signed: true }],
  ['hist_t', { kind: 'hist', bits: 2 }],
  ['lhist_t', { kind: 'lhist', min: 0n, max: 1n, step: 1n }],
  ['tseries_t', { kind: 'tseries', intervalNs: 1n, slots: 1, signed: true }],
];

for (const [text, type] of spellings) {
  test(`spelling ${text}`, () => assert.equal(spellType(type), text));
}

test('types are the same when their structure is', () => {
  assert.ok(
    sameType({ kind: 'lhist', min: 0n, max: 1n, step: 1n }, { kind: 'lhist', min: 0n, max: 1n, step: 1n }),
  );
  assert.ok(
    !sameType({ kind: 'lhist', min: 0n, max: 1n, step: 1n }, { kind: 'lhist', min: 0n, max: 2n, step: 1n }),
  );
  assert.ok(sameType(pointerTo(struct('struct a'), 'user'), pointerTo(struct('struct a'), 'user')));
  assert.ok(!sameType(pointerTo(struct('struct a'), 'user'), pointerTo(struct('struct a'), 'kernel')));
});

test('kinds of types', () => {
  const kinds = spellings.map(([, type]) => type);
  const names = (filter: (type: Type) => boolean): string[] => [
    ...new Set(kinds.filter(filter).map((type) => type.kind)),
  ];
  assert.deepEqual(names(isAggregate), [
    'count',
    'sum',
    'min',
    'max',
    'avg',
    'stats',
    'hist',
    'lhist',
    'tseries',
  ]);
  assert.deepEqual(names(isCastableAggregate), ['count', 'sum', 'min', 'max', 'avg']);
  assert.deepEqual(names(isScalar), ['bool', 'int', 'enum', 'pointer', 'username', 'ksym']);
});
