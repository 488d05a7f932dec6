import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type RunResult, startTetrace, tetracePath } from './run-tetrace.ts';

/** For a command that is to fail by a fault of its own, in a callback of the event loop, when it gets SIGUSR2. */
export const faultEnvironment = {
  NODE_OPTIONS: `--import "data:text/javascript,process.on('SIGUSR2',()=>{throw%20new%20Error('fault')})"`,
} as const;

/** Shorter than what a thread of the command may wait for. */
const TIMEOUT_MS = 30_000;

/** A fault of ours ends the run at once, on either backend. `options`: those that choose it. */
export function testFaults(options: readonly string[], isPossible: (t: TestContext) => boolean): void {
  /** The end of a run that fails while it is under way; its output is that of a command of -c too, and ends with it. */
  const endOfFailing = async (...args: readonly string[]): Promise<RunResult> => {
    const script = 'interval:ms:20 { printf("tick\\n"); }';
    using run = startTetrace([tetracePath, '-B', 'none', ...options, '-e', script, ...args], {
      program: process.execPath,
      // Where there is no setpriv(1), a command does not hear of our end by itself.
      env: { ...faultEnvironment, PATH: '' },
      timeoutMs: TIMEOUT_MS,
    });
    // By then the thread waits that sees the end of a process.
    await run.waitFor(/(tick\n){10}/);
    run.child.kill('SIGUSR2');
    return await run.ended;
  };
  const assertTold = ({ stderr, code }: RunResult): void => {
    assert.match(stderr, /^tetrace: internal error, please report it: Error: fault\n +at /m);
    assert.equal(code, 1);
  };

  test('a fault of ours ends a run with -p at once; the process goes on', async (t) => {
    if (!isPossible(t)) return;
    using target = startTetrace([], { program: 'cat' });
    assertTold(await endOfFailing('-p', String(target.child.pid)));
    target.child.stdin.end('goes on\n');
    assert.equal((await target.ended).stdout, 'goes on\n');
  });

  test('a fault of ours ends a run with -c at once, and the command', async (t) => {
    if (!isPossible(t)) return;
    assertTold(await endOfFailing('-c', '/bin/sleep 60'));
  });
}
