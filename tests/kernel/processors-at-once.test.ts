/** Several processors at one key of a map at the same time. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { type TestContext, test } from 'node:test';
import { CProgram } from '../support/c-program.ts';
import { requireProgram, requireRoot, skipUnless } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

function isPossible(t: TestContext): boolean {
  return (
    requireRoot(t) &&
    requireProgram(t, 'gcc') &&
    skipUnless(t, availableParallelism() > 1, 'needs two processors')
  );
}

/** `calls` of getpriority(2) by two threads, side by side: `which` tells the threads apart, `who` counts. */
const twoThreads = (calls: number): CProgram =>
  new CProgram(
    `
    #include <pthread.h>
    #include <sched.h>
    #include <stdatomic.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    static atomic_int arrived;
    static void *work(void *thread) {
      for (int i = 0; i < ${calls}; i++) {
        atomic_fetch_add(&arrived, 1);
        for (int spins = 1; atomic_load(&arrived) < 2 * (i + 1); spins++) {
    #ifdef __x86_64__
          __builtin_ia32_pause(); /* an emulator with one thread goes on with the other processor */
    #endif
          if (spins % 1000 == 0) sched_yield();
        }
        syscall(SYS_getpriority, (int)(long)thread, i);
      }
      return 0;
    }
    int main(void) {
      pthread_t other;
      pthread_create(&other, 0, work, (void *)1);
      work(0);
      pthread_join(other, 0);
      return 0;
    }`,
    ['-pthread'],
  );

test('a key that two processors make at once has what both put there', async (t) => {
  if (!isPossible(t)) return;
  using program = twoThreads(1000);
  const script = `
    begin { let $row : int64[2]; $row[0] = 0; @rows[(uint64)5000] = $row; _ = delete(@rows, 5000); }
    tracepoint:syscalls:sys_enter_getpriority {
      @count[args.who] = count();
      if (args.which == 0) { @rows[args.who][0] = (int64)args.who; } else { @rows[args.who][1] = (int64)args.who; }
    }`;
  const { stdout, stderr } = await runTetrace(['-q', '-e', script, '-c', program.path]);
  assert.equal(stderr, '');
  const lines = new Set(stdout.split('\n'));
  for (let key = 0; key < 1000; key++) {
    assert.ok(lines.has(`@count[${key}]: 2`), `@count[${key}]`);
    assert.ok(lines.has(`@rows[${key}]: [${key},${key}]`), `@rows[${key}]`);
  }
});

test('a key that one processor deletes while another counts is nothing to warn of', async (t) => {
  if (!isPossible(t)) return;
  using program = twoThreads(20_000);
  const script = 'tracepoint:syscalls:sys_enter_getpriority { @[1] = count(); _ = delete(@, 1); }';
  const result = await runTetrace(['-q', '-e', script, '-c', program.path]);
  assert.deepEqual({ stdout: result.stdout.trim(), stderr: result.stderr }, { stdout: '', stderr: '' });
});
