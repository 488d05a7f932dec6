import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireRoot } from '../support/requirements.ts';
import { runTetrace, startTetrace } from '../support/run-tetrace.ts';

/** Sleeps, so that the traced prog runs. */
const load = ['-c', '/bin/sleep 0.01'];
/** A prog is called by its probe and its number in the script, as bpftrace calls it. */
const PROG = 'tracepoint_syscalls_sys_enter_clock_nanosleep_1';

test('functions of BPF progs are listed, and traced where the kernel lets them be', async (t) => {
  if (!requireRoot(t)) return;
  using traced = startTetrace(
    ['-e', 'tracepoint:syscalls:sys_enter_clock_nanosleep { printf("slept\\n"); @ = count(); }'],
    { timeoutMs: 300_000 },
  );
  await traced.waitFor(/Attached 1 probe/, 'stderr');
  const listed = await runTetrace(['-lv', `fexit:bpf:*:${PROG}`]);
  const [, id = ''] = new RegExp(`^fexit:bpf:(\\d+):${PROG}$`, 'm').exec(listed.stdout) ?? [];
  assert.notEqual(id, '', listed.stdout);
  const functions = await runTetrace(['-l', `fentry:bpf:${id}:*`]);
  assert.match(functions.stdout, new RegExp(`^fentry:bpf:${id}:${PROG}$`, 'm'));

  const script = `fentry:bpf:${id}:${PROG} { @in[probe] = count(); } fexit:bpf:${PROG} { @out = count(); }`;
  const run = await runTetrace(['-q', ...load, '-e', script]);
  if (/This kernel refuses fentry/.test(run.stderr)) {
    assert.match(run.stderr, new RegExp(`Unable to attach probe: fentry:bpf:${id}:${PROG}\\.`));
    t.diagnostic('this kernel refuses fentry');
    return;
  }
  assert.equal(run.stderr, '');
  assert.match(run.stdout, new RegExp(`^@in\\[fentry:bpf:${id}:${PROG}\\]: [1-9]`, 'm'));
  assert.match(run.stdout, /^@out: [1-9]/m);

  // Progs at tracepoints give back 1, so that others are told as well.
  const result = await runTetrace([
    '-q',
    ...load,
    '-e',
    `fexit:bpf:${id}:${PROG} { @result[retval] = count(); }`,
  ]);
  if (/needs bpf_get_func_ret\(\)/.test(result.stderr)) t.diagnostic('this kernel does not tell results');
  else assert.match(`${result.stdout}${result.stderr}`, /^\n*@result\[1\]: [1-9]\d*\n*$/);

  const pattern = await runTetrace([
    '-q',
    ...load,
    '-e',
    'fentry:bpf:*:tracepoint_syscalls_* { @ = count(); }',
  ]);
  assert.equal(pattern.stderr, '');
  assert.match(pattern.stdout, /^@: [1-9]/m);
  const args = await runTetrace(['-e', `fentry:bpf:${PROG} { print(args.ctx); }`]);
  assert.match(args.stderr, /ERROR: The args builtin cannot be used for 'fentry\/fexit:bpf' probes/);
});

test('BPF progs that are not there', async (t) => {
  if (!requireRoot(t)) return;
  const cases = [
    ['fentry:bpf:x:main', /ERROR: bpf program id must be a number or '\*'/],
    ['fentry:bpf:no_such_function', /ERROR: No matches for fentry bpf:no_such_function\./],
    ['fexit:bpf:4000000000:main', /ERROR: No matches for fexit bpf:4000000000:main\./],
    ['fexit:one:two:three', /ERROR: Only the 'bpf' variant of this probe supports 4 arguments/],
  ] as const;
  for (const [probe, message] of cases) {
    const { stderr } = await runTetrace(['-e', `${probe} { exit(); }`]);
    assert.match(stderr, message);
  }
});
