import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportRun } from './report-run.ts';

/** What a run printed in bpftrace, from the values on. */
export interface Observed {
  readonly name: string;
  readonly run: () => ReportRun;
  readonly stdout: string;
}

/** A test of each: the same on standard output, and nothing else. */
export function testObserved(observed: readonly Observed[]): void {
  for (const { name, run, stdout } of observed) {
    test(name, () => {
      const finished = run();
      assert.equal(finished.stdout, stdout);
      assert.equal(finished.stderr, '');
    });
  }
}
