import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/paths.ts';
import { runTetrace, startTetrace, tetracePath } from '../support/run-tetrace.ts';

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

test('what is to be read has an end: pipes of the shell are read, others and devices are refused', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-named-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, 'pipe');
  const large = join(folder, 'large');
  execFileSync('mkfifo', [pipe]);
  writeFileSync(large, '');
  truncateSync(large, 2 ** 31);
  const refused: readonly (readonly [args: readonly string[], stderr: string])[] = [
    [[folder], `failed to open file '${folder}': Is a directory`],
    [[pipe], `failed to open file '${pipe}': Is a pipe and no file`],
    [['/dev/zero'], "failed to open file '/dev/zero': Is a device and no file"],
    [[large], `failed to open file '${large}': Is larger than 64 MB`],
    [['--scenario', pipe, '-e', 'begin { }'], `failed to open scenario '${pipe}': Is a pipe and no file`],
    [['--scenario', large, '-e', 'begin { }'], `failed to open scenario '${large}': Is larger than 64 MB`],
    [['--replay', pipe], `Cannot replay "${pipe}": Is a pipe and no file`],
    [['--replay', large], `Cannot replay "${large}": Is larger than 2047 MB`],
  ];
  for (const [args, stderr] of refused) {
    const run = await runTetrace(args);
    assert.deepEqual({ stderr: run.stderr, code: run.code }, { stderr: `ERROR: ${stderr}\n`, code: 1 });
  }
  const script = 'begin { print(7); exit(); }';
  const command = `${tetracePath} -q --backend embedded`;
  const shell = (line: string) => runTetrace(['-c', line], { program: 'bash' });
  for (const line of [
    `${command} <(echo '${script}')`,
    `echo '${script}' | ${command} /dev/stdin`,
    `echo '${script}' | ${command} -`,
    `${command} /dev/fd/9 9<<< '${script}'`,
  ]) {
    const run = await shell(line);
    assert.deepEqual({ stdout: run.stdout.trim(), stderr: run.stderr }, { stdout: '7', stderr: '' }, line);
  }
  const endless = await shell(`${command} <(cat /dev/zero)`);
  assert.match(endless.stderr, /^ERROR: failed to open file '\/dev\/fd\/\d+': Is larger than 64 MB\n$/);
});

test('wrong C definitions end with 2, as other wrong scripts do with 1', async () => {
  const run = ['--backend', 'embedded', '-e'];
  const rows: [args: string[], stderr: RegExp][] = [
    [['--include', '/nonexistent.h', ...run, 'begin { }'], /cannot include '\/nonexistent\.h'/],
    [[...run, 'struct s { int a : 33; }; begin { }'], /exceeds the width of its type/],
    [[...run, 'struct s { int a; }; union s { int a; }; begin { }'], /redefinition of 'union s'/],
  ];
  for (const [args, stderr] of rows) {
    const { code, stdout, stderr: said } = await runTetrace(args);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, args.join(' '));
    assert.match(said, stderr, args.join(' '));
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

/** Command lines whose answer is one text on standard output, or that show something before they run. */
const answering = [
  ['--help'],
  ['--version'],
  ['tools'],
  ['tools', 'opensnoop', '--help'],
  ['-l', '--backend', 'embedded', 'interval:*'],
  ['--fmt', '-e', 'begin { }'],
  ['--backend', 'embedded', '-d', 'codegen', '-e', 'interval:s:1 { }'],
];

test('standard output that takes no more is told, whatever was to be written', () => {
  const full = openSync('/dev/full', 'w');
  try {
    for (const args of answering) {
      const { status, stderr } = spawnSync(tetracePath, args, {
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
        timeout: 30_000,
      });
      assert.equal(
        stderr,
        'ERROR: Failed to write to standard output: No space left on device\n',
        args.join(' '),
      );
      assert.equal(status, 255, args.join(' '));
    }
  } finally {
    closeSync(full);
  }
});

/** Command lines that say something on standard error, and do not come to a run. */
const saying = [
  ['--no-such-option'],
  ['--fmt', '-e', 'begin {'],
  ['--backend', 'embedded', '-e', 'begin { $x }'],
  ['--backend', 'embedded', '-l', 'uprobe:/no/such/file:*'],
  ['--backend', 'embedded', '-d', 'ast', '-e', 'interval:s:1 { }'],
  ['tools', 'no-such-tool'],
];

test('standard error that takes no more ends a command with 255', () => {
  const full = openSync('/dev/full', 'w');
  try {
    const runs = [
      ['--backend', 'embedded', '-e', 'interval:s:1 { }'],
      ['--backend', 'embedded', '-q', '-e', 'interval:ms:1 { warnf("w"); }'],
    ];
    for (const args of [...saying, ...runs]) {
      const { status, signal, stdout } = spawnSync(tetracePath, args, {
        stdio: ['ignore', 'pipe', full],
        encoding: 'utf8',
        timeout: 30_000,
      });
      assert.deepEqual({ status, signal, stdout }, { status: 255, signal: null, stdout: '' }, args.join(' '));
    }
  } finally {
    closeSync(full);
  }
});

test('when nobody reads what is said any more the command ends with 141', async () => {
  for (const args of saying) {
    using run = startTetrace(args);
    run.child.stderr.destroy();
    assert.equal((await run.ended).code, 141, args.join(' '));
  }
});

test('when nobody reads what is printed any more the command ends, without a word', async () => {
  for (const args of answering) {
    using run = startTetrace(args);
    run.child.stdout.destroy();
    const { code, stderr } = await run.ended;
    assert.deepEqual({ code, stderr }, { code: 141, stderr: '' }, args.join(' '));
  }
});
