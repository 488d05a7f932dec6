/** Functions of the kernel called by their names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVmlinuxBtf } from '../../src/kernel/index.ts';
import { requireRoot, skipUnless } from '../support/requirements.ts';
import { runBegin } from '../support/run-begin.ts';
import { runTetrace } from '../support/run-tetrace.ts';

function hasFunction(name: string): boolean {
  return openVmlinuxBtf()?.find(name, 'func') !== undefined;
}

test('text goes by address, results have their type', (t) => {
  if (!requireRoot(t) || !skipUnless(t, hasFunction('bpf_strlen'), 'Linux 6.17')) return;
  const { stdout, stderr } = runBegin(`
    fn longer($by : int32) : int32 { return (int32)(bpf_strlen("abc") + $by); }
    begin { $a = "abd"; print((bpf_strcmp("abc", $a), bpf_strlen($a), longer(2))); }`);
  assert.equal(stdout, '(-1, 3, 5)\n');
  assert.equal(stderr, '');
});

test('a pointer that is got is looked at and given back', async (t) => {
  if (!requireRoot(t) || !skipUnless(t, hasFunction('bpf_task_from_pid'), 'Linux 6.2')) return;
  const script = `
    tracepoint:syscalls:sys_enter_getppid {
      if (kfunc_allowed("bpf_task_from_pid")) {
        $t = bpf_task_from_pid((int32)tid);
        if ($t) { printf("%d %s\\n", $t->pid == tid, $t->comm); bpf_task_release($t); }
      } else { printf("1 %s\\n", comm); }
      exit();
    }`;
  const { stdout, stderr } = await runTetrace(['-q', '-e', script, '-c', '/bin/sh']);
  assert.match(stdout, /^1 sh\n/, stderr);
});

test('what the kernel allows, by the type of the prog', (t) => {
  if (!requireRoot(t) || !skipUnless(t, hasFunction('bpf_cpumask_create'), 'Linux 6.3')) return;
  const script =
    'print((kfunc_exist("bpf_cpumask_create"), kfunc_exist("bpf_none"), kfunc_allowed("bpf_none"), kfunc_allowed("vfs_read")));';
  assert.equal(runBegin(`begin { ${script} }`).stdout, '(true, false, false, false)\n');
});

test('comm(pid): the name of another task, or a warning and N/A', async (t) => {
  if (!requireRoot(t) || !skipUnless(t, hasFunction('bpf_task_from_pid'), 'Linux 6.2')) return;
  const found = await runTetrace(['-q', '-e', 'iter:task { @[comm(tid) == comm, comm(pid)] = 1; exit(); }']);
  assert.match(found.stdout, /^@\[true, [^\]\n]+\]: 1$/m, found.stderr);
  const missing = 'iter:task { print(comm(-1)); printf("%s-%d\\n", comm(9999999), 1); exit(); }';
  const lost = await runTetrace(['-q', '-e', missing]);
  assert.match(lost.stderr, /^stdin:1:19-27: WARNING: No such process \(pid=-1\)$/m);
  assert.match(lost.stderr, /^stdin:1:48-61: WARNING: No such process \(pid=9999999\)$/m);
  assert.match(lost.stdout, /N\/A/);
  const special = await runTetrace(['-e', 'begin { print(comm(1)); }']);
  assert.match(
    special.stderr,
    /ERROR: Syntax comm\(PID\) is not supported in this probe type yet\. Type: special\n/,
  );
  assert.equal(special.code, 1);
});
