import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf } from './encode-value.ts';

test('binary strings of the tests are bytes', () => {
  assert.deepEqual([...bytesOf('A\xff')], [65, 255]);
});
