/** Scripts of several files, as the command reads them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Btf, headerText } from '../../src/btf/index.ts';
import { objectOfFunctions } from '../support/c-object.ts';
import { runScripts, testImports } from '../support/import-tests.ts';
import { requireProgram, requireRoot } from '../support/requirements.ts';
import { type RunResult, runTetrace } from '../support/run-tetrace.ts';

testImports([], (t) => requireRoot(t));

test('-l lists probes of imported scripts', async (t) => {
  if (!requireRoot(t)) return;
  const files = {
    'main.bt': 'import "lib/a.bt"; begin { }',
    'lib/a.bt': 'tracepoint:syscalls:sys_enter_nanosleep { }',
  };
  assert.equal((await runScripts(t, files, '-l')).stdout, 'tracepoint:syscalls:sys_enter_nanosleep\n');
});

test('functions of an object file', async (t) => {
  if (!requireRoot(t)) return;
  const main = `
    import "lib";
    fn both($x : int64) : int64 { return add_two($x) * 2; }
    begin {
      $k = (int64)pid * 0 + 5;
      printf("%d %d\\n", add_two($k), both(1));
      if comptime (kfunc_exist("bpf_strlen")) { print(length("four") == 4); } else { print(true); }
      exit();
    }`;
  const { stdout, stderr } = await runScripts(
    t,
    { 'main.bt': main, 'lib/a.bpf.o': objectOfFunctions() },
    '-q',
  );
  assert.equal(stdout.trim(), '7 6\ntrue', stderr);
  const wrong = await runScripts(t, {
    'main.bt': 'import "a.bpf.o"; begin { add_one("x"); }',
    'a.bpf.o': objectOfFunctions(),
  });
  assert.match(wrong.stderr, /ERROR: Expected int64 for argument `x` got string\[2\]/);
});

test('functions written in C, where clang is installed', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'clang')) return;
  const files = {
    'lib.bpf.c': `
      static __attribute__((noinline)) long twice(long x) { volatile long y[2]; y[0] = x; return y[0] * 2; }
      long four_times(long x) { return twice(twice(x)); }`,
    'main.bt': 'import "lib.bpf.c"; begin { print(four_times((int64)pid * 0 + 5)); exit(); }',
  };
  assert.equal((await runScripts(t, files, '-q')).stdout.trim(), '20');
  const broken = await runScripts(t, { ...files, 'lib.bpf.c': 'int broken(' });
  assert.match(broken.stderr, /^main\.bt:1:1-19: ERROR: cannot import 'lib\.bpf\.c': clang refuses it:$/m);
});

test('maps, global data and helpers in C', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'clang')) return;
  const files = {
    'count.bpf.c': `
      #include <vmlinux.h>
      #include <bpf/bpf_helpers.h>
      struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 16);
        __type(key, int);
        __type(value, long);
      } counts SEC(".maps");
      struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 2);
        __uint(key_size, 4);
        __uint(value_size, 32);
      } rows SEC(".maps");
      int calls;
      static u64 steps[4] = {10, 20, 30, 40};
      const volatile int limit = 7;
      static int add(u32 index, void *ctx) { *(long *)ctx += index; return 0; }
      long bump(int key) {
        long one = 1, *count = bpf_map_lookup_elem(&counts, &key);
        calls++;
        if (!count) { bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST); return 1; }
        return ++*count;
      }
      long in_row(int row) {
        long *value = bpf_map_lookup_elem(&rows, &row);
        if (!value) return -1;
        value[3] += steps[1] + limit;
        return value[3];
      }
      int how_often(void) { return calls; }
      long step(int i) { return steps[i & 3]++; }
      long sum_to(int n) { long total = 0; bpf_loop(n, add, &total, 0); return total; }
      const char *name_of(int i) { return i ? "one" : "none"; }`,
    'main.bt': `
      import "count.bpf.c";
      begin {
        printf("%d %d %d\\n", bump(3), bump(3), bump(4));
        printf("%d %d %d\\n", in_row(1), in_row(1), in_row(2));
        printf("%d %d %d\\n", how_often(), step(2), step(2));
        printf("%d %s\\n", _sum(), str(name_of(3)));
      }
      fn _sum() : int64 { return sum_to(4); }
      interval:ms:1 { printf("%d %d\\n", bump(3), how_often()); exit(); }`,
  };
  const { stdout, stderr } = await runScripts(t, files, '-q');
  assert.equal(stderr, '');
  assert.equal(stdout.trim(), '1 2 1\n27 54 -1\n3 30 31\n6 one\n3 4');
});

test('types of the kernel in C: members by name, questions whether they are there, bitfields', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'clang')) return;
  const files = {
    'task.bpf.c': `
      #include <vmlinux.h>
      #include <bpf/bpf_helpers.h>
      #include <bpf/bpf_core_read.h>
      // Another layout than the kernel's: members are found by their names.
      struct task_struct___mine { int pid; int tgid; struct mm_struct *mm; } __attribute__((preserve_access_index));
      struct task_struct___none { int nobody_has_this; } __attribute__((preserve_access_index));
      enum bpf_map_type___mine { BPF_MAP_TYPE_ARRAY___mine = 77, NO_SUCH_MAP___mine = 78 };
      int moved(void) {
        struct task_struct___mine *task = (void *)bpf_get_current_task();
        return BPF_CORE_READ(task, tgid);
      }
      int parent(void) {
        struct task_struct *task = (void *)bpf_get_current_task();
        return BPF_CORE_READ(task, group_leader, group_leader, tgid);
      }
      int questions(void) {
        struct task_struct___none *task = (void *)bpf_get_current_task();
        int answer = 0;
        if (bpf_core_field_exists(task->nobody_has_this)) answer = BPF_CORE_READ(task, nobody_has_this);
        if (bpf_core_type_exists(struct task_struct)) answer += 1;
        if (bpf_core_type_exists(struct task_struct___none)) answer += 2;
        if (bpf_core_field_exists(((struct task_struct *)0)->pid)) answer += 4;
        if (bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_ARRAY___mine)) answer += 8;
        if (bpf_core_enum_value_exists(enum bpf_map_type___mine, NO_SUCH_MAP___mine)) answer += 16;
        return answer + 100 * bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_ARRAY___mine);
      }
      long size(void) { return bpf_core_type_size(struct task_struct___mine) - sizeof(struct task_struct); }
      int bits(void) {
        struct task_struct *task = (void *)bpf_get_current_task();
        return BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
      }`,
    'main.bt': `
      import "task.bpf.c";
      begin {
        printf("%d %d\\n", moved() == pid, parent() == pid);
        printf("%d %d %d\\n", questions(), size(), bits());
        exit();
      }`,
  };
  const { stdout, stderr } = await runScripts(t, files, '-q');
  assert.equal(stderr, '');
  assert.equal(stdout.trim(), '1 1\n215 0 0');
});

test('what C warns of is shown, what cannot be linked is an error', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'clang')) return;
  const main = { 'main.bt': 'import "a.bpf.c"; begin { print(f(1)); exit(); }' };
  const said = async (c: string): Promise<RunResult> => runScripts(t, { ...main, 'a.bpf.c': c }, '-q');
  const warned = await said('#warning careful\nint f(int x) { return x; }');
  assert.match(warned.stderr, /^main\.bt:1:1-17: WARNING: found external warnings$/m);
  assert.match(warned.stderr, /careful/);
  assert.equal(warned.stdout.trim(), '1');
  const macros = '#include <bpf/bpf_helpers.h>\n';
  for (const [c, reason] of [
    [
      `${macros}extern int CONFIG_NO_SUCH_OPTION __kconfig; int f(int x) { return CONFIG_NO_SUCH_OPTION; }`,
      /it asks for CONFIG_NO_SUCH_OPTION, (?:which the configuration of this kernel does not set|and how this kernel was configured cannot be read)/,
    ],
    ['const char *names[] = {"a", "b"}; const char *f(int x) { return names[x & 1]; }', /holds addresses/],
    ['extern int elsewhere; int f(int x) { return elsewhere; }', /it uses elsewhere, which is not defined/],
    [
      `${macros}extern const void no_such_thing __ksym; long f(int x) { return (long)&no_such_thing; }`,
      /no_such_thing, which this kernel does not have/,
    ],
    [
      'static __attribute__((noinline)) int f(int x) { volatile int y = x; return y; } int g(int x) { return f(x); }',
      /ERROR: Unsupported function linkage: 'f'/,
    ],
  ] as const)
    assert.match((await said(c)).stderr, reason);
  const weak = await said(`${macros}extern int no_such_function(int) __ksym __weak;
    int f(int x) { return no_such_function ? no_such_function(x) : 5; }`);
  assert.equal(weak.stdout.trim(), '5', weak.stderr);
});

test('how the kernel was configured, and which kernel it is', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'clang')) return;
  const files = {
    'main.bt': 'import "a.bpf.c"; begin { printf("%d %d %d\\n", version(), cookies(), absent()); exit(); }',
    'a.bpf.c': `
      #include <bpf/bpf_helpers.h>
      extern int LINUX_KERNEL_VERSION __kconfig;
      extern _Bool LINUX_HAS_BPF_COOKIE __kconfig;
      extern int CONFIG_NO_SUCH_OPTION __kconfig __weak;
      extern const char CONFIG_NO_SUCH_TEXT[8] __kconfig __weak;
      int version(void) { return LINUX_KERNEL_VERSION >> 8; }
      int cookies(void) { return LINUX_HAS_BPF_COOKIE; }
      int absent(void) { return CONFIG_NO_SUCH_OPTION + CONFIG_NO_SUCH_TEXT[0]; }`,
  };
  const { stdout, stderr } = await runScripts(t, files, '-q');
  assert.equal(stderr, '');
  const [major, minor] = release().split('.').map(Number);
  assert.match(stdout.trim(), new RegExp(`^${(major ?? 0) * 256 + (minor ?? 0)} [01] 0$`));
});

test('options of the kernel by their types, where its configuration can be read', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'clang')) return;
  if (!existsSync('/proc/config.gz') && !existsSync(`/boot/config-${release()}`)) {
    t.skip('this kernel does not tell how it was configured');
    return;
  }
  const files = {
    'main.bt':
      'import "a.bpf.c"; begin { printf("%d %d %c %d\\n", hz(), net(), letter(), state()); exit(); }',
    'a.bpf.c': `
      #include <bpf/bpf_helpers.h>
      extern unsigned int CONFIG_HZ __kconfig;
      extern _Bool CONFIG_NET __kconfig;
      extern char CONFIG_BPF_SYSCALL __kconfig;
      extern enum libbpf_tristate CONFIG_BPF __kconfig;
      int hz(void) { return CONFIG_HZ >= 100; }
      int net(void) { return CONFIG_NET; }
      int letter(void) { return CONFIG_BPF_SYSCALL; }
      int state(void) { return CONFIG_BPF == TRI_YES; }`,
  };
  const { stdout, stderr } = await runScripts(t, files, '-q');
  assert.equal(stderr, '');
  assert.equal(stdout.trim(), '1 1 y 1');
});

test('functions of two files with one name', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'clang')) return;
  const file = (add: number, name: string): string =>
    `static __attribute__((noinline)) int own(int x) { volatile int y = x; return y + ${add}; }
     int ${name}(int x) { return own(x) * 2; }`;
  const files = {
    'main.bt': 'import "a.bpf.c"; import "b.bpf.c"; begin { print((a((int32)1), b((int32)1))); exit(); }',
    'a.bpf.c': file(1, 'a'),
  };
  assert.equal(
    (await runScripts(t, { ...files, 'b.bpf.c': file(100, 'b') }, '-q')).stdout.trim(),
    '(4, 202)',
  );
  const twice = await runScripts(t, { ...files, 'b.bpf.c': file(100, 'a') }, '-q');
  assert.match(
    twice.stderr,
    /^main\.bt:1:19-35: ERROR: cannot import 'b\.bpf\.c': it defines a\(\), as a\.bpf\.c does$/m,
  );
});

test('every struct of vmlinux.h has the size that it has in the kernel', (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'clang')) return;
  const btf = Btf.parse(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux')));
  const lines = [headerText(btf)];
  const tags = new Set<string>();
  for (const kind of ['struct', 'union'] as const) {
    for (const id of btf.idsOfKind(kind)) {
      const name = btf.nameOf(id);
      const type = btf.type(id);
      // Types of variadic arguments are the compiler's own.
      if (name === '' || tags.has(name) || name === 'warn_args' || !('members' in type)) continue;
      tags.add(name);
      if (btf.findAll(name, 'struct', 'union', 'enum', 'enum64').length > 1) continue;
      lines.push(`_Static_assert(sizeof(${kind} ${name}) == ${type.size}, "${name}");`);
    }
  }
  assert.ok(lines.length > 1000);
  const flags = ['-target', 'bpf', '-w', '-fsyntax-only', '-x', 'c', '-'];
  const { status, stderr } = spawnSync('clang', flags, { input: lines.join('\n') });
  assert.equal(status, 0, stderr.toString().slice(0, 2000));
});

test('without clang C cannot be imported, and that is said', async (t) => {
  if (!requireRoot(t)) return;
  const cwd = mkdtempSync(join(tmpdir(), 'tetrace-imports-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'a.bpf.c'), 'int one(void) { return 1; }');
  writeFileSync(join(cwd, 'main.bt'), 'import "a.bpf.c"; begin { }');
  symlinkSync(process.execPath, join(cwd, 'node'));
  const { stderr, code } = await runTetrace(['main.bt'], { cwd, env: { PATH: cwd } });
  assert.match(
    stderr,
    /^main\.bt:1:1-17: ERROR: cannot import 'a\.bpf\.c': clang, which compiles C, is not installed$/m,
  );
  assert.equal(code, 1);
});
