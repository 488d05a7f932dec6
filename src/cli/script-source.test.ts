import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadScript, ScriptUnreadableError } from './script-source.ts';

test('a script that cannot be read is an error that says which and why', () => {
  const read = () => loadScript({ kind: 'file', path: '/nowhere/x.bt' });
  assert.throws(
    read,
    new ScriptUnreadableError("failed to open file '/nowhere/x.bt': No such file or directory"),
  );
  assert.throws(
    () => loadScript({ kind: 'file', path: '/proc' }),
    /^ScriptUnreadableError: .*: Is a directory$/,
  );
});
