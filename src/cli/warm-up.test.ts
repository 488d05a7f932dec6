import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFiles } from '../../tests/support/open-files.ts';
import { warmUp } from './warm-up.ts';

/** What this process has open of the kernel; other files may be those of whoever runs the tests. */
function openOfKernel(): readonly string[] {
  return process.platform === 'linux' ? openFiles(/^\/(?:proc|sys)\/|bpf|perf/) : [];
}

test('the samples of a build compile and run; nothing of the kernel stays open, and the environment is what it was', async () => {
  const [environment, open] = [{ ...process.env }, openOfKernel()];
  await warmUp();
  assert.deepEqual(openOfKernel(), open);
  assert.deepEqual({ ...process.env }, environment);
});
