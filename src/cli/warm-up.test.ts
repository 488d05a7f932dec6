import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { warmUp } from './warm-up.ts';

/** What this process has open of the kernel; other files may be those of whoever runs the tests. */
function openOfKernel(): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd')
    .flatMap((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return []; // the descriptor of this very directory
      }
    })
    .filter((name) => /^\/(?:proc|sys)\/|bpf|perf/.test(name))
    .toSorted();
}

test('the samples of a build compile and run; nothing of the kernel stays open, and the environment is what it was', async () => {
  const [environment, open] = [{ ...process.env }, openOfKernel()];
  await warmUp();
  assert.deepEqual(openOfKernel(), open);
  assert.deepEqual({ ...process.env }, environment);
});
