import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { CProgram } from '../support/c-program.ts';
import { faultEnvironment } from '../support/fault-tests.ts';
import { requireProgram, requireRoot, skipUnless } from '../support/requirements.ts';
import {
  type RunningTetrace,
  type RunOptions,
  type RunResult,
  runTetrace,
  startTetrace,
} from '../support/run-tetrace.ts';

const source = `
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
__attribute__((noinline)) int factorial(int n) { return n <= 1 ? 1 : n * factorial(n - 1); }
__attribute__((noinline, naked)) int odd(void) { __asm__("xor %eax, %eax; inc %eax; ret"); }
__attribute__((noinline, naked)) int jumps(void) { __asm__("jmp odd"); }
static jmp_buf out;
__attribute__((noinline)) void leave(void) { longjmp(out, 1); }
__attribute__((noinline)) void leaveLater(void) { leave(); }
__attribute__((noinline)) int tries(void) { if (setjmp(out) == 0) leaveLater(); return 5; }
__attribute__((noinline)) const char *greet(const char *name) { return name[0] == 'w' ? "hello" : "?"; }
static void *count(void *p) { for (int i = 0; i < 50; i++) { factorial(3); odd(); } return p; }
static void ignore(int number) { (void)number; }
static volatile int isWaiting;
static void *waitInVfork(void *p) {
  if (vfork() == 0) { prctl(PR_SET_PDEATHSIG, SIGKILL); isWaiting = 1; pause(); _exit(0); }
  return p;
}
int main(int argc, char **argv) {
  if (argc > 2) { pthread_t thread; pthread_create(&thread, 0, waitInVfork, 0); while (!isWaiting) ; }
  if (argc > 1) {
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
      if (fork() == 0) { odd(); _exit(0); }
      int status; wait(&status);
      printf("%d %d %d\\n", odd(), factorial(4), WIFEXITED(status));
      fflush(stdout);
    }
    return 0;
  }
  greet("world");
  for (int i = 0; i < 2; i++) { jumps(); tries(); }
  signal(SIGALRM, ignore);
  ualarm(500, 500);
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, count, 0);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  ualarm(0, 0);
  if (fork() == 0) _exit(factorial(2));
  int status; wait(&status);
  return factorial(3);
}`;

let program: CProgram | undefined;
after(() => program?.[Symbol.dispose]());

/** The path of the program, made once; undefined when the test is skipped. */
function programPath(t: TestContext): string | undefined {
  if (!skipUnless(t, process.arch === 'x64', 'its assembly is that of x86-64')) return undefined;
  if (!requireProgram(t, 'gcc')) return undefined;
  program ??= new CProgram(source, ['-pthread']);
  return program.path;
}

const script = (path: string): string => `
  uprobe:${path}:factorial { @n[arg0] = count(); @stack[pid == tid] = count(); }
  uretprobe:${path}:factorial { @returned[retval] = count(); @func[func] = count(); }
  uprobe:${path}:odd { @odd = count(); }
  uretprobe:${path}:odd { @result = sum(retval); }
  uretprobe:${path}:jumps { @jumped = sum(retval); }
  uretprobe:${path}:leave { @left = count(); }
  uretprobe:${path}:tries { @tried = sum(retval); }
  uprobe:${path}:greet { @greet[str(arg0)] = count(); }
  uretprobe:${path}:greet { @greeted[str(retval)] = count(); }`;

test('functions and their returns are seen: recursion, tail calls, longjmp(), threads, signals, forks', async (t) => {
  const path = programPath(t);
  if (path === undefined) return;
  const run = (backend: string): Promise<RunResult> =>
    runTetrace(['-q', '--child-exit-code', '--backend', backend, '-e', script(path), '-c', path]);
  const embedded = await run('embedded');
  assert.equal(embedded.code, 6);
  for (const line of ['@greet[world]: 1', '@greeted[hello]: 1', '@n[3]: 151', '@n[2]: 151', '@n[1]: 151'])
    assert.ok(embedded.stdout.includes(`${line}\n`), `${line}\n${embedded.stdout}`);
  for (const line of ['@returned[6]: 151', '@func[factorial]: 453', '@odd: 152', '@result: 152'])
    assert.ok(embedded.stdout.includes(`${line}\n`), `${line}\n${embedded.stdout}`);
  // One that ends in a jump to another function comes back with it; one that longjmp() leaves does not, and is in nobody's way.
  for (const line of ['@jumped: 2', '@tried: 10'])
    assert.ok(embedded.stdout.includes(`${line}\n`), `${line}\n${embedded.stdout}`);
  assert.doesNotMatch(embedded.stdout, /@left/);
});

test('names of a program that has ended, in a folder that is not spelled in ASCII', async (t) => {
  if (!requireProgram(t, 'gcc')) return;
  using program = new CProgram('int größe(int x) { return x; }\nint main(void) { return größe(3); }');
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-ä-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'größer');
  copyFileSync(program.path, path);
  const text = `uprobe:${path}:größe { printf("%s %s\\n", probe, usym(reg("ip"))); }`;
  const { stdout } = await runTetrace(['-q', '--backend', 'embedded', '-e', text, '-c', path]);
  assert.equal(stdout.trimEnd(), `uprobe:${path}:größe größe`);
});

test('the kernel counts the same', async (t) => {
  if (!requireRoot(t)) return;
  const path = programPath(t);
  if (path === undefined) return;
  const run = async (backend: string): Promise<string> => {
    const { stdout } = await runTetrace(['-q', '--backend', backend, '-e', script(path), '-c', path]);
    // The kernel names addresses of a process that may have ended, and does not read a page that nobody has touched yet.
    return stdout.replace(/^@(func|greet)\[.*\n/gm, '');
  };
  assert.equal(await run('embedded'), await run('kernel'));
});

test('a running process gets them and loses them again', async (t) => {
  const path = programPath(t);
  if (path === undefined) return;
  using target = startTetrace(['serve'], { program: path });
  const ask = async (times: number): Promise<void> => {
    target.child.stdin.write('\n');
    await target.waitFor(new RegExp(`^(1 24 1\\n){${times}}$`));
  };
  await ask(1);
  using run = startTetrace([
    ...['-B', 'none', '--backend', 'embedded', '-p', String(target.child.pid), '-e'],
    `uprobe:${path}:odd { printf("odd\\n"); } uretprobe:${path}:factorial { printf("= %d\\n", retval); }`,
  ]);
  await run.waitFor(/Attached/, 'stderr');
  await ask(2);
  await run.waitFor(/^odd$/m);
  run.child.kill('SIGINT');
  const { stdout, code } = await run.ended;
  assert.equal(code, 0);
  // Its child is another process; the arguments of printf() are computed from the last one on.
  assert.equal(stdout.trimEnd(), '= 1\n= 2\n= 6\n= 24\nodd');
  await ask(3);
});

for (const [how, end, env] of [
  ['a terminal that is closed', (run) => run.child.kill('SIGHUP'), {}],
  ['a second signal before the first has ended the run', killUntilEnded, {}],
  ['a fault of ours', (run) => run.child.kill('SIGUSR2'), faultEnvironment],
] satisfies readonly [string, (run: RunningTetrace) => unknown, RunOptions['env']][]) {
  test(`${how} leaves none in a running process`, async (t) => {
    const path = programPath(t);
    if (path === undefined) return;
    // A thread that waits in vfork() does not stop: letting the process go takes half a second.
    using target = startTetrace(['serve', 'wait'], { program: path });
    const options = ['-B', 'none', '--backend', 'embedded', '-p', String(target.child.pid), '-e'];
    using run = startTetrace([...options, `uprobe:${path}:odd { printf("odd\\n"); }`], { env });
    await run.waitFor(/Attached/, 'stderr');
    target.child.stdin.write('\n');
    await run.waitFor(/^odd$/m);
    await end(run);
    target.child.stdin.end('\n');
    assert.equal((await target.ended).stdout, '1 24 1\n1 24 1\n');
  });
}

async function killUntilEnded(run: RunningTetrace): Promise<void> {
  let isEnded = false;
  void run.ended.then(() => (isEnded = true));
  while (!isEnded) {
    run.child.kill('SIGINT');
    await setImmediate();
  }
}
