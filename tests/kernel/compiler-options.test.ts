/** What else can be made of a script than a run: compiled files, objects, stages, measurements. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { cgroupRoot } from '../support/cgroup-root.ts';
import { requireProgram, requireRoot } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'tetrace-options-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('a file that cannot be written is one error, and nothing is left', async (t) => {
  if (!requireRoot(t)) return;
  const cwd = folder(t);
  mkdirSync(join(cwd, 'taken'));
  for (const option of ['--aot', '--emit-elf']) {
    const missing = await runTetrace([option, 'nowhere/x', '-e', 'begin { exit(); }'], { cwd });
    const error = "ERROR: Failed to write 'nowhere/x': No such file or directory\n";
    assert.deepEqual([missing.stdout, missing.stderr, missing.code], ['', error, 1], option);
    const full = await runTetrace([option, '/dev/full', '-e', 'begin { exit(); }'], { cwd });
    const noSpace = "ERROR: Failed to write '/dev/full': No space left on device\n";
    assert.deepEqual([full.stdout, full.stderr, full.code], ['', noSpace, 1], option);
    const folderThere = await runTetrace([option, 'taken', '-e', 'begin { exit(); }'], { cwd });
    assert.match(folderThere.stderr, /^ERROR: Failed to write 'taken': /, option);
    assert.deepEqual(readdirSync(cwd), ['taken'], option);
  }
});

describe('--aot', () => {
  const script = `
    begin { @seen["a", 1] = 7; printf("%s %d\\n", getopt("name", "you"), 5); exit(); }
    end { @h = hist(300); }`;

  test('makes a file that runs by itself and takes named parameters', async (t) => {
    if (!requireRoot(t)) return;
    const cwd = folder(t);
    const made = await runTetrace(['--aot', 'prog', '-e', script], { cwd });
    assert.deepEqual([made.stdout, made.stderr, made.code], ['', '', 0]);
    const { stdout, stderr } = spawnSync(join(cwd, 'prog'), ['-q', '--', '--name=me'], { encoding: 'utf8' });
    const direct = await runTetrace(['-q', '-e', script, '--', '--name=me']);
    assert.equal(stdout, direct.stdout, stderr);
    assert.match(stdout, /^me 5\n/);
  });

  test('refuses what holds for this run only', async (t) => {
    if (!requireRoot(t)) return;
    const words = `print($1); print(kaddr("avenrun")); print(cgroupid("${cgroupRoot}"));`;
    const { stderr, code } = await runTetrace(['--aot', '/dev/null', '-e', `begin { ${words} }`, '5']);
    assert.match(stderr, /^stdin:1:15-17: ERROR: AOT does not yet support positional parameters$/m);
    assert.match(stderr, /^stdin:1:26-42: ERROR: AOT does not yet support kaddr\(\)$/m);
    assert.match(stderr, /ERROR: AOT does not yet support cgroupid\(\)$/m);
    assert.equal(code, 1);
  });

  test('a file for another machine, or a damaged one, is an error', async (t) => {
    if (!requireRoot(t)) return;
    const cwd = folder(t);
    await runTetrace(['--aot', 'prog', '-e', 'begin { }'], { cwd });
    const text = readFileSync(join(cwd, 'prog'), 'utf8');
    writeFileSync(join(cwd, 'moved'), text.replace(/"cpus":\d+/, '"cpus":4096'));
    const moved = await runTetrace(['moved'], { cwd });
    assert.match(moved.stderr, /^ERROR: 'moved' was compiled for another machine: cpus 4096 \(here: \d+\)$/m);
    assert.equal(moved.code, 1);
    writeFileSync(join(cwd, 'cut'), text.slice(0, -100));
    assert.match((await runTetrace(['cut'], { cwd })).stderr, /^ERROR: 'cut' is damaged: /m);
    const words = await runTetrace(['prog', 'word'], { cwd });
    assert.match(words.stderr, /ERROR: AOT does not yet support positional parameters/);
  });
});

describe('--emit-elf', () => {
  /** Each has something of its own that has to be linked. */
  const scripts = {
    plain: 'begin { print(1); }',
    maps: 'interval:s:9 { @[kstack, comm] = count(); @h[1] = hist(5); @s = "text"; @p = @s; }',
    loops: `
      fn add($a : int64, $b : int64) : int64 { return $a * $b + 3; }
      begin {
        @x[1] = 5;
        for ($kv : @x) { @y[$kv.0] = sum(add($kv.1, 2)); }
        for ($i : 0..nsecs) { if ($i > 100) { break; } @z += (int64)$i; }
        print(len(@x));
      }`,
    large: 'tracepoint:sched:sched_switch { @ = str(0, 900); printf("%s %s", kstack, @); }',
  };
  for (const [name, script] of Object.entries(scripts)) {
    test(`bpftool loads ${name}`, async (t) => {
      if (!requireRoot(t) || !requireProgram(t, 'bpftool')) return;
      const cwd = folder(t);
      const made = await runTetrace(['--mode', 'codegen', '--emit-elf', 'prog.o', '-e', script], { cwd });
      assert.equal(made.stderr, '');
      const pins = join(cwd, 'pins');
      mkdirSync(pins);
      execFileSync('mount', ['-t', 'bpf', 'bpf', pins]);
      try {
        const loaded = spawnSync('bpftool', ['prog', 'loadall', join(cwd, 'prog.o'), join(pins, 'prog')], {
          encoding: 'utf8',
        });
        assert.equal(loaded.status, 0, loaded.stderr);
        assert.doesNotMatch(loaded.stderr, /libbpf/);
      } finally {
        execFileSync('umount', [pins]);
      }
    });
  }

  test('maps of an object have room for what others put in', async (t) => {
    if (!requireRoot(t)) return;
    const entries = async (...options: readonly string[]): Promise<string | undefined> => {
      const { stdout } = await runTetrace([...options, '-d', 'libbpf', '-e', 'begin { @x[1] = 1; exit(); }']);
      return /^map 'AT_x': .* (\d+) entries/m.exec(stdout)?.[1];
    };
    assert.equal(await entries('--emit-elf', '/dev/null'), '4096');
    assert.equal(await entries(), '16');
  });

  test('an object cannot name functions of the kernel', async (t) => {
    if (!requireRoot(t)) return;
    const script = 'begin { if comptime (kfunc_exist("bpf_strlen")) { print(bpf_strlen("a")); } }';
    const { stderr } = await runTetrace(['--mode', 'codegen', '--emit-elf', '/dev/null', '-e', script]);
    if (stderr !== '') assert.match(stderr, /^ERROR: an object file cannot name .* uses bpf_strlen$/m);
  });
});

test('-d shows the typed tree, and what the loader does', async (t) => {
  if (!requireRoot(t)) return;
  const script = 'begin { @x = (int8)5; exit(); }';
  const { stdout, stderr } = await runTetrace(['-d', 'types,libbpf', '-e', script]);
  assert.match(stderr, /^Attached 1 probe\n$/m);
  assert.match(stdout, /^map @x = int8\(1\)\nbegin\n {2}@x = 5:int8$/m);
  assert.match(
    stdout,
    /^map 'globals': created as BPF_MAP_TYPE_ARRAY, key 4 B, value \d+ B, 1 entries, fd=\d+$/m,
  );
  assert.match(stdout, /^prog 'begin_1': loaded as BPF_PROG_TYPE_RAW_TRACEPOINT, \d+ instructions, fd=\d+$/m);
  const logs = await runTetrace(['-d', 'ast,verifier', '-e', script]);
  assert.match(logs.stderr, /^AST after: parse\n-{19}\nbegin\n\{\n/);
  assert.match(logs.stdout, /^BPF verifier log for begin_1:\n-{38}\n(?:.*\n)*?processed \d+ insns/);
});

test('--verify-llvm-ir has nothing to say of code that is right', async (t) => {
  if (!requireRoot(t)) return;
  const { stdout, stderr, code } = await runTetrace([
    '--verify-llvm-ir',
    '-q',
    '-e',
    'begin { print(1); exit(); }',
  ]);
  assert.deepEqual([stdout.trim(), stderr, code], ['1', '', 0]);
});

test('--emit-llvm says that there is none', async (t) => {
  if (!requireRoot(t)) return;
  const { stderr, code } = await runTetrace(['--emit-llvm', 'x', '-e', 'begin { }']);
  assert.match(stderr, /^ERROR: There is no LLVM IR to write/);
  assert.equal(code, 1);
});

test('--mode compiler-bench measures the stages', async (t) => {
  if (!requireRoot(t)) return;
  const { stdout, code } = await runTetrace(['--mode', 'compiler-bench', '-e', 'begin { @ = count(); }']);
  const lines = stdout.trimEnd().split('\n');
  for (const stage of ['parse', 'check', 'lower', 'optimize', 'emit', 'total']) {
    const row = new RegExp(`^${stage} +\\d+ +\\d+ +\\d+ ± \\d+ (ns|μs|ms|s)$`);
    assert.ok(
      lines.some((line) => row.test(line)),
      stdout,
    );
  }
  assert.equal(lines.at(-1), 'PASS');
  assert.equal(code, 0);
});
