/** Scripts of several files, as the command reads them. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { objectOfFunctions } from '../support/c-object.ts';
import { requireProgram, requireRoot } from '../support/requirements.ts';
import { type RunResult, runTetrace } from '../support/run-tetrace.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

/** Runs `main.bt` of a folder with these files; the folder is the working directory. */
async function run(t: TestContext, files: Files, ...words: readonly string[]): Promise<RunResult> {
  const cwd = mkdtempSync(join(tmpdir(), 'tetrace-imports-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(cwd, dirname(name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
    if (name.startsWith('open/')) chmodSync(join(cwd, 'open'), 0o777);
  }
  return runTetrace([...words, 'main.bt'], { cwd });
}

test('probes, macros, functions, maps and types of other files', async (t) => {
  if (!requireRoot(t)) return;
  const { stdout, stderr, code } = await run(
    t,
    {
      'main.bt': `
        import "lib";
        begin { @seen[1] = twice(area((struct box *)0)); printf("main %d\\n", sizeof(struct box)); exit(); }
        end { printf("last\\n"); }`,
      'lib/a.bt': 'import "b.bt"; begin { printf("a\\n"); } end { printf("a ends\\n"); }',
      'lib/b.bt': `
        let @seen = lruhash(7);
        macro twice(x) { x + x }
        fn area($b : struct box *) : int64 { return 21; }
        begin { printf("b\\n"); }`,
      'lib/box.h': '#define SIDES 4\nstruct box { int sides[SIDES]; };',
    },
    '-q',
  );
  assert.equal(stderr, '');
  assert.equal(stdout, 'b\na\nmain 16\na ends\nlast\n\n\n@seen[1]: 42\n');
  assert.equal(code, 0);
});

test('a run-time warning of an imported script names its file and line', async (t) => {
  if (!requireRoot(t)) return;
  const { stderr } = await run(t, {
    'main.bt': 'import "lib/zero.bt"; begin { exit(); }',
    'lib/zero.bt': '\nbegin { $z = (uint64)nsecs * 0; print(1 / $z); }',
  });
  assert.match(stderr, /^lib\/zero\.bt:2:\d+-\d+: WARNING: Divide or modulo by 0 detected/m);
});

test('a header imported inside a block, when the config allows it', async (t) => {
  if (!requireRoot(t)) return;
  const files = { 'lib/q.h': 'struct q { long a; long b; };' };
  const block = 'begin { import "lib/q.h"; print(sizeof(struct q)); exit(); }';
  const allowed = 'config = { unstable_import_statement = enable }';
  assert.equal((await run(t, { ...files, 'main.bt': `${allowed} ${block}` }, '-q')).stdout, '16\n\n\n');
  const refused = await run(t, { ...files, 'main.bt': block });
  assert.match(refused.stderr, /^main\.bt:1:9-25: ERROR: Import statements that are not at the top level/);
  assert.equal(refused.code, 1);
});

test('files that everybody can change are not read', async (t) => {
  if (!requireRoot(t)) return;
  const { stderr, code } = await run(t, {
    'main.bt': 'import "open/a.bt"; begin { }',
    'open/a.bt': 'end { }',
  });
  assert.match(
    stderr,
    /^main\.bt:1:1-19: WARNING: skipping due to global write permissions: "open\/a\.bt"$/m,
  );
  assert.equal(code, 1);
});

test('functions of the library of bpftrace', async (t) => {
  if (!requireRoot(t)) return;
  const { stdout } = await run(
    t,
    { 'main.bt': 'import "stdlib/test"; begin { print(__always_true()); exit(); }' },
    '-q',
  );
  assert.equal(stdout, '1\n\n\n');
});

test('-l lists probes of imported scripts', async (t) => {
  if (!requireRoot(t)) return;
  const files = {
    'main.bt': 'import "lib/a.bt"; begin { }',
    'lib/a.bt': 'tracepoint:syscalls:sys_enter_nanosleep { }',
  };
  assert.equal((await run(t, files, '-l')).stdout, 'tracepoint:syscalls:sys_enter_nanosleep\n');
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
  const { stdout, stderr } = await run(t, { 'main.bt': main, 'lib/a.bpf.o': objectOfFunctions() }, '-q');
  assert.equal(stdout.trim(), '7 6\ntrue', stderr);
  const wrong = await run(t, {
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
  assert.equal((await run(t, files, '-q')).stdout.trim(), '20');
  const broken = await run(t, { ...files, 'lib.bpf.c': 'int broken(' });
  assert.match(broken.stderr, /^main\.bt:1:1-19: ERROR: cannot import 'lib\.bpf\.c': clang refuses it:$/m);
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
