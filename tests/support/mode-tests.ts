import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type RunResult, runTetrace as runCommand } from './run-tetrace.ts';

/** The modes of tests and benchmarks, on either backend. `options`: those that choose it. */
export function testModes(options: readonly string[], isPossible: (t: TestContext) => boolean): void {
  const runTetrace = (args: readonly string[]): Promise<RunResult> => runCommand([...options, ...args]);

  test('--test runs test probes in the kernel and fails when one of them does', async (t) => {
    if (!isPossible(t)) return;
    const script = `
    begin { printf("begin\\n"); }
    test:good { printf("not shown\\n"); @x = 1; assert(@x == 1, "sum"); }
    test:returns { return 1; }
    test:says { errorf("no"); }
    interval:s:100 { }`;
    const { stdout, code } = await runTetrace(['--test', '-e', script]);
    const plain = stdout.replace(/\x1b\[\d+m/g, '').replace(/\(\d+ \S+\)/g, '(time)');
    assert.equal(
      plain,
      [
        'begin',
        '[==========] Running 3 tests.',
        '[ RUN      ] good',
        '[       OK ] good (time)',
        '[ RUN      ] returns',
        '[  FAILED  ] returns (time)',
        '[ RUN      ] says',
        'stdin:5:17-29: ERROR: no',
        '[  FAILED  ] says (time)',
        '[==========] 3 tests ran.',
        '[  PASSED  ] 1 test.',
        '[  FAILED  ] 2 tests, listed below:',
        '[  FAILED  ] returns',
        '[  FAILED  ] says',
        '\n\n',
      ].join('\n'),
    );
    assert.equal(code, 1);
  });

  test('--bench measures bench probes', async (t) => {
    if (!isPossible(t)) return;
    const result = await runTetrace([
      '-f',
      'json',
      '--bench',
      '-e',
      'bench:a { @a++; } bench:b { return 1; }',
    ]);
    const lines = result.stdout.split('\n').filter((line) => line !== '');
    assert.equal(lines.length, 1);
    const { type, data } = JSON.parse(lines[0] ?? '');
    assert.equal(type, 'benchmark_result');
    // In a process that has just begun, a single run may take as long as a whole round is to take.
    const leastRuns = options.length === 0 ? 1000 : 1;
    assert.ok(data.a.average > 0 && data.a.iters >= leastRuns, lines[0]);
    assert.equal(result.code, 0);
  });

  test('a script of tests alone says how they are run', async (t) => {
    if (!isPossible(t)) return;
    const { stderr, code } = await runTetrace(['-e', 'test:a { }']);
    assert.match(stderr, /ERROR: No probes attached; use --test to run test probes\./);
    assert.equal(code, 255);
  });

  test('--probe-filter keeps the probes whose name matches', async (t) => {
    if (!isPossible(t)) return;
    const { stdout } = await runTetrace(['--test', '--probe-filter', 'b$', '-e', 'test:a { } test:b { }']);
    assert.match(stdout, /Running 1 tests\./);
    assert.match(stdout, /RUN.* b$/m);
    const wrong = await runTetrace(['--probe-filter', '(', '-e', 'begin { }']);
    assert.match(wrong.stderr, /^ERROR: Invalid --probe-filter regex '\(': Unterminated group$/m);
    assert.equal(wrong.code, 255);
  });
}
