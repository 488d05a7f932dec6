import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { withoutBpf } from '../support/requirements.ts';
import { type RunResult, runTetrace, tetracePath } from '../support/run-tetrace.ts';

/** Runs the command where bpf(2) is out of reach; undefined when that cannot be made here. */
async function runShutOut(
  t: TestContext,
  args: readonly string[],
  command = tetracePath,
): Promise<RunResult | undefined> {
  const prefix = withoutBpf(t);
  if (prefix === undefined) return undefined;
  const [program = '', ...words] = [...prefix, process.execPath, command, ...args];
  return await runTetrace(words, { program });
}

test('the embedded machine stands in, and one line says so, why, and how the kernel is got', async (t) => {
  const result = await runShutOut(t, ['-q', '-e', 'begin { print(1); exit(4); }']);
  if (!result) return;
  assert.equal(result.stdout, '1\n\n\n');
  assert.match(
    result.stderr,
    /^NOTE: runs in the embedded machine .*: bpf\(2\): \S[^\n]*\. For the kernel: \S[^\n]*\n$/,
  );
  assert.equal(result.code, 4);
});

test('a child is traced with no privileges', async (t) => {
  const program =
    'tracepoint:syscalls:sys_enter_openat /str(args.filename) == "/dev/null"/ { @[comm] = count(); }';
  const result = await runShutOut(t, ['-q', '-e', program, '-c', '/bin/cat /dev/null']);
  if (!result) return;
  assert.match(result.stdout, /^@\[cat\]: 1$/m);
  assert.equal(result.code, 0);
});

test('what it cannot serve is refused as ever, with what would run', async (t) => {
  for (const program of [
    'kprobe:vfs_read { @ = count(); }',
    'interval:s:1 { exit(); } hardware:cycles:1000000 { @ = count(); }',
    'tracepoint:raw_syscalls:sys_enter { @ = count(); }',
    'fentry:vfs_read { @ = count(); }',
    'uprobe:/bin/sh:main { @ = count(); }',
  ]) {
    const result = await runShutOut(t, ['-e', program]);
    if (!result) return;
    assert.match(result.stderr, /^ERROR: Missing CAP_\w+ capability/, program);
    assert.match(
      result.stderr,
      /^HINT: without privileges, --backend embedded serves .* -c COMMAND /m,
      program,
    );
    assert.equal(result.code, 1);
  }
});

test('mistakes in a script that it could serve are shown', async (t) => {
  const result = await runShutOut(t, ['-e', 'interval:s:1 { print($x); }']);
  if (result) assert.match(result.stderr, /Undefined or undeclared variable: \$x/);
});

test('maps larger than its memory are refused with the sizes', async () => {
  const script = 'let @a = hash(4294967295); begin { @a[1] = 1; exit(); }';
  const { code, stderr } = await runTetrace(['--backend', 'embedded', '-e', script]);
  assert.match(stderr, /^ERROR: the maps need \d+ MB .* lower max_map_keys/m);
  assert.equal(code, 255);
});

test('never under the name bpftrace, and never when the kernel was asked for', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'tetrace-'));
  try {
    const link = join(directory, 'bpftrace');
    symlinkSync(tetracePath, link);
    const named = await runShutOut(t, ['-e', 'begin { print(1); }'], link);
    if (!named) return;
    assert.match(
      named.stderr,
      /^ERROR: Missing CAP_\w+ capability, please run bpftrace as the root user\.\nHINT: [^\n]*\n$/,
    );
    const asked = await runShutOut(t, ['--backend', 'kernel', '-e', 'begin { print(1); }']);
    assert.match(asked?.stderr ?? '', /^ERROR: Missing CAP_\w+ capability/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('what the machine has of a process can be listed with no privileges', async (t) => {
  const result = await runShutOut(t, ['--backend', 'embedded', '-lv', 'tracepoint:*:*_openat']);
  if (!result) return;
  const lines = result.stdout.split('\n');
  assert.deepEqual(lines.slice(0, 6), [
    'tracepoint:syscalls:sys_enter_openat',
    '    int __syscall_nr',
    '    int dfd',
    '    const char * filename',
    '    int flags',
    '    umode_t mode',
  ]);
});

test('it runs where a process may have too few addresses for WebAssembly', async () => {
  const script = 'begin { for ($i : 0..50000) { @sum += $i; } exit(); }';
  const command = `ulimit -v 4000000; exec ${tetracePath} -q --backend embedded -e '${script}'`;
  const { stdout, stderr } = await runTetrace(['-c', command], { program: 'bash' });
  assert.deepEqual({ stdout, stderr }, { stdout: '\n\n@sum: 1249975000\n', stderr: '' });
});
