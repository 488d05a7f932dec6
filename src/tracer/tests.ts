/** `--test`: test probes, one after the other. */
import type { ProbeSpec } from '../program/index.ts';
import { type TestResult, testResult, testsBegin, testsEnd } from '../report/index.ts';
import { type CapturedRunParts, captureRun, labelled } from './captured-run.ts';

/**
 * Runs the test probes among `probes` and shows each result when it is there. A test passes when its prog returns 0, reports no error
 * and does not end with a code.
 *
 * @returns whether all passed.
 */
export function runTests(
  parts: CapturedRunParts,
  probes: readonly ProbeSpec[],
  format: 'text' | 'json',
): boolean {
  const tests = labelled(probes, 'test');
  if (tests.length === 0) return true;
  parts.host.stdout(testsBegin(tests.length, format).text);
  const results = tests.map(({ label, prog }): TestResult => {
    const { retval, errors, exitCode, durationNs, output } = captureRun(parts, prog, 1);
    const passed = retval === 0 && errors === 0 && exitCode === 0;
    const result: TestResult = { name: label, passed, durationNs, output };
    parts.host.stdout(testResult(result, format).text);
    return result;
  });
  parts.host.stdout(testsEnd(results, format).text);
  return results.every(({ passed }) => passed);
}
