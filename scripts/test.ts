/**
 * Runs the tests: `test [--kernel] [PATH...] [--test-...]`.
 *
 * Without `--kernel` these are all tests that need no root, in two processes side by side, each importing many test files: starting a
 * process per file would take longer than the tests. With it, these are the files of tests/kernel, one process each and one after the
 * other, so that no test meets another's probes. PATHs choose files by their beginning; other options go to Node.js.
 */

import { statSync } from 'node:fs';
import { listFiles } from './list-files.ts';
import { noTotals, runTestProcess, type Totals } from './test-process.ts';

const words = process.argv.slice(2);
const kernel = words.includes('--kernel');
const paths = words.filter((word) => !word.startsWith('-'));
const flags = words.filter((word) => word.startsWith('-') && word !== '--kernel');

const chosen = testFiles().filter(
  (file) => paths.length === 0 || paths.some((path) => file.startsWith(path)),
);
if (chosen.length === 0) {
  process.stderr.write(
    paths.length === 0 ? 'no tests yet\n' : `no test file begins with ${paths.join(' or ')}\n`,
  );
  process.exitCode = paths.length === 0 ? 0 : 1;
} else {
  const started = Date.now();
  const outcomes = kernel
    ? await runInTurn(chosen)
    : await Promise.all(halve(chosen).map((files) => run(files)));
  report(outcomes, Date.now() - started);
}

function testFiles(): string[] {
  if (kernel) return listFiles('tests/kernel', '.test.ts');
  const isOurs = (file: string): boolean =>
    !file.startsWith('tests/kernel/') && !file.startsWith('tests/vm/');
  return ['src', 'tests', 'scripts'].flatMap((dir) => listFiles(dir, '.test.ts')).filter(isOurs);
}

function run(files: readonly string[]): Promise<Totals> {
  return runTestProcess(files, flags);
}

async function runInTurn(files: readonly string[]): Promise<Totals[]> {
  const outcomes: Totals[] = [];
  for (const file of files) outcomes.push(await run([file]));
  return outcomes;
}

/** Two lists of about the same amount of text, which is near enough to the same time. */
function halve(files: readonly string[]): string[][] {
  const sized = files.map((file) => ({ file, size: statSync(file).size })).sort((a, b) => b.size - a.size);
  const halves: [string[], string[]] = [[], []];
  let lead = 0; // how much more text the first half has
  for (const { file, size } of sized) {
    halves[lead > 0 ? 1 : 0].push(file);
    lead += lead > 0 ? -size : size;
  }
  return halves.map((half) => half.sort()).filter((half) => half.length > 0);
}

function report(outcomes: readonly Totals[], elapsedMs: number): void {
  const sum = outcomes.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      crashed: [...a.crashed, ...b.crashed],
      skipped: [...a.skipped, ...b.skipped],
    }),
    noTotals,
  );
  const reasons = new Map<string, number>();
  for (const reason of sum.skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  for (const [reason, count] of reasons) process.stdout.write(`skipped ${count}: ${reason}\n`);
  for (const crash of sum.crashed) process.stdout.write(`test process failed: ${crash}\n`);
  process.stdout.write(
    `${sum.passed} passed, ${sum.failed} failed, ${sum.skipped.length} skipped, in ${(elapsedMs / 1000).toFixed(1)} s\n`,
  );
  if (sum.failed > 0 || sum.crashed.length > 0) process.exitCode = 1;
}
