import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { CProgram } from '../support/c-program.ts';
import { requireProgram, requireRoot } from '../support/requirements.ts';
import { type RunResult, runTetrace } from '../support/run-tetrace.ts';

/** Ways to get to leaf(), each by a function of its own. */
const source = `#define _GNU_SOURCE
#include <alloca.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#define KEEP __attribute__((noinline, noipa))
volatile long sink;
KEEP void leaf(void) { sink++; }
KEEP void inner(long a) { long local[20]; local[a & 7] = a; leaf(); sink += local[3]; }
KEEP int compare(const void *a, const void *b) { inner(1); return *(const int *)a - *(const int *)b; }
KEEP void by_qsort(void) { int numbers[] = { 3, 1, 2 }; qsort(numbers, 3, sizeof(int), compare); sink += numbers[0]; }
KEEP void on_signal(int number) { inner(number); sink++; }
KEEP void by_signal(void) { signal(SIGUSR1, on_signal); raise(SIGUSR1); sink++; }
KEEP void on_other_stack(void)
{
  static char stack[65536];
  stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
  sigaltstack(&other, 0);
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR2);
  sink++;
}
KEEP void realigned(long count)
{
  _Alignas(64) char aligned[128];
  char *more = alloca(count);
  memset(aligned, count, sizeof aligned);
  memset(more, 1, count);
  inner((long)more & 1);
  sink += aligned[5] + more[0];
}
KEEP void by_realigning(void) { realigned(sink + 100); sink++; }
KEEP void *thread(void *unused) { inner(2); sink++; return unused; }
KEEP void by_thread(void) { pthread_t id; pthread_create(&id, 0, thread, 0); pthread_join(id, 0); sink++; }
/* push rbp; mov rbp, rsp; call rdi; pop rbp; ret */
static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3 };
KEEP void by_made_code(void)
{
  void *made = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(made, code, sizeof code);
  ((void (*)(void (*)(void)))made)(leaf);
  sink++;
}
KEEP void by_plugin(const char *path)
{
  void (*plugin)(void (*)(void)) = dlsym(dlopen(path, RTLD_NOW), "plugin");
  for (;;) { plugin(leaf); usleep(5000); }
}
int main(int argc, char **argv)
{
  const char *how = argv[1];
  if (!strcmp(how, "qsort")) by_qsort();
  if (!strcmp(how, "signal")) by_signal();
  if (!strcmp(how, "altstack")) on_other_stack();
  if (!strcmp(how, "realigned")) by_realigning();
  if (!strcmp(how, "thread")) by_thread();
  if (!strcmp(how, "made")) by_made_code();
  if (!strcmp(how, "plugin")) by_plugin(argv[2]);
  while (!strcmp(how, "wait")) { by_qsort(); usleep(2000); }
  return 0;
}
`;
const plugin = `volatile int sink;
__attribute__((noinline)) void plugged(void (*callback)(void)) { callback(); sink++; }
void plugin(void (*callback)(void)) { plugged(callback); sink++; }
`;
const bare = ['-O2', '-g0', '-fomit-frame-pointer', '-fno-optimize-sibling-calls', '-ldl', '-pthread'];

function run(script: string, args: readonly string[]): Promise<RunResult> {
  const config = 'config = { unstable_dw_ustack = enable; show_debug_info = false }';
  return runTetrace(['-q', ...args, '-e', `${config} ${script}`], { timeoutMs: 240_000 });
}

/** The functions of a stack that are the program's own, from the outermost on. */
function ownFunctions(text: string): string {
  const names = [...text.matchAll(/^\s+(\w+)\+\d+$/gm)].map(([, name]) => name ?? '');
  const own =
    /^(main|leaf|inner|compare|by_\w+|on_\w+|realigned|thread|plugin|plugged|_start|start_thread|qsort)$/;
  return names
    .filter((name) => own.test(name))
    .reverse()
    .join(' ');
}

const ways = {
  qsort: '_start main by_qsort qsort compare inner leaf',
  signal: '_start main by_signal on_signal inner leaf',
  altstack: '_start main on_other_stack on_signal inner leaf',
  realigned: '_start main by_realigning realigned inner leaf',
  thread: 'thread inner leaf',
  made: '_start main by_made_code leaf',
} as const;

test('stacks of a program without frame pointers', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, bare);
  for (const [way, expected] of Object.entries(ways)) {
    await t.test(way, async () => {
      const script = `uprobe:${program.path}:leaf { printf("%s", dw_ustack); exit(); }`;
      const { stdout, stderr } = await run(script, ['-c', `${program.path} ${way}`]);
      assert.equal(stderr, '');
      // What libc has between them has names only where its symbols are there.
      const found = ownFunctions(stdout).replace(/^start_thread /, '');
      assert.equal(found.replace(' qsort', ''), expected.replace(' qsort', ''), stdout);
      assert.doesNotMatch(stdout, /unwind failure/);
    });
  }
  await t.test('a library that is loaded later', async () => {
    using library = new CProgram(plugin, [...bare, '-shared', '-fPIC']);
    const script = `uprobe:${program.path}:leaf { @[dw_ustack(20)] = count(); } interval:s:3 { exit(); }`;
    const { stdout } = await run(script, ['-c', `${program.path} plugin ${library.path}`]);
    const stacks = stdout.split('@[').map(ownFunctions);
    assert.ok(stacks.includes('_start main by_plugin plugin plugged leaf'), stdout);
  });
});

test('the same frames as by frame pointers, where there are some', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, ['-g0', '-ldl', '-pthread']);
  // Behind `push rbp; mov rbp, rsp`, so that every frame has its pointer.
  const script = `uprobe:${program.path}:leaf+4 { printf("%s|%s", ustack(4), dw_ustack(4)); exit(); }`;
  const { stdout } = await run(script, ['-c', `${program.path} realigned`, '--unsafe']);
  const [byPointers, byTables] = stdout.trimEnd().split('|');
  assert.match(byTables ?? '', /leaf\+4\s+inner\+\d+\s+realigned\+\d+\s+by_realigning\+\d+/);
  assert.equal(byTables?.trim(), byPointers?.trim());
});

test('a process that runs: other probes, modes and limits', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, bare);
  const process = spawn(program.path, ['wait'], { stdio: 'ignore' });
  t.after(() => process.kill('SIGKILL'));
  await once(process, 'spawn');
  const target = ['-p', `${process.pid}`];
  const asleep = await run(
    'tracepoint:syscalls:sys_enter_clock_nanosleep { printf("%s", dw_ustack); exit(); }',
    target,
  );
  // Where the kernel cannot say what the registers of a process were (before Linux 5.15), that is what it says.
  if (!/takes bpf_task_pt_regs\(\) \(Linux 5\.15\)/.test(asleep.stderr)) {
    assert.equal(ownFunctions(asleep.stdout), '_start main', asleep.stderr);
    const sampled = await run(
      'profile:hz:499 { @[dw_ustack(30)] = count(); } interval:s:2 { exit(); }',
      target,
    );
    assert.match(sampled.stdout.split('@[').map(ownFunctions).join('\n'), /^_start main/m);
  }
  const few = await run(
    `uprobe:${program.path}:leaf { printf("%d %d%s%s", len(dw_ustack(3)), len(dw_ustack(0)), dw_ustack(perf, 2), dw_ustack(raw, 1)); exit(); }`,
    target,
  );
  assert.match(
    few.stdout,
    /^3 0\n\t[0-9a-f]+ leaf\+0 \(\S+\)\n\t[0-9a-f]+ inner\+\d+ \(\S+\)\n\n[0-9a-f]+\n\s*$/,
  );
  const given = await run(`uprobe:${program.path}:leaf { printf("%s", dw_ustack(2)); exit(); }`, [
    '--dwarf-pid',
    `${process.pid}`,
  ]);
  assert.equal(ownFunctions(given.stdout), 'inner leaf');
  const returned = await run(`uretprobe:${program.path}:inner { printf("%s", dw_ustack); exit(); }`, target);
  assert.match(ownFunctions(returned.stdout), /^_start main by_qsort (qsort )?compare$/);
});

test('processes without tables', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(source, bare);
  const script = `uprobe:${program.path}:leaf { printf("[%s]", dw_ustack); exit(); }`;
  const none = await run(script, []);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /ERROR: dw_ustack requires a target process\. Use -p, -c, or --dwarf-pid/);
  const gone = await run(script, ['--dwarf-pid', '4194303']);
  assert.match(gone.stderr, /ERROR: Failed to read the mappings of pid 4194303/);
  const child = spawn(program.path, ['wait'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const stranger = spawn('sleep', ['1000']);
  t.after(() => stranger.kill('SIGKILL'));
  const other = await run(script, ['--dwarf-pid', `${stranger.pid}`]);
  assert.match(other.stderr, /WARNING: No DWARF unwind data available for this process\./);
  assert.equal(other.stdout.trim(), '[\n]');
});
