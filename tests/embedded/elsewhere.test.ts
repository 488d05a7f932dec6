import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type RunResult, runTetrace } from '../support/run-tetrace.ts';

const directory = mkdtempSync(join(tmpdir(), 'tetrace-'));
after(() => rmSync(directory, { recursive: true }));

const recording = join(directory, 'recording');
const script = 'begin { printf("%s %d\\n", username, pid > 0); @h = hist(5); exit(); }';
const printed = /^\w+ 1\n\n\n@h:\n\[4, 8\) +1 \|@+\|\n\n$/;

/** What works on every system, and what it comes to. */
const rows: readonly {
  readonly title: string;
  readonly args: readonly string[];
  readonly stdout?: RegExp;
  readonly stderr?: RegExp;
  readonly code?: number;
}[] = [
  {
    title: 'a script runs in the machine, which says so',
    args: ['-q', '-e', script],
    stdout: printed,
    stderr:
      /^NOTE: runs in the embedded machine of this process, not in the kernel: bpf\(2\): \w+ has no bpf\(2\)\. For the kernel: it takes Linux$/m,
  },
  {
    title: 'timers, loops, files, commands',
    args: [
      ...['-q', '--unsafe', '--backend', 'embedded', '-e'],
      `interval:ms:5 { @n++; if (@n == 3) { system("echo three"); exit(); } } profile:hz:99 { @p = count(); }
       end { clear(@p); cat("package.json"); for $i : 0..3 { @sum += $i; } }`,
    ],
    stdout: /^three\n\n\{[\s\S]*@n: 3\n@sum: 3\n/,
  },
  {
    title: 'recording',
    args: ['-q', '--backend', 'embedded', '--record', recording, '-e', script],
    stdout: printed,
  },
  { title: 'replaying', args: ['-q', '--replay', recording, '-e', script], stdout: printed },
  { title: 'formatting', args: ['--fmt', 'examples/tetris.bt'], stdout: /^#!\/usr\/bin\/env tetrace\n/ },
  { title: 'listing', args: ['--backend', 'embedded', '-l', 'interval:*'], stdout: /^interval:ms:$/m },
  { title: 'help', args: ['--help'], stdout: /USAGE/ },
  { title: 'the tools there are', args: ['tools'], stdout: /opensnoop/ },
  {
    title: 'a probe of the kernel is an error that says why',
    args: ['-e', 'kprobe:vfs_read { @ = count(); }'],
    stderr:
      /^ERROR: bpf\(2\) is out of reach: \w+ has no bpf\(2\)\.\nHINT: it takes Linux\nHINT: without privileges, --backend embedded serves begin,.*pty_write$/m,
    code: 1,
  },
  {
    title: 'so is the kernel when it is asked for',
    args: ['--backend', 'kernel', '-e', script],
    stderr: /^ERROR: bpf\(2\) is out of reach: \w+ has no bpf\(2\)\.$/m,
    code: 1,
  },
  {
    title: 'so is tracing a process',
    args: ['--backend', 'embedded', '-e', script, '-c', 'true'],
    stderr: /^ERROR: Processes can be traced on Linux only; this is \w+\.$/m,
    code: 1,
  },
  { title: 'so is --info', args: ['--info'], stderr: /^ERROR: bpf\(2\) is out of reach/, code: 1 },
];

/** The command with a loader around it that fails on foreign functions, /proc and /sys (elsewhere.cjs). */
function runOn(platform: string, args: readonly string[]): Promise<RunResult> {
  return runTetrace(['--require', './tests/support/elsewhere.cjs', 'bin/tetrace', ...args], {
    program: process.execPath,
    env: { TETRACE_TEST_PLATFORM: platform, TETRACE_BUILT: '1' },
  });
}

for (const platform of ['darwin', 'win32']) {
  describe(`on ${platform}, as far as that can be tried here`, () => {
    for (const { title, args, stdout = /^$/, stderr = /^$/, code = 0 } of rows) {
      test(title, async () => {
        const run = await runOn(platform, args);
        assert.match(run.stdout, stdout, run.stderr);
        assert.match(run.stderr, stderr);
        assert.equal(run.code, code);
      });
    }
  });
}
