/**
 * What `--test` and `--bench` show: text in the manner of a well-known C++ test runner, or JSON lines.
 *
 * Text carries its colours always, as it does upstream.
 */

import { jsonObject, jsonString } from './json.ts';
import { type TextOutcome, toStdout } from './outcome.ts';

const GREEN = '\x1b[32m';
const RED = '\x1b[31m';
const RESET = '\x1b[0m';

const NAME_WIDTH = 40;
const TIME_WIDTH = 15;

export interface TestResult {
  /** Label of the test probe, a binary string. */
  readonly name: string;
  readonly passed: boolean;
  readonly durationNs: bigint;
  /** What the run printed during the test (a binary string). */
  readonly output: string;
}

export interface BenchmarkResult {
  readonly name: string;
  readonly averageNs: bigint;
  readonly iterations: number;
}

/** Before the first test. */
export function testsBegin(count: number, format: 'text' | 'json'): TextOutcome {
  return toStdout(format === 'json' ? '' : `${tag(GREEN, '[==========]')} Running ${count} tests.\n`);
}

/** One test that is done; the output of one that failed comes before its verdict. */
export function testResult(result: TestResult, format: 'text' | 'json'): TextOutcome {
  const { name, passed, durationNs, output } = result;
  if (format === 'json') {
    return resultLine('test_result', name, [
      ['duration', String(durationNs)],
      ['passed', String(passed)],
      ['output', jsonString(output)],
    ]);
  }
  const said = output
    .split('\n')
    .filter((line) => !passed && line !== '')
    .map((line) => `${line}\n`)
    .join('');
  const verdict = passed ? tag(GREEN, '[       OK ]') : tag(RED, '[  FAILED  ]');
  return toStdout(
    `${tag(GREEN, '[ RUN      ]')} ${name}\n${said}${verdict} ${name} (${durationText(durationNs)})\n`,
  );
}

/** After the last test. */
export function testsEnd(results: readonly TestResult[], format: 'text' | 'json'): TextOutcome {
  if (format === 'json') return toStdout('');
  const failed = results.filter((result) => !result.passed);
  const summary =
    `${tag(GREEN, '[==========]')} ${plural(results.length)} ran.\n` +
    `${tag(GREEN, '[  PASSED  ]')} ${plural(results.length - failed.length)}.\n`;
  if (failed.length === 0) return toStdout(summary);
  const mark = tag(RED, '[  FAILED  ]');
  const names = failed.map(({ name }) => `${mark} ${name}\n`).join('');
  return toStdout(`${summary}${mark} ${plural(failed.length)}, listed below:\n${names}`);
}

/** The head of the table of benchmarks, wide enough for all their names. */
export function benchmarksBegin(names: readonly string[], format: 'text' | 'json'): TextOutcome {
  if (format === 'json') return toStdout('');
  const last = 'Iterations';
  const width = nameWidth(names);
  const head = 'Benchmark'.padEnd(width) + 'Time(ns)'.padEnd(TIME_WIDTH) + last;
  return toStdout(`${head}\n${'-'.repeat(width + TIME_WIDTH + last.length)}\n`);
}

/** @param names those of all benchmarks, as given to `benchmarksBegin`. */
export function benchmarkResult(
  { name, averageNs, iterations }: BenchmarkResult,
  names: readonly string[],
  format: 'text' | 'json',
): TextOutcome {
  if (format === 'json') {
    return resultLine('benchmark_result', name, [
      ['average', String(averageNs)],
      ['iters', String(iterations)],
    ]);
  }
  return toStdout(`${name.padEnd(nameWidth(names))}${String(averageNs).padEnd(TIME_WIDTH)}${iterations}\n`);
}

function resultLine(
  type: string,
  name: string,
  members: readonly (readonly [key: string, json: string])[],
): TextOutcome {
  const data = jsonObject([[name, jsonObject(members)]]);
  return toStdout(
    `${jsonObject([
      ['type', jsonString(type)],
      ['data', data],
    ])}\n`,
  );
}

function nameWidth(names: readonly string[]): number {
  return Math.max(NAME_WIDTH, ...names.map((name) => name.length)) + 1;
}

function tag(color: string, text: string): string {
  return `${color}${text}${RESET}`;
}

function plural(count: number): string {
  return `${count} test${count === 1 ? '' : 's'}`;
}

/** In the largest unit that leaves at least 1. */
function durationText(ns: bigint): string {
  if (ns >= 1_000_000_000n) return `${ns / 1_000_000_000n} s`;
  if (ns >= 1_000_000n) return `${ns / 1_000_000n} ms`;
  if (ns >= 1_000n) return `${ns / 1_000n} \xce\xbcs`;
  return `${ns} ns`;
}
