import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { runTetrace } from './run-tetrace.ts';

/** Builtins whose values the test can know. */
export function testBuiltinValues(
  backend: 'kernel' | 'embedded',
  isPossible: (t: TestContext) => boolean,
): void {
  test('the leader of a thread group, memory, types', async (t) => {
    if (!isPossible(t)) return;
    const script = `
    tracepoint:syscalls:sys_enter_getppid {
      $left = "abc"; $right = "abd";
      print((leader_tid == pid, leader_comm == comm, has_cpid, numaid < 1024));
      print((memcmp($left, $right, 2), memcmp($left, $right, 3) != 0));
      print((is_err((void *)(int64)-5), is_err((void *)5), is_unsigned_integer(pid)));
      exit();
    }`;
    const options = ['-q', '--no-warnings', '--backend', backend];
    const { stdout, stderr } = await runTetrace([...options, '-e', script, '-c', '/bin/sh']);
    assert.equal(stdout.trim(), '(true, true, true, true)\n(0, true)\n(true, false, true)', stderr);
  });
}
