import assert from 'node:assert/strict';
import { release } from 'node:os';
import { test } from 'node:test';
import { runTetrace } from '../support/run-tetrace.ts';

test('the command starts on this kernel, and an old one gets a warning', async () => {
  const version = await runTetrace(['--version']);
  assert.deepEqual({ code: version.code, stderr: version.stderr }, { code: 0, stderr: '' });
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const isOld = major < 5 || (major === 5 && minor < 15);
  const run = await runTetrace(['-e', 'BEGIN { exit(); }']);
  assert.equal(/^WARNING: Kernel version \(.*\) is lower than/m.test(run.stderr), isOld, run.stderr);
});
