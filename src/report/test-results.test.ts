import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  benchmarkResult,
  benchmarksBegin,
  type TestResult,
  testResult,
  testsBegin,
  testsEnd,
} from './test-results.ts';

const results: readonly TestResult[] = [
  { name: 'a', passed: true, durationNs: 12_345_678n, output: 'unheard\n' },
  { name: 'b', passed: false, durationNs: 999n, output: 'one\n\ntwo\n' },
];

function plain(text: string): string {
  return text.replace(/\x1b\[\d+m/g, '');
}

test('tests as text', () => {
  const shown = [
    testsBegin(2, 'text'),
    ...results.map((result) => testResult(result, 'text')),
    testsEnd(results, 'text'),
  ];
  assert.equal(
    plain(shown.map(({ text }) => text).join('')),
    `[==========] Running 2 tests.
[ RUN      ] a
[       OK ] a (12 ms)
[ RUN      ] b
one
two
[  FAILED  ] b (999 ns)
[==========] 2 tests ran.
[  PASSED  ] 1 test.
[  FAILED  ] 1 test, listed below:
[  FAILED  ] b
`,
  );
  assert.ok(testResult(results[1]!, 'text').text.includes('\x1b[31m[  FAILED  ]\x1b[0m b'));
  assert.equal(
    plain(testsEnd(results.slice(0, 1), 'text').text),
    '[==========] 1 test ran.\n[  PASSED  ] 1 test.\n',
  );
});

test('tests as JSON', () => {
  assert.equal(
    testResult(results[1]!, 'json').text,
    '{"type": "test_result", "data": {"b": {"duration": 999, "passed": false, "output": "one\\n\\ntwo\\n"}}}\n',
  );
  assert.equal(testsBegin(1, 'json').text + testsEnd(results, 'json').text, '');
});

test('benchmarks', () => {
  const names = ['b', 'n'.repeat(42)];
  const head = benchmarksBegin(names, 'text').text.split('\n');
  assert.equal(head[0], `${'Benchmark'.padEnd(43)}Time(ns)       Iterations`);
  assert.equal(head[1], '-'.repeat(68));
  const result = { name: 'b', averageNs: 51n, iterations: 1_000_000 };
  assert.equal(benchmarkResult(result, names, 'text').text, `${'b'.padEnd(43)}${'51'.padEnd(15)}1000000\n`);
  assert.equal(
    benchmarkResult(result, names, 'json').text,
    '{"type": "benchmark_result", "data": {"b": {"average": 51, "iters": 1000000}}}\n',
  );
});
