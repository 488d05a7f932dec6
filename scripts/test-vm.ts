/**
 * Runs tests on other kernels: `test-vm [KERNEL...] [PATH...]`; without words, tests/vm on every kernel below.
 *
 * TETRACE_VM names a command that is called as `$TETRACE_VM KERNEL -- argv`, once per kernel: it boots that kernel with this file
 * system, runs argv there as root in the current directory, passes the output on, and ends with its exit code.
 */

import { spawnSync } from 'node:child_process';
import { listFiles } from './list-files.ts';
import { testArgv } from './test-process.ts';

const allKernels = ['5.10', '6.1', '6.12', '7.2'];

const words = process.argv.slice(2);
const isKernel = (word: string): boolean => /^\d+\.\d+$/.test(word);
const kernels = words.some(isKernel) ? words.filter(isKernel) : allKernels;
const paths = words.filter((word) => !isKernel(word));
const candidates = [
  ...listFiles('tests/vm', '.test.ts'),
  ...(paths.length > 0 ? listFiles('tests/kernel', '.test.ts') : []),
];
const files = candidates.filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)));

// A guest does not have our environment.
const checkouts = ['TETRACE_UPSTREAM', 'TETRACE_TETRIS'].flatMap((name) => {
  const path = process.env[name];
  return path === undefined ? [] : [`${name}=${path}`];
});

const [command, ...prefix] = (process.env['TETRACE_VM'] ?? '').split(/\s+/).filter((word) => word !== '');
if (command === undefined) {
  process.stdout.write(
    'skipped: TETRACE_VM names no command that boots other kernels (see CONTRIBUTING.md)\n',
  );
} else if (files.length === 0) {
  process.stderr.write(
    paths.length === 0 ? 'no tests yet\n' : `no test file begins with ${paths.join(' or ')}\n`,
  );
  process.exitCode = paths.length === 0 ? 0 : 1;
} else {
  for (const kernel of kernels) {
    process.stdout.write(`kernel ${kernel}: ${files.join(' ')}\n`);
    // What is built was made here a moment ago; the guest need not look at every source again.
    const argv = ['env', 'TETRACE_BUILT=1', ...checkouts, process.execPath, ...testArgv(files)];
    const child = spawnSync(command, [...prefix, kernel, '--', ...argv], { stdio: 'inherit' });
    if (child.error) process.stderr.write(`${command}: ${child.error.message}\n`);
    if (child.status !== 0) process.exitCode = 1;
  }
}
