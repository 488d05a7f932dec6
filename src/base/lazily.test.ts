import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lazily } from './index.ts';

test('something is made when it is first asked for, once, whatever it is', () => {
  let calls = 0;
  const nothing = lazily(() => {
    calls++;
    return undefined;
  });
  assert.equal(calls, 0);
  assert.equal(nothing(), undefined);
  assert.equal(nothing(), undefined);
  assert.equal(calls, 1);
});
