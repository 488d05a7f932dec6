import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from './package-root.ts';

const command = join(packageRoot(), 'dist/cli.js');

test('the command that a build leaves names its Node.js, and the flag that sh gives to bin/tetrace', () => {
  const [first = ''] = readFileSync(command, 'utf8').split('\n', 1);
  const [, line = ''] = readFileSync(join(packageRoot(), 'bin/tetrace'), 'utf8').split('\n', 2);
  const [, interpreter = '', flag = ''] = /^#!(\/\S+) (\S+)$/.exec(first) ?? [];
  assert.match(execFileSync(interpreter, ['--version'], { encoding: 'utf8' }), /^v\d+\./);
  assert.ok(line.includes(` node ${flag} `), `${flag} is not in ${line}`);
});

test('the command that a build leaves runs by itself, also through a link', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-command-'));
  try {
    const link = join(folder, 'bpftrace');
    symlinkSync(command, link);
    assert.match(execFileSync(link, ['--version'], { cwd: '/', encoding: 'utf8' }), /^bpftrace v/);
    assert.match(execFileSync(command, ['--version'], { cwd: '/', encoding: 'utf8' }), /^tetrace v/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
