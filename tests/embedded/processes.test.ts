import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CProgram } from '../support/c-program.ts';
import { requireProgram, requireRoot } from '../support/requirements.ts';
import { type RunResult, runTetrace, startTetrace } from '../support/run-tetrace.ts';

const directory = mkdtempSync(join(tmpdir(), 'tetrace-'));
after(() => rmSync(directory, { recursive: true }));

function script(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

function runEmbedded(program: string, ...options: string[]): Promise<RunResult> {
  return runTetrace(['-q', '--backend', 'embedded', '-e', program, ...options]);
}

/** The counts of `@name[key]: n` lines, by key. */
function counts(text: string, map: string): ReadonlyMap<string, number> {
  const lines = text.matchAll(new RegExp(`^${map}\\[(.*)\\]: (\\d+)$`, 'gm'));
  return new Map([...lines].map(([, key = '', count]) => [key, Number(count)]));
}

const countCalls = 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }';

test("every system call is counted, and exit_group, which strace's table leaves out", async (t) => {
  if (!requireProgram(t, 'strace')) return;
  const command = 'ls -R /usr/lib/locale';
  const table = spawnSync('strace', ['-c', ...command.split(' ')], { encoding: 'utf8' }).stderr;
  const total = Number(/^100\.00 +\S+ +\d* +(\d+)\b.*total$/m.exec(table)?.[1]);
  const { stdout, code } = await runEmbedded(countCalls, '-c', command);
  const rows = counts(stdout, '@');
  assert.equal(code, 0);
  // The execve is made under the name before it.
  assert.deepEqual([...rows.keys()], ['sh', 'ls']);
  assert.equal(rows.get('sh'), 1);
  assert.equal((rows.get('sh') ?? 0) + (rows.get('ls') ?? 0), total + 1);
});

test('arguments, results, and the life of a process and its children', async () => {
  const forks = script('forks', 'cat /dev/null /nowhere 2>/dev/null\nexit 3');
  const { stdout, stderr, code } = await runTetrace([
    ...['-q', '--backend', 'embedded', '--child-exit-code', '-c', forks, '-e'],
    `tracepoint:syscalls:sys_enter_openat /comm == "cat"/ { @opens[tid] = str(args.filename); }
     tracepoint:syscalls:sys_exit_openat /comm == "cat" && args.ret < 0/ { @failed[@opens[tid], args.ret] = count(); }
     tracepoint:sched:sched_process_fork { @forks[str(args.parent_comm)] = count(); @same = pid == args.parent_pid; }
     tracepoint:sched:sched_process_exec { @execs[comm, pid == args.pid] = count(); }
     tracepoint:sched:sched_process_exit { @exits[args.comm, args.prio, args.group_dead] = count(); }
     begin { @child = cpid > 0; } end { @uid = uid; }`,
  ]);
  assert.equal(stderr, '');
  assert.equal(code, 3);
  assert.match(stdout, /^@failed\[\/nowhere, -2\]: 1$/m);
  assert.match(stdout, /^@forks\[forks\]: 1$/m);
  assert.match(stdout, /^@same: (1|true)$/m);
  assert.match(stdout, /^@execs\[cat, (1|true)\]: 1$/m);
  assert.match(stdout, /^@execs\[forks, (1|true)\]: 1$/m);
  assert.match(stdout, /^@exits\[cat, 1[0-3]\d, (1|true)\]: 1$/m);
  assert.match(stdout, /^@child: (1|true)$/m);
});

test('both backends count the calls of descendants alike', async (t) => {
  if (!requireRoot(t)) return;
  const program = `tracepoint:raw_syscalls:sys_enter { @enter[comm, args.id] = count(); }
    tracepoint:raw_syscalls:sys_exit { @exit[comm, args.id] = count(); }
    tracepoint:sched:sched_process_fork { @fork[str(args.parent_comm)] = count(); }`;
  // Names that nothing else on the machine has.
  const cat = join(directory, 'family-cat');
  spawnSync('cp', ['/bin/cat', cat]);
  const parent = script('family', `${cat} /dev/null\n${cat} /dev/null`);
  const run = (backend: string): Promise<RunResult> =>
    runTetrace(['-q', '--backend', backend, '-e', program, '-c', parent]);
  const ofFamily = ({ stdout }: RunResult): string[] =>
    stdout
      .split('\n')
      .filter((line) => line.includes('[family'))
      .sort();
  const embedded = ofFamily(await run('embedded'));
  assert.ok(embedded.length > 20, embedded.join('\n'));
  assert.deepEqual(embedded, ofFamily(await run('kernel')));
});

test('threads: each is told of, and exec in one of them ends the others', async (t) => {
  if (!requireProgram(t, 'gcc')) return;
  using program = new CProgram(
    `#include <pthread.h>
     #include <unistd.h>
     #include <sys/syscall.h>
     static void *count(void *p) { for (int i = 0; i < 200; i++) syscall(SYS_getppid); return p; }
     static void *become(void *p) { execl("/bin/true", "true", (char *)0); return p; }
     int main(void) {
       pthread_t t[4];
       for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, count, 0);
       for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
       pthread_create(&t[0], 0, become, 0);
       pthread_join(t[0], 0);
       return 1;
     }`,
    ['-pthread'],
  );
  const { stdout, code } = await runTetrace([
    ...['-q', '--backend', 'embedded', '--child-exit-code', '-c', program.path, '-e'],
    `tracepoint:syscalls:sys_enter_getppid { @calls = count(); @threads[tid] = 1; @pids[pid] = 1; }
     tracepoint:sched:sched_process_exec /comm == "true"/ { @exec = (pid == tid, args.old_pid == pid); }
     end { print((len(@threads), len(@pids))); clear(@threads); clear(@pids); }`,
  ]);
  assert.equal(code, 0);
  assert.match(stdout, /^\(4, 1\)$/m);
  assert.match(stdout, /^@calls: 800$/m);
  assert.match(stdout, /^@exec: \((1, 0|true, false)\)$/m);
});

test('write_user() changes what the process has, by a value or by what an address holds', async () => {
  const speaks = script('speaks', 'echo first; echo second');
  const { stdout, stderr } = await runTetrace([
    ...['-q', '--unsafe', '--no-warnings', '--backend', 'embedded', '-c', speaks, '-e'],
    `tracepoint:syscalls:sys_enter_write /args.fd == 1 && @n == 0/ { @n = 1; _ = write_user(args.buf, "FI", 2); }
     tracepoint:syscalls:sys_enter_write /args.fd == 1 && strncmp(str(args.buf), "sec", 3) == 0/ {
       _ = write_user(args.buf + 2, args.buf, 2); clear(@n);
     }`,
  ]);
  assert.equal(stderr, '');
  assert.match(stdout, /^FIrst\nsesend\n/);
});

test('signals reach the traced process, and are told', async () => {
  const traps = script('traps', "trap 'exit 5' TERM\nkill -TERM $$\nexit 1");
  const { stdout, code } = await runTetrace([
    ...['-q', '--backend', 'embedded', '--child-exit-code', '-c', traps, '-e'],
    'tracepoint:signal:signal_deliver { @[args.sig, args.code] = count(); }',
  ]);
  assert.match(stdout, /^@\[15, 0\]: 1$/m);
  assert.equal(code, 5);
  const dies = script('dies', 'kill -KILL $$');
  const killed = await runTetrace(['-q', '-v', '--backend', 'embedded', '-e', countCalls, '-c', dies]);
  assert.match(killed.stderr, /^Child terminated by signal: SIGKILL$/m);
});

test('a process of -p goes on when tracing ends, and its children are left alone', async () => {
  const other = script('other', 'while read -r line; do /bin/true; echo "$line"; done');
  using target = startTetrace([], { program: other });
  const answer = async (text: string): Promise<void> => {
    target.child.stdin.write(`${text}\n`);
    await target.waitFor(new RegExp(`^${text}$`, 'm'));
  };
  await answer('before');
  const pid = String(target.child.pid);
  using run = startTetrace([
    ...['-B', 'none', '--backend', 'embedded', '-p', pid, '-e'],
    `tracepoint:syscalls:sys_exit_read /args.ret > 0/ { printf("read %d\\n", args.ret); }
     tracepoint:raw_syscalls:sys_enter /pid != ${pid}/ { printf("a stranger\\n"); }`,
  ]);
  await run.waitFor(/Attached/, 'stderr');
  await answer('during');
  await run.waitFor(/^read 1$/m);
  run.child.kill('SIGINT');
  const { stdout, code } = await run.ended;
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /stranger/);
  await answer('after');
});

test('a command that runs on is ended with the run', async () => {
  using run = startTetrace([
    ...['-B', 'none', '--backend', 'embedded', '-c', '/bin/sleep 1000', '-e'],
    'tracepoint:syscalls:sys_enter_clock_nanosleep { printf("sleeps as %d\\n", pid); }',
  ]);
  const [, pid] = await run.waitFor(/sleeps as (\d+)/);
  run.child.kill('SIGTERM');
  assert.equal((await run.ended).code, 0);
  assert.throws(() => process.kill(Number(pid), 0), /ESRCH/);
});

test('a process that may not be traced is an error that says why', async (t) => {
  if (process.geteuid?.() === 0) return t.skip('root may trace every process');
  const { stderr, code } = await runEmbedded(countCalls, '-p', '1');
  assert.match(stderr, /^HINT: process 1 cannot be traced: Operation not permitted$/m);
  assert.equal(code, 255);
});

test('without a process there are no events of processes, and what there is is named', async () => {
  const { stderr, code } = await runEmbedded(countCalls);
  assert.match(stderr, /^stdin:1:1-34: ERROR: No matches for tracepoint raw_syscalls:sys_enter\.$/m);
  assert.match(stderr, /^HINT: --backend embedded serves .* -c COMMAND/m);
  assert.equal(code, 1);
});
