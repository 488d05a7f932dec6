import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steadyOffset } from './steady-offset.ts';

test('an offset between clocks moves only by more than what measuring costs', () => {
  const measured = [1_000_000n, 1_000_300n, 999_000n, 2_000_000n, 2_000_100n, 0n];
  const offset = steadyOffset(() => measured.shift() ?? 0n);
  assert.deepEqual(
    Array.from({ length: 6 }, () => offset()),
    [1_000_000n, 1_000_000n, 1_000_000n, 2_000_000n, 2_000_000n, 0n],
  );
});
