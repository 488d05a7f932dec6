import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuList } from './cpus.ts';

test('CPU lists', () => {
  assert.deepEqual(parseCpuList('0\n'), [0]);
  assert.deepEqual(parseCpuList('0-3,8,10-11\n'), [0, 1, 2, 3, 8, 10, 11]);
  assert.deepEqual(parseCpuList('\n'), []);
  assert.throws(() => parseCpuList('0-x'), RangeError);
});
