import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePid } from './target-pid.ts';

test('pids as they are typed', () => {
  assert.deepEqual(parsePid('1'), { ok: true, pid: 1 });
  for (const [text, message] of [
    ['abc', 'Failed to parse pid: invalid integer: abc'],
    ['12x', 'Failed to parse pid: invalid trailing bytes: 12x'],
    ['-1', 'Pid out of range: 18446744073709551615'],
    ['4194305', 'Pid out of range: 4194305'],
  ] as const)
    assert.deepEqual(parsePid(text), { ok: false, message });
});
