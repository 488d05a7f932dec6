import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOldKernel, runTetrace, startTetrace } from '../support/run-tetrace.ts';

test('the command starts on this kernel, and an old one gets a warning', async () => {
  const version = await runTetrace(['--version']);
  assert.deepEqual({ code: version.code, stderr: version.stderr }, { code: 0, stderr: '' });
  using run = startTetrace(['-e', 'BEGIN { exit(); }']);
  await run.ended;
  assert.equal(
    /^WARNING: Kernel version \(.*\) is lower than/m.test(run.stderr()),
    isOldKernel,
    run.stderr(),
  );
});
