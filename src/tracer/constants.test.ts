import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamedParam, Program } from '../program/index.ts';
import { encodeConstants, type RuntimeFacts } from './constants.ts';

const namedParams: readonly NamedParam[] = [
  { name: 'count', kind: 'int', description: '', offset: 0, size: 8 },
  { name: 'fast', kind: 'bool', description: '', offset: 8, size: 1 },
  { name: 'who', kind: 'string', description: '', offset: 16, size: 4 },
];
const facts: RuntimeFacts = {
  'start-boot-ns': 1n,
  'sw-tai-offset-ns': -1n,
  'child-pid': 0n,
  'pid-filter': 0n,
  'pidns-dev': 0n,
  'pidns-ino': 0n,
  'self-pid': 0x1234n,
};

test('parameters and facts become little-endian bytes at their places', () => {
  const program = {
    namedParams,
    runtimeConstants: [
      { what: 'self-pid', offset: 32 },
      { what: 'sw-tai-offset-ns', offset: 40 },
    ],
  } as unknown as Program; // only these two fields are read
  const params = new Map<string, bigint | string | boolean>([
    ['count', -2n],
    ['fast', true],
    ['who', 'abcdef'],
  ]);
  assert.deepEqual(
    encodeConstants(program, params, facts).map((row) => [row.offset, [...row.bytes]]),
    [
      [32, [0x34, 0x12, 0, 0, 0, 0, 0, 0]],
      [40, [255, 255, 255, 255, 255, 255, 255, 255]],
      [0, [254, 255, 255, 255, 255, 255, 255, 255]],
      [8, [1]],
      [16, [97, 98, 99, 0]],
    ],
  );
  assert.deepEqual([...(encodeConstants(program, new Map(), facts).at(-1)?.bytes ?? [])], [0, 0, 0, 0]);
});
