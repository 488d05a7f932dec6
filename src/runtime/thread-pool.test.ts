import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threadsFor } from './thread-pool.ts';

test('there are as many threads as links to be closed, and two that wait; not fewer than usual, nor more than can be used', () => {
  assert.deepEqual([0, 1, 3, 4, 20, 48, 49, 1000].map(threadsFor), [4, 4, 5, 6, 22, 50, 50, 50]);
});
