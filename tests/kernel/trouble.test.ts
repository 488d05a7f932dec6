/** What goes wrong around a script: rights, files, types that are missing, kernels that refuse; and that nothing stays behind. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { bpfObjectIds } from '../../src/kernel/index.ts';
import { bpfObjectsOf, waitUntilFreed } from '../support/bpf-objects.ts';
import { requireProgram, requireRoot, skipUnless } from '../support/requirements.ts';
import { runTetrace, startTetrace, tetracePath } from '../support/run-tetrace.ts';
import { runProgram, waitForAttached } from '../support/trace-load.ts';

const script = 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); } interval:s:100 { exit(); }';

test('without rights: which one is missing, and the command that works', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'setpriv')) return;
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const canRead = (await runProgram(['setpriv', ...asNobody, 'cat', tetracePath])).code === 0;
  if (!skipUnless(t, canRead, 'other users cannot read this clone')) return;
  const words = ['-e', 'BEGIN { printf("it\'s %d\\n", 1); exit(); }', '--', '1'];
  const quoted = `sudo ${tetracePath} BACKEND-e 'BEGIN { printf("it'\\''s %d\\n", 1); exit(); }' -- 1`;
  const runAsNobody = (...command: readonly string[]) =>
    runTetrace([...asNobody, process.execPath, tetracePath, ...command], {
      program: 'setpriv',
      env: { npm_lifecycle_event: undefined },
    });
  const refused = await runAsNobody('--backend', 'kernel', ...words);
  assert.deepEqual({ stdout: refused.stdout, code: refused.code }, { stdout: '', code: 1 });
  assert.equal(
    refused.stderr.split('\n').slice(0, 2).join('\n'),
    [
      'ERROR: Missing CAP_DAC_READ_SEARCH capability, please run tetrace as the root user.',
      `HINT: ${quoted.replace('BACKEND', '--backend kernel ')}`,
    ].join('\n'),
  );
  // Where the embedded machine can serve the script it stands in, and says how the kernel is got.
  const served = await runAsNobody(...words);
  assert.deepEqual({ stdout: served.stdout, code: served.code }, { stdout: "it's 1\n\n\n", code: 0 });
  const reason =
    'runs in the embedded machine of this process, not in the kernel: bpf(2): Operation not permitted';
  const kernel = quoted.replace('BACKEND', '');
  assert.equal(served.stderr, `NOTE: ${reason}. For the kernel: ${kernel}\nAttached 1 probe\n`);
});

describe("without the kernel's BTF", () => {
  const env = { BPFTRACE_BTF: '/dev/null' };

  const needs: readonly (readonly [program: string, stderr: RegExp])[] = [
    ['begin { print(curtask.comm); }', /Unknown struct\/union: 'struct task_struct'\n[\s\S]*HINT: .*BTF/],
    [
      'begin { print(((struct file *)1).f_mode); }',
      /Cannot resolve unknown type "struct file"\n[\s\S]*HINT: .*BTF/,
    ],
    [
      'rawtracepoint:sys_enter { exit(); }',
      /ERROR: rawtracepoints require kernel BTF\. Try using a 'tracepoint' instead\.$/m,
    ],
    ['fentry:vfs_read { exit(); }', /ERROR: fentry needs the kernel's BTF, and there is none$/m],
    ['iter:task { print(1); }', /ERROR: iter needs the kernel's BTF, and there is none$/m],
  ];
  for (const [program, stderr] of needs) {
    test(`${program} says what it is needed for`, async (t) => {
      if (!requireRoot(t)) return;
      const run = await runTetrace(['-q', '-e', program], { env });
      assert.match(run.stderr, stderr);
      assert.equal(run.code, 1);
    });
  }
});

test('a program that the verifier refuses: the line, the reason, and nothing stays', async (t) => {
  if (!requireRoot(t)) return;
  const refused =
    'begin { @marker_verify = 1; }\nrawtracepoint:sched_process_exec {\n  @ = socket_cookie((struct sock *)args.bprm);\n}';
  const before = new Set(bpfObjectIds('prog'));
  const run = await runTetrace(['-e', refused]);
  assert.equal(run.code, 255);
  assert.equal(run.stdout, '');
  assert.match(
    run.stderr,
    /^stdin:3:7-46: ERROR: Error loading BPF program for rawtracepoint_vmlinux_sched_process_exec_2\. Error code: -(?:13|22) .*\n {2}@ = socket_cookie\(.*\n {6}~{39}\nThe verifier said:\n[\s\S]*R1 is of type linux_binprm but sock_common is expected/m,
  );
  await waitUntilFreed({ prog: bpfObjectIds('prog').filter((id) => !before.has(id)), map: [], link: [] });
});

test('-v with a size for the log: a log that does not fit is an error', async (t) => {
  if (!requireRoot(t)) return;
  const small = 'config = { log_size = 40 } begin { printf("%s\\n", str($1)); }';
  const run = await runTetrace(['-v', '-e', small, 'hello']);
  assert.equal(run.code, 255);
  assert.match(
    run.stderr,
    /^ERROR: Error loading BPF program for begin_1\. Error code: -28 \(No space left on device\)\.$/m,
  );
  assert.match(run.stderr, /^WARNING: Kernel log seems to be trimmed: it has room for 40 bytes\./m);

  const quiet = await runTetrace(['-q', '-e', small, 'hello']);
  assert.deepEqual([quiet.code, quiet.stdout.trimEnd()], [0, 'hello']);
  const enough = await runTetrace(['-v', '-e', small.replace('40', '4000000'), 'hello']);
  assert.deepEqual([enough.code, enough.stdout.trimEnd()], [0, 'hello']);
});

test('events that come while their processor is inside a prog: how many were missed, and by which probe', async (t) => {
  if (!requireRoot(t)) return;
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const isCounted = major > 6 || (major === 6 && minor >= 7);
  if (!skipUnless(t, isCounted, 'Linux counts what tracepoints miss since 6.7')) return;
  // Inside the first prog the signal is only asked for; the interrupt that sends it comes at once, before the prog is over.
  const sends =
    'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { signal("SIGURG"); @sent = sum(1); }' +
    ' tracepoint:signal:signal_generate { @seen = count(); }';
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-missed-'));
  try {
    const file = join(folder, 'run');
    for (const options of [[], ['-f', 'json'], ['--record', file]]) {
      const run = await runTetrace(['--unsafe', ...options, '-e', sends, '-c', 'true']);
      const sent = Number(/@sent\D+(\d+)/.exec(run.stdout)?.[1]);
      const told =
        /^WARNING: (\d+) events were missed, because .*: tracepoint:signal:signal_generate \(\1\)$/m;
      const missed = Number(told.exec(run.stderr)?.[1]);
      assert.ok(sent > 0 && missed >= sent, `${sent} sent\n${run.stdout}${run.stderr}`);
      if (!options.includes(file)) continue;
      const replay = await runTetrace(['--replay', file]);
      assert.deepEqual([replay.stdout, told.exec(replay.stderr)?.[1]], [run.stdout, `${missed}`]);
    }
    const silent = await runTetrace(['--unsafe', '--no-warnings', '-e', sends, '-c', 'true']);
    assert.deepEqual([silent.code, silent.stderr.includes('missed')], [0, false]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('nothing stays attached', () => {
  const ways: readonly (readonly [how: string, end: NodeJS.Signals | 'exit'])[] = [
    ['after Ctrl-C', 'SIGINT'],
    ['after being killed', 'SIGKILL'],
  ];
  for (const [how, signal] of ways) {
    test(how, async (t) => {
      if (!requireRoot(t)) return;
      using tracer = startTetrace(['-e', script]);
      await waitForAttached(tracer);
      const held = bpfObjectsOf(tracer.child.pid ?? 0);
      assert.ok(held.prog.length >= 2 && held.map.length >= 1, JSON.stringify(held));
      const all = { prog: bpfObjectIds('prog'), map: bpfObjectIds('map') };
      assert.ok(held.prog.every((id) => all.prog.includes(id)));
      assert.ok(held.map.every((id) => all.map.includes(id)));
      tracer.child.kill(signal as NodeJS.Signals);
      await tracer.ended;
      await waitUntilFreed(held);
    });
  }

  for (const backend of ['kernel', 'embedded']) {
    test(`the command of -c ends with a tracer that is killed, ${backend}`, async (t) => {
      if (!requireRoot(t) || !requireProgram(t, 'setpriv')) return;
      const nap =
        'tracepoint:syscalls:sys_enter_clock_nanosleep /pid == cpid/ { printf("child %d\\n", pid); }';
      using tracer = startTetrace(['--backend', backend, '-e', nap, '-c', 'sleep 50']);
      const [, pid] = await tracer.waitFor(/^child (\d+)$/m);
      tracer.child.kill('SIGKILL');
      await tracer.ended;
      for (let tries = 0; isRunning(Number(pid)); tries++) {
        assert.ok(tries < 50, 'the command still runs');
        await setTimeout(100);
      }
    });
  }

  test('after a probe that could not be attached', async (t) => {
    if (!requireRoot(t)) return;
    const before = new Set(bpfObjectIds('map'));
    // The kernel gives out 2^63 - 1 as the longest period, and refuses what is longer.
    const run = await runTetrace(['-e', 'interval:us:18446744073709551 { @marker_attach = 1; }']);
    assert.match(run.stderr, /Unable to attach probe: interval:us:18446744073709551/);
    assert.equal(run.code, 255);
    await waitUntilFreed({ prog: [], map: bpfObjectIds('map').filter((id) => !before.has(id)), link: [] });
  });
});

/** What has ended may still wait for its parent to ask. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}
