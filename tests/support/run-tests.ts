import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { CProgram } from './c-program.ts';
import { requireProgram } from './requirements.ts';
import {
  type RunningTetrace,
  type RunOptions,
  type RunResult,
  runTetrace as runCommand,
  startTetrace as startCommand,
} from './run-tetrace.ts';

/** How a run begins and ends, what it is told and what it says, on either backend. `options`: those that choose it. */
export function testRuns(options: readonly string[], isPossible: (t: TestContext) => boolean): void {
  const directory = mkdtempSync(join(tmpdir(), 'tetrace-'));
  after(() => rmSync(directory, { recursive: true }));

  const runTetrace = (args: readonly string[], runOptions: RunOptions = {}): Promise<RunResult> =>
    runCommand([...options, ...args], runOptions);
  const startTetrace = (args: readonly string[]): RunningTetrace => startCommand([...options, ...args]);

  /** Never ends by itself and says so when it has begun. */
  const endless =
    'interval:ms:10 /@once == 0/ { @once = 1; printf("begun\\n"); } END { printf("ended\\n"); }';

  test('exit() gives the exit code; the maps come last, behind two empty lines', async (t) => {
    if (!isPossible(t)) return;
    const result = await runTetrace([
      '-e',
      'BEGIN { @x = 5; printf("hi\\n"); exit(3); } END { printf("bye\\n"); }',
    ]);
    assert.deepEqual(result, {
      stdout: 'hi\nbye\n\n\n@x: 5\n',
      stderr: 'Attached 2 probes\n',
      code: 3,
      signal: undefined,
    });
  });

  test('what happens while exit() is on its way is counted', async (t) => {
    if (!isPossible(t) || !requireProgram(t, 'gcc')) return;
    using program = new CProgram(
      'int step(int i) { return -i; } int main(void) { for (int i = 1; i <= 50; i++) step(i); return 0; }',
    );
    // both progs run at one return: whichever comes first, its exit() has not been read when the other runs
    const probe = `uretprobe:${program.path}:step { @ = count(); @values[(int32)retval] = count(); exit(); }`;
    const { stdout } = await runTetrace(['-q', '-e', `${probe} ${probe}`, '-c', program.path]);
    const [, count] = /^@: (\d+)$/m.exec(stdout) ?? [];
    assert.ok(Number(count) >= 2, stdout);
    assert.match(stdout, /^@values\[-1\]: 2$/m);
  });

  test('no clock strikes between exit() and the end, however late it is read', async (t) => {
    if (!isPossible(t)) return;
    const script = 'interval:us:50 { @++; if (@ == 3) { exit(); } } end { @e = 1; }';
    const { stdout } = await runTetrace(['-q', '-e', script]);
    assert.equal(stdout, '\n\n@: 3\n@e: 1\n');
  });

  test('SIGINT, SIGTERM and SIGHUP end the run: end probes run, exit code 0', async (t) => {
    if (!isPossible(t)) return;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      using run = startTetrace(['-q', '-e', endless]);
      await run.waitFor(/begun/);
      run.child.kill(signal);
      const { stdout, code } = await run.ended;
      assert.equal(stdout, 'begun\nended\n\n\n@once: 1\n');
      assert.equal(code, 0);
    }
  });

  test('the first Ctrl-C lets end probes run, the second leaves at once', async (t) => {
    if (!isPossible(t)) return;
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // The shell waits for a writer, and with it the tracer.
    using run = startTetrace([
      '--unsafe',
      '-e',
      `interval:s:100 { exit(); } end { printf("ending\\n"); system("cat ${pipe}"); printf("over\\n"); }`,
    ]);
    await run.waitFor(/Attached 2 probes/, 'stderr');
    run.child.kill('SIGINT');
    await run.waitFor(/^ending$/m);
    run.child.kill('SIGINT');
    const { stdout, code, signal } = await run.ended;
    closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
    assert.doesNotMatch(stdout, /over/);
    assert.ok(code === 130 || signal === 'SIGINT', `${code} ${signal}`);
  });

  test('SIGINT ends a run that has more commands queued than it can start', async (t) => {
    if (!isPossible(t)) return;
    const script =
      'interval:us:100 { system("true"); } interval:ms:50 { print("begun"); } END { printf("ended\\n"); }';
    using run = startTetrace(['-q', '--unsafe', '-e', script]);
    await run.waitFor(/begun/);
    run.child.kill('SIGINT');
    const { stdout, stderr, code } = await run.ended;
    assert.match(stdout, /^ended$/m);
    assert.match(stderr, /^WARNING: \d+ commands? of system\(\) left out/m);
    assert.equal(code, 0);
  });

  test('SIGUSR1 runs self probes', async (t) => {
    if (!isPossible(t)) return;
    using run = startTetrace(['-e', 'self:signal:SIGUSR1 { printf("got it\\n"); exit(7); }']);
    await run.waitFor(/Attached 1 probe/, 'stderr');
    run.child.kill('SIGUSR1');
    const { stdout, code } = await run.ended;
    assert.match(stdout, /^got it\n/);
    assert.equal(code, 7);
  });

  test('-c: the command waits until everything is attached, the run ends with it, -v says how', async (t) => {
    if (!isPossible(t)) return;
    const script = 'tracepoint:sched:sched_process_exec { printf("exec %s %d\\n", comm, pid == cpid); }';
    const result = await runTetrace(['-v', '-c', 'sh -c false', '-e', script]);
    assert.match(result.stdout, /^exec sh 1\n/);
    assert.match(result.stderr, /^Child exited with code: 1$/m);
    assert.equal(result.code, 0);
    const passed = await runTetrace(['-q', '--child-exit-code', '-c', 'sh -c false', '-e', script]);
    assert.equal(passed.code, 1);
  });

  const withoutBtf: RunOptions = { env: { BPFTRACE_BTF: '/dev/null' } };

  test("without the kernel's BTF scripts run that need no types", async (t) => {
    if (!isPossible(t)) return;
    const script =
      'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); @ids = hist(args.id); } tracepoint:syscalls:sys_enter_openat { printf("%s\\n", str(args.filename)); }';
    const run = await runTetrace(['-q', '-e', script, '-c', 'cat /etc/hostname'], withoutBtf);
    assert.deepEqual({ stderr: run.stderr, code: run.code }, { stderr: '', code: 0 });
    assert.match(run.stdout, /^\/etc\/hostname$/m);
    assert.match(run.stdout, /^@\[cat\]: \d+$/m);
  });

  test("without the kernel's BTF own definitions stand in", async (t) => {
    if (!isPossible(t)) return;
    const own = `
      struct timespec64 { long seconds; long nanoseconds; };
      tracepoint:syscalls:sys_enter_clock_nanosleep
      { $wish = (struct timespec64 *)args.rqtp; printf("%d %d\\n", $wish.seconds, $wish.nanoseconds); }`;
    const run = await runTetrace(['-q', '-e', own, '-c', 'sleep 0.25'], withoutBtf);
    // sleep(1) of coreutils 9.1 rounds up
    assert.match(run.stdout, /^0 25000000[01]$/m);
    assert.equal(run.stderr, '');
  });

  test('-c: ending the run ends the command', async (t) => {
    if (!isPossible(t)) return;
    const script = 'BEGIN { printf("%d\\n", cpid); } interval:s:100 {}';
    using run = startTetrace(['-q', '-c', 'sleep 1000', '-e', script]);
    const [, pid] = await run.waitFor(/^(\d+)\n/);
    run.child.kill('SIGINT');
    await run.ended;
    assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });
  });

  test('-p: the run ends with the process', async (t) => {
    if (!isPossible(t)) return;
    const sleeper = spawn('sleep', ['1000']);
    using run = startTetrace([
      '-q',
      '-p',
      String(sleeper.pid),
      '-e',
      'BEGIN { printf("begun\\n"); } interval:s:100 {}',
    ]);
    await run.waitFor(/begun/);
    sleeper.kill();
    assert.equal((await run.ended).code, 0);
    const gone = await runTetrace(['-p', String(sleeper.pid), '-e', 'BEGIN {}']);
    assert.equal(gone.stderr, 'ERROR: Failed to attach to pid: Unable to open pidfd (No such process)\n');
    assert.equal(gone.code, 1);
  });

  test('-o writes the output to a file, and says when it cannot', async (t) => {
    if (!isPossible(t)) return;
    const path = join(directory, 'out');
    const result = await runTetrace(['-q', '-o', path, '-e', 'BEGIN { printf("to a file\\n"); exit(); }']);
    assert.deepEqual([result.stdout, result.stderr], ['', '']);
    assert.match(readFileSync(path, 'utf8'), /^to a file\n/);
    const refused = await runTetrace(['-o', join(directory, 'none/out'), '-e', 'BEGIN { exit(); }']);
    assert.match(refused.stderr, /^ERROR: .*none\/out.*No such file or directory$/m);
    assert.equal(refused.code, 1);
  });

  test('-q leaves out what is said around the output', async (t) => {
    if (!isPossible(t)) return;
    const script = 'BEGIN { printf("hi\\n"); exit(); }';
    const [spoken, quiet] = [await runTetrace(['-e', script]), await runTetrace(['-q', '-e', script])];
    assert.equal(spoken.stderr, 'Attached 1 probe\n');
    assert.equal(quiet.stderr, '');
    assert.equal(quiet.stdout, spoken.stdout);
  });

  test('-B says when output is written: at the end, or as it comes', async (t) => {
    if (!isPossible(t)) return;
    const script = 'interval:ms:20 { @n++; printf("line\\n"); if (@n == 10) { clear(@n); exit(); } }';
    for (const mode of ['full', 'line', 'none']) {
      using run = startTetrace(['-q', '-B', mode, '-e', script]);
      let pieces = 0;
      run.child.stdout.on('data', () => pieces++);
      const { stdout } = await run.ended;
      assert.equal(stdout, `${'line\n'.repeat(10)}\n\n`);
      assert.equal(pieces === 1, mode === 'full', `${mode}: ${pieces} pieces`);
    }
  });

  test('-f json: one object per line, no empty lines', async (t) => {
    if (!isPossible(t)) return;
    const { stdout } = await runTetrace(['-f', 'json', '-e', 'BEGIN { @a = 1; printf("x"); exit(); }']);
    assert.deepEqual(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
      [
        { type: 'attached_probes', count: 1, data: { probes: 1 } },
        { type: 'printf', data: 'x' },
        { type: 'map', data: { '@a': 1 } },
      ],
    );
    const wrong = await runTetrace(['-f', 'xml', '-e', 'BEGIN { exit(); }']);
    assert.equal(wrong.stderr, `ERROR: Invalid output format "xml"\nValid formats: 'text', 'json'\n`);
  });

  test('a reader that goes away ends the run', async (t) => {
    if (!isPossible(t)) return;
    using run = startTetrace(['-q', '-e', 'interval:ms:1 { printf("again\\n"); }']);
    await run.waitFor(/again/);
    run.child.stdout.destroy();
    assert.equal((await run.ended).code, 141);
  });

  test('--dry-run attaches, and runs nothing', async (t) => {
    if (!isPossible(t)) return;
    const result = await runTetrace([
      '--dry-run',
      '-e',
      'BEGIN { printf("no\\n"); } interval:s:1 { printf("no\\n"); }',
    ]);
    assert.deepEqual(result, { stdout: '', stderr: '', code: 0, signal: undefined });
  });

  test('test runners are told when everything is attached', async (t) => {
    if (!isPossible(t)) return;
    const env = { __BPFTRACE_NOTIFY_PROBES_ATTACHED: '1' };
    const { stdout } = await runTetrace(['-q', '-e', 'interval:ms:1 { exit(); }'], { env });
    assert.match(stdout, /^__BPFTRACE_NOTIFY_PROBES_ATTACHED\n/);
  });

  test('named parameters reach the program', async (t) => {
    if (!isPossible(t)) return;
    const script = 'BEGIN { printf("%d %s\\n", getopt("count", 5), getopt("who", "me")); exit(); }';
    const given = await runTetrace(['-q', '-e', script, '--', '--count=7']);
    assert.match(given.stdout, /^7 me\n/);
    const unknown = await runTetrace(['-q', '-e', script, '--', '--other']);
    assert.match(unknown.stderr, /^ERROR: unexpected program command line options: --other$/m);
    assert.equal(unknown.code, 1);
  });
}
