import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { signalName, signalNumber } from './signals.ts';

test('signals have the numbers and names that Node.js has for them', (t) => {
  if (process.platform !== 'linux') return t.skip('the numbers are those of Linux');
  const first = new Map<number, string>();
  for (const [name, number] of Object.entries(constants.signals)) {
    assert.equal(signalNumber(name), number, name);
    if (!first.has(number)) first.set(number, name);
  }
  for (const [number, name] of first) assert.equal(signalName(number), name);
});

test('a signal without a name is its number', () => {
  assert.equal(signalName(40), 'SIG40');
});
