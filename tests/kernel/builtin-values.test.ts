/** Builtins whose values the test can know. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireRoot } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

test('the leader of a thread group, memory, types', async (t) => {
  if (!requireRoot(t)) return;
  const script = `
    tracepoint:syscalls:sys_enter_getppid {
      $left = "abc"; $right = "abd";
      print((leader_tid == pid, leader_comm == comm, has_cpid, numaid < 1024));
      print((memcmp($left, $right, 2), memcmp($left, $right, 3) != 0));
      print((is_err((void *)(int64)-5), is_err((void *)5), is_unsigned_integer(pid)));
      exit();
    }`;
  const { stdout, stderr } = await runTetrace(['-q', '--no-warnings', '-e', script, '-c', '/bin/sh']);
  assert.equal(stdout.trim(), '(true, true, true, true)\n(0, true)\n(true, false, true)', stderr);
});
