/** Scripts of several files, as the command reads them. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type RunResult, runTetrace } from './run-tetrace.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Runs `main.bt` of a folder with these files; the folder is the working directory. */
export async function runScripts(
  t: TestContext,
  files: Files,
  ...words: readonly string[]
): Promise<RunResult> {
  const cwd = mkdtempSync(join(tmpdir(), 'tetrace-imports-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(cwd, dirname(name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
    if (name.startsWith('open/')) chmodSync(join(cwd, 'open'), 0o777);
  }
  return runTetrace([...words, 'main.bt'], { cwd });
}

/** What imports do on either backend. `options`: those that choose it. */
export function testImports(options: readonly string[], isPossible: (t: TestContext) => boolean): void {
  const run = (t: TestContext, files: Files, ...words: readonly string[]): Promise<RunResult> =>
    runScripts(t, files, ...options, ...words);

  test('probes, macros, functions, maps and types of other files', async (t) => {
    if (!isPossible(t)) return;
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
    if (!isPossible(t)) return;
    const { stderr } = await run(t, {
      'main.bt': 'import "lib/zero.bt"; begin { exit(); }',
      'lib/zero.bt': '\nbegin { $z = (uint64)nsecs * 0; print(1 / $z); }',
    });
    assert.match(stderr, /^lib\/zero\.bt:2:\d+-\d+: WARNING: Divide or modulo by 0 detected/m);
  });

  test('a header imported inside a block, when the config allows it', async (t) => {
    if (!isPossible(t)) return;
    const files = { 'lib/q.h': 'struct q { long a; long b; };' };
    const block = 'begin { import "lib/q.h"; print(sizeof(struct q)); exit(); }';
    const allowed = 'config = { unstable_import_statement = enable }';
    assert.equal((await run(t, { ...files, 'main.bt': `${allowed} ${block}` }, '-q')).stdout, '16\n\n\n');
    const refused = await run(t, { ...files, 'main.bt': block });
    assert.match(refused.stderr, /^main\.bt:1:9-25: ERROR: Import statements that are not at the top level/);
    assert.equal(refused.code, 1);
  });

  test('headers from folders that -I names, and those of --include before the script', async (t) => {
    if (!isPossible(t)) return;
    const files = {
      'main.bt': '#include <sides.h>\nbegin { print((SIDES, sizeof(struct box))); exit(); }',
      'deep/sides.h': '#define SIDES 4\n',
      'box.h': 'struct box { long a; long b; };\n',
    };
    const options = ['-q', '-I', 'deep', '--include', 'box.h'];
    const { stdout, stderr } = await run(t, files, ...options);
    assert.deepEqual({ stdout, stderr }, { stdout: '(4, 16)\n\n\n', stderr: '' });
  });

  test('files that everybody can change are not read', async (t) => {
    if (!isPossible(t)) return;
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
    if (!isPossible(t)) return;
    const { stdout } = await run(
      t,
      { 'main.bt': 'import "stdlib/test"; begin { print(__always_true()); exit(); }' },
      '-q',
    );
    assert.equal(stdout, '1\n\n\n');
  });
}
