import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/paths.ts';
import { runTetrace, tetracePath } from '../support/run-tetrace.ts';

test('--help and --version answer on stdout', async () => {
  const help = await runTetrace(['--help']);
  assert.deepEqual({ code: help.code, stderr: help.stderr }, { code: 0, stderr: '' });
  assert.match(help.stdout, /USAGE:/);
  const version = await runTetrace(['-V']);
  assert.deepEqual({ code: version.code, stderr: version.stderr }, { code: 0, stderr: '' });
  const { version: packaged } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  assert.equal(version.stdout, `tetrace v${packaged}\n`);
});

test('a link named bpftrace is bpftrace', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-link-'));
  try {
    const program = join(folder, 'bpftrace');
    symlinkSync(tetracePath, program);
    assert.match((await runTetrace(['--version'], { program })).stdout, /^bpftrace v\d/);
    assert.match((await runTetrace(['-x'], { program })).stderr, /^bpftrace: invalid option -- 'x'\n/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('wrong command lines end with 1 and talk on stderr', async () => {
  const rows: [args: string[], stderr: RegExp][] = [
    [[], /^Dynamic tracing[\s\S]*USAGE:/],
    [['--nonsense'], /^tetrace: unrecognized option '--nonsense'\n[\s\S]*USAGE:/],
    [['-v'], /^ERROR: USAGE: filename or -e 'program' required\.\n$/],
    [
      ['/nonexistent/x.bt'],
      /^ERROR: failed to open file '\/nonexistent\/x\.bt': No such file or directory\n$/,
    ],
  ];
  for (const [args, stderr] of rows) {
    const run = await runTetrace(args);
    assert.deepEqual({ code: run.code, stdout: run.stdout }, { code: 1, stdout: '' }, args.join(' '));
    assert.match(run.stderr, stderr, args.join(' '));
  }
});

test('colour is what BPFTRACE_COLOR says', async () => {
  const coloured = await runTetrace(['-v'], { env: { BPFTRACE_COLOR: 'always' } });
  assert.equal(coloured.stderr.startsWith('\u001b[31mERROR: '), true);
  const odd = await runTetrace(['-v'], { env: { BPFTRACE_COLOR: 'sometimes' } });
  assert.match(odd.stderr, /^WARNING: Invalid env value! .*sometimes!\nERROR: /);
});

test('--fmt prints a script in canonical layout, or writes it', async () => {
  const script = 'BEGIN{printf("h\u00f6\\n");exit()}';
  const printed = await runTetrace(['--fmt', '-'], { input: script });
  assert.deepEqual({ code: printed.code, stderr: printed.stderr }, { code: 0, stderr: '' });
  const again = await runTetrace(['--fmt', '-'], { input: printed.stdout });
  assert.equal(again.stdout, printed.stdout);
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-fmt-'));
  try {
    const file = join(folder, 'x.bt');
    writeFileSync(file, script, { mode: 0o755 });
    const written = await runTetrace(['--fmt', file, '-o', file]);
    assert.deepEqual({ code: written.code, stdout: written.stdout }, { code: 0, stdout: '' });
    assert.equal(readFileSync(file, 'utf8'), printed.stdout);
    assert.equal(statSync(file).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(folder), ['x.bt']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('--fmt of a script with errors says what and ends with 1', async () => {
  const run = await runTetrace(['--fmt', '-e', 'BEGIN { $x = ; }']);
  assert.deepEqual({ code: run.code, stdout: run.stdout }, { code: 1, stdout: '' });
  assert.match(run.stderr, /^stdin:1:14-15: ERROR: /);
});

test('what cannot be written is told with the file and the reason', async () => {
  const run = ['--backend', 'embedded', '-q', '-e', 'begin { printf("much\\n"); exit(); }'];
  for (const option of ['-o', '--record']) {
    const { code, stderr } = await runTetrace([option, '/dev/full', ...run]);
    assert.deepEqual(
      { code, stderr },
      { code: 255, stderr: 'ERROR: Failed to write "/dev/full": No space left on device\n' },
      option,
    );
  }
});
