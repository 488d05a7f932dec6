import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openVmlinuxBtf } from '../../src/kernel/index.ts';
import { ElfFiles } from '../../src/runtime/index.ts';
import { CProgram } from '../support/c-program.ts';
import { inFolder } from '../support/loads.ts';
import { countOf, histogramTotal } from '../support/output-patterns.ts';
import { requireProgram, requireRoot, skipUnless } from '../support/requirements.ts';
import { type RunResult, runTetrace, startTetrace } from '../support/run-tetrace.ts';
import { interrupt, runProgram, waitForAttached } from '../support/trace-load.ts';

const copyBytes = 'dd if=/dev/zero of=/dev/null bs=1 count=1000 status=none';

/**
 * Whether the kernel finds the caller of a function at whose entry a uprobe stands. No frame pointer leads there yet, and kernels before Linux 6.12
 * pass the caller over: all calls of a function from another one show as those of that one's caller. Newer ones keep the uprobe at hand to
 * look what it stands on. Source: arch/x86/events/core.c, is_uprobe_at_func_entry().
 */
function seesCallerAtEntry(): boolean {
  const btf = openVmlinuxBtf();
  const task = btf?.find('uprobe_task', 'struct');
  return task !== undefined && btf?.findMember(task, 'auprobe') !== undefined;
}

test('the one-liner of the README: system calls by program, fewest first', async (t) => {
  if (!requireRoot(t)) return;
  const script = 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }';
  const { stdout, stderr, code } = await runTetrace(['-e', script, '-c', copyBytes]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: 'Attached 1 probe\n' });
  assert.match(stdout, /^\n\n(?:@\[[^\]\n]+\]: \d+\n)+$/);
  const counts = [...stdout.matchAll(/: (\d+)$/gm)].map(([, count]) => Number(count));
  assert.deepEqual(
    counts,
    [...counts].sort((a, b) => a - b),
  );
  const calls = countOf(stdout, '@[dd]');
  assert.ok(calls >= 2000 && calls < 2200, stdout);
});

test('tracepoints: arguments, and -p keeps others out where -c lets them in', async (t) => {
  if (!requireRoot(t)) return;
  await inFolder(async (folder) => {
    // The second program is a child of the command.
    const command = join(folder, 'command');
    writeFileSync(command, '#!/bin/sh\ncat /etc/hostname >/dev/null\n', { mode: 0o755 });
    const opened = 'tracepoint:syscalls:sys_enter_openat { printf("%s %s\\n", comm, str(args.filename)); }';
    const all = await runTetrace(['-q', '-e', opened, '-c', command]);
    assert.match(all.stdout, /^cat \/etc\/hostname$/m);

    const named = 'tracepoint:syscalls:sys_enter_openat { printf("%d %s\\n", pid, str(args.filename)); }';
    using tracer = startTetrace(['-e', named, '-p', String(process.pid)]);
    await waitForAttached(tracer);
    await runProgram(['cat', '/etc/hostname']);
    readFileSync('/etc/hosts');
    await tracer.waitFor(/ \/etc\/hosts$/m);
    const { stdout } = await interrupt(tracer);
    const pids = new Set(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    );
    assert.deepEqual([...pids], [String(process.pid)]);
  });
});

test('tracepoints by pattern: one program for all, or one for each that needs its name', async (t) => {
  if (!requireRoot(t)) return;
  const run = await runTetrace([
    '-e',
    'tracepoint:syscalls:sys_*_read { @[probe] = count(); }',
    '-c',
    copyBytes,
  ]);
  assert.equal(run.stderr, 'Attached 2 probes\n');
  for (const name of ['sys_enter_read', 'sys_exit_read']) {
    assert.ok(countOf(run.stdout, `@[tracepoint:syscalls:${name}]`) >= 1000, run.stdout);
  }
});

test('there are as many threads to detach with as there are probes, few for a few', async (t) => {
  if (!requireRoot(t)) return;
  const threadsWith = async (probes: string, ...args: readonly string[]): Promise<number> => {
    const script = `${probes} { @ = count(); } interval:ms:400 { system("ls /proc/$PPID/task"); exit(); }`;
    const { stdout } = await runTetrace(['--unsafe', '-q', '-e', script, ...args], {
      env: { UV_THREADPOOL_SIZE: undefined },
    });
    return [...stdout.matchAll(/^\d+$/gm)].length;
  };
  const few = await threadsWith('tracepoint:syscalls:sys_enter_mount');
  assert.ok(few > 0 && few < 20, `${few} threads`);
  assert.equal(await threadsWith('tracepoint:syscalls:sys_enter_mount', '-p', String(process.pid)), few);
  const many = await threadsWith('tracepoint:syscalls:sys_enter_s*');
  assert.ok(many >= few + 40, `${many} threads`);
});

test('raw tracepoints: typed arguments and numbered ones', async (t) => {
  if (!requireRoot(t)) return;
  const typed =
    'rawtracepoint:sched_process_exec { printf("%s %d\\n", str(args.bprm.filename), args.old_pid == pid); }';
  const run = await runTetrace(['-q', '-e', typed, '-c', '/bin/true']);
  assert.match(run.stdout, /^\/bin\/true 1$/m);
  const numbered = await runTetrace([
    '-q',
    '-e',
    'rawtracepoint:sys_enter { @[arg1] = count(); }',
    '-c',
    copyBytes,
  ]);
  assert.ok(countOf(numbered.stdout, '@[1]') >= 1000, numbered.stdout);
});

describe('timers and samples', () => {
  test('interval', async (t) => {
    if (!requireRoot(t)) return;
    const run = await runTetrace(['-q', '-e', 'interval:ms:20 { @n++; if (@n == 3) { exit(7); } }']);
    assert.deepEqual(run, { stdout: '\n\n@n: 3\n', stderr: '', code: 7, signal: undefined });
  });

  test('interval: how long it really is', async (t) => {
    if (!requireRoot(t)) return;
    const run = await runTetrace([
      '-q',
      '-e',
      'interval:ms:50 { if (@last != 0) { @ms = lhist((nsecs - @last) / 1000000, 0, 100, 25); @n++; } @last = nsecs; if (@n == 10) { clear(@last); exit(); } }',
    ]);
    assert.equal(histogramTotal(run.stdout, '@ms'), 10);
    assert.match(run.stdout, /^\[50, 75\) +[1-9]/m);
  });

  test('profile finds who computes', async (t) => {
    if (!requireRoot(t)) return;
    const script =
      'profile:hz:997 /pid == cpid && comm == "dd"/ { @ = count(); @where[comm, usermode] = count(); if (nsecs > 0) { exit(); } }';
    const run = await runTetrace(['-q', '-e', script, '-c', 'dd if=/dev/zero of=/dev/null']);
    assert.ok(countOf(run.stdout, '@') >= 1, run.stdout);
    assert.match(run.stdout, /^@where\[dd, [01]\]: \d+$/m);
  });

  test('software: page faults of a program that starts', async (t) => {
    if (!requireRoot(t)) return;
    const run = await runTetrace([
      '-q',
      '-e',
      'software:page-faults:1 { @[comm] = count(); }',
      '-c',
      '/bin/true',
    ]);
    assert.ok(countOf(run.stdout, '@[true]') > 10, run.stdout);
  });
});

describe('uprobes', () => {
  // It reads its text before the probe does, which cannot fetch memory that nobody has touched yet; and it stays until its symbols are read.
  const source = `
    #include <string.h>
    #include <unistd.h>
    static const char *text = "seven ";
    int area(int width, int height) { return width * height; }
    long word(const char *text, long long big) { return strlen(text) + (big > 0); }
    int main(void) {
      char c;
      int bad = strlen(text) != 6;
      area(6, 7); area(2, 3);
      bad += word(text, 1LL << 40) != 7;
      while (read(0, &c, 1) > 0) {}
      return bad;
    }`;

  /** Runs the victim while `script` is attached, until `last` has been printed. */
  async function runVictim(victim: CProgram, script: string, last: RegExp): Promise<RunResult> {
    using tracer = startTetrace(['-e', script]);
    await waitForAttached(tracer);
    const child = spawn(victim.path, { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      await tracer.waitFor(last);
      return await interrupt(tracer);
    } finally {
      child.stdin.end();
    }
  }

  test('arguments, results, texts, names', async (t) => {
    if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
    using victim = new CProgram(source);
    const script = `
      uprobe:${victim.path}:area { printf("%s(%d, %d)\\n", func, arg0, arg1); }
      uretprobe:${victim.path}:area { printf("= %d\\n", retval); }
      uprobe:${victim.path}:word { printf("%s %d %s\\n", str(arg0), arg1 >> 40, probe); }
      uretprobe:${victim.path}:word { printf("= %d\\n", retval); }`;
    const run = await runVictim(victim, script, /^= 7$/m);
    assert.equal(run.stderr, 'Attached 4 probes\n');
    assert.equal(
      run.stdout.trimEnd(),
      `area(6, 7)\n= 42\narea(2, 3)\n= 6\nseven  1 uprobe:${victim.path}:word\n= 7`,
    );
  });

  test('patterns, offsets, stacks', async (t) => {
    if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
    using victim = new CProgram(source);
    const script = `
      uprobe:${victim.path}:*r* { @[func] = count(); }
      uprobe:${victim.path}:area+0 { @stack[ustack(2)] = count(); }
      uprobe:${victim.path}:word { print(@); print(@stack); printf("all\\n"); }`;
    const run = await runVictim(victim, script, /^all$/m);
    assert.equal(countOf(run.stdout, '@[area]'), 2);
    assert.equal(countOf(run.stdout, '@[word]'), 1);
    const [frames, calls] = seesCallerAtEntry() ? [' {8}main\\+\\d+.*', 1] : ['(?! {8}main).*', 2];
    assert.match(run.stdout, new RegExp(`^@stack\\[\\n {8}area\\+0.*\\n${frames}\\n\\]: ${calls}$`, 'm'));
  });

  test('a library stored in a zip archive, which a program maps from there', async (t) => {
    if (!requireRoot(t) || !requireProgram(t, 'gcc') || !requireProgram(t, 'zip')) return;
    await inFolder(async (folder) => {
      using library = new CProgram('int twice(int x) { return 2 * x; }', ['-shared', '-fPIC', '-nostdlib']);
      const archive = join(folder, 'base.apk');
      await runProgram(['zip', '-0', '-j', '-q', archive, library.path]);
      const inside = `${archive}!/program`;
      const elf = new ElfFiles().open(inside);
      const offset = elf?.fileOffset(elf.functionsNamed('twice')[0]?.address ?? 0n);
      assert.ok(offset);
      using program = new CProgram(`
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        int main(int argc, char **argv) {
          long offset = atol(argv[2]), page = offset & ~4095L;
          char *code = mmap(0, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE, open(argv[1], O_RDONLY), page);
          return ((int (*)(int))(code + offset - page))(21) != 42;
        }`);
      const script = `uprobe:"${inside}":twice { printf("%s %d\\n", probe, arg0); }`;
      const run = await runTetrace(['-q', '-e', script, '-c', `${program.path} ${archive} ${offset}`]);
      assert.equal(run.stdout.trimEnd(), `uprobe:${inside}:twice 21`, run.stderr);
    });
  });

  for (const flag of ['-no-pie', '-pie']) {
    test(`uaddr(): variables where the binary is loaded, ${flag}`, async (t) => {
      if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
      const globals = `
        #include <stdint.h>
        int8_t byte = -3; uint16_t half = 0x1234; uint32_t word = 0x12345678; uint64_t whole = 0x123456789abcdef0;
        int32_t many[3] = { 10, 20, 30 };
        int before(void) { return 1; }
        int look(int x) { return x; }
        int main(void) { return look(before() - 1) + (byte + half + word + whole + many[0] == 0); }`;
      using program = new CProgram(globals, [flag]);
      const script = `
        uprobe:${program.path}:look {
          print((*uaddr("byte"), *uaddr("half"), *uaddr("word"), *uaddr("whole"), ((int32 *)uaddr("many"))[2]));
        }
        uprobe:${program.path}:before+4 { print(*uaddr("half")); }`;
      const run = await runTetrace(['-q', '-e', script, '-c', program.path]);
      assert.equal(run.stderr, '');
      assert.equal(run.stdout.trimEnd(), '4660\n(-3, 4660, 305419896, 1311768467463790320, 30)');

      const missing = await runTetrace([
        '-q',
        '-e',
        `uprobe:${program.path}:look { print(uaddr("nowhere")); }`,
      ]);
      assert.match(missing.stderr, /ERROR: Could not resolve symbol: \S+:nowhere/);
      assert.equal(missing.code, 1);
    });
  }

  test('what does not exist', async (t) => {
    if (!requireRoot(t)) return;
    const noFile = await runTetrace(['-q', '-e', 'uprobe:/no/such/file:f { }']);
    assert.match(
      noFile.stderr,
      /ERROR: uprobe target file '\/no\/such\/file' does not exist or is not executable/,
    );
    assert.equal(noFile.code, 1);
    const noSymbol = await runTetrace(['-q', '-e', 'uprobe:/bin/sh:no_such_function { }']);
    assert.match(noSymbol.stderr, /ERROR: No matches for uprobe \/\S+sh:no_such_function\./);
    assert.equal(noSymbol.code, 1);
  });
});

test('several attach points in one probe, predicates, and what -f json says of them', async (t) => {
  if (!requireRoot(t)) return;
  const script =
    'tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_write /comm == "dd" && args.count == 1/ { @[probe] = count(); }';
  using tracer = startTetrace(['-f', 'json', '-e', script]);
  await tracer.waitFor(/^\{"type": "attached_probes", "count": 2, "data": \{"probes": 2\}\}$/m);
  await runProgram(copyBytes.split(' '));
  const { stdout } = await interrupt(tracer);
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.deepEqual(last, {
    type: 'map',
    data: {
      '@': { 'tracepoint:syscalls:sys_enter_read': 1000, 'tracepoint:syscalls:sys_enter_write': 1000 },
    },
  });
});

test('a watchpoint with -p: threads that have ended do not matter, and those that start later are seen', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  const hasBreakpoints = existsSync('/sys/bus/event_source/devices/breakpoint');
  if (!skipUnless(t, hasBreakpoints, 'no hardware breakpoints')) return;
  // The first thread ends, and stays in the list of threads. The second waits for a line; it writes once, and the third three times.
  using program = new CProgram(
    `#include <pthread.h>
#include <stdio.h>
volatile long watched;
static void *third(void *unused) { for (int i = 0; i < 3; i++) watched = i; return unused; }
static void *second(void *first) {
  pthread_t id;
  pthread_join((pthread_t)first, 0);
  printf("%p\\n", (void *)&watched);
  fflush(stdout);
  getchar();
  watched = 9;
  pthread_create(&id, 0, third, 0);
  pthread_join(id, 0);
  return 0;
}
int main(void) { pthread_t id; pthread_create(&id, 0, second, (void *)pthread_self()); pthread_exit(0); }
`,
    ['-pthread'],
  );
  const child = spawn(program.path);
  t.after(() => child.kill('SIGKILL'));
  const [address] = (await once(child.stdout, 'data')) as [Buffer];
  const script = `watchpoint:${address.toString().trim()}:8:w { @ = count(); }`;
  using tracer = startTetrace(['-e', script, '-p', String(child.pid)]);
  await waitForAttached(tracer);
  child.stdin.write('\n');
  assert.match((await tracer.ended).stdout, /^@: 4$/m);
});

test('a profile with -p: all threads of the process are sampled, those that were there and those that come', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  // The first thread sleeps. The second works, and after a line has come starts a third that works.
  using program = new CProgram(
    `#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
static void *work(void *name) { prctl(PR_SET_NAME, (unsigned long)name); for (volatile long i = 0;; i++) ; }
int main(void) {
  pthread_t id;
  pthread_create(&id, 0, work, "second");
  puts("ready");
  fflush(stdout);
  getchar();
  pthread_create(&id, 0, work, "third");
  getchar();
  return 0;
}
`,
    ['-pthread'],
  );
  const child = spawn(program.path);
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const script = `profile:hz:999 { @[comm]++; } interval:ms:100 /@["second"] > 20 && @["third"] > 20/ { exit(); }`;
  using tracer = startTetrace(['-e', script, '-p', String(child.pid)]);
  await waitForAttached(tracer);
  child.stdin.write('\n');
  const { stdout } = await tracer.ended;
  assert.match(stdout, /^@\[second\]: /m);
  assert.match(stdout, /^@\[third\]: /m);
});

test('an iterator that is pinned is read from its file', async (t) => {
  if (!requireRoot(t) || !skipUnless(t, existsSync('/sys/kernel/btf/vmlinux'), 'no BTF')) return;
  const isMounted = readFileSync('/proc/self/mounts', 'utf8').includes(' /sys/fs/bpf bpf ');
  if (!skipUnless(t, isMounted, 'no bpffs')) return;
  const name = `tetrace_${process.pid}`;
  const run = await runTetrace(['-e', `iter:task:${name} { printf("%s\\n", ctx.task.comm); }`]);
  try {
    assert.match(run.stdout, new RegExp(`^Program pinned to /sys/fs/bpf/${name}$`, 'm'), run.stderr);
    assert.match((await runProgram(['cat', `/sys/fs/bpf/${name}`])).stdout, /^kthreadd$/m);
  } finally {
    rmSync(`/sys/fs/bpf/${name}`, { force: true });
  }
});
