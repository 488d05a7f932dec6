import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** What became of the tests of one or more processes. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  /** The reason of each skipped test. */
  readonly skipped: readonly string[];
  /** Processes that ended badly without saying which test failed. */
  readonly crashed: readonly string[];
}

export const noTotals: Totals = { passed: 0, failed: 0, skipped: [], crashed: [] };

/** The words after `node` that run test files in one process; failures are printed as they happen. */
export function testArgv(files: readonly string[], flags: readonly string[] = []): string[] {
  return [
    '--import',
    'tsx',
    '--test-reporter=./scripts/test-reporter.mjs',
    ...flags,
    'scripts/test-files.ts',
    ...files,
  ];
}

/** Runs test files in a process of their own. */
export async function runTestProcess(files: readonly string[], flags: readonly string[]): Promise<Totals> {
  const child = spawn(process.execPath, testArgv(files, flags), {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, TETRACE_TEST_TOTALS_FD: '3' },
  });
  const [text, [code, signal]] = await Promise.all([
    readAll(child.stdio[3] as Readable),
    new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.on('exit', (...end) => resolve(end)),
    ),
  ]);
  const totals: Totals = { ...noTotals, ...(text === '' ? {} : JSON.parse(text)) };
  const explained = totals.failed > 0 || (code === 0 && text !== '');
  return explained
    ? totals
    : { ...totals, crashed: [`${files.join(' ')}: ${signal ?? `exit code ${code}`}`] };
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}
