/**
 * Runs tests on other kernels: `test-vm [KERNEL...] [PATH...]`; without words, tests/vm on every kernel below.
 *
 * At the end stands a table of all providers and kernels, when tests/vm/providers.test.ts was among the files.
 *
 * TETRACE_VM names a command that is called as `$TETRACE_VM KERNEL -- argv`, once per kernel: it boots that kernel with this file
 * system, runs argv there as root in the current directory, passes the output on, and ends with its exit code.
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { providerTable, readProviderResult } from '../tests/support/provider-table.ts';
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
  const results = new Map<string, ReadonlyMap<string, string>>();
  for (const kernel of kernels) {
    process.stdout.write(`kernel ${kernel}: ${files.join(' ')}\n`);
    // What is built was made here a moment ago; the guest need not look at every source again.
    const settings = ['TETRACE_BUILT=1', 'TETRACE_PROVIDER_RESULTS=1', ...checkouts];
    const argv = ['env', ...settings, process.execPath, ...testArgv(files)];
    const { code, providers } = await runIn(command, [...prefix, kernel, '--', ...argv]);
    if (providers.size > 0) results.set(kernel, providers);
    if (code !== 0) process.exitCode = 1;
  }
  if (results.size > 0) process.stdout.write(`\n${providerTable(results)}`);
}

interface GuestRun {
  readonly code: number;
  readonly providers: ReadonlyMap<string, string>;
}

/** Runs a command, passes on what it prints, and keeps what it tells about providers. */
async function runIn(program: string, argv: readonly string[]): Promise<GuestRun> {
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const providers = new Map<string, string>();
  const ended = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const result = readProviderResult(line);
    if (result === undefined) process.stdout.write(`${line}\n`);
    else providers.set(...result);
  }
  return { code: await ended, providers };
}
