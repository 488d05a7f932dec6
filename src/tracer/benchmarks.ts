/** `--bench`: bench probes, each repeated until its time says something. */
import type { ProbeSpec } from '../program/index.ts';
import { benchmarkResult, benchmarksBegin } from '../report/index.ts';
import { type CapturedRun, type CapturedRunParts, captureRun, labelled } from './captured-run.ts';

/** While all repetitions together took less than this, there are so many times more of them in the next round. */
const growth: readonly { readonly belowNs: bigint; readonly factor: number }[] = [
  { belowNs: 1_000n, factor: 1000 },
  { belowNs: 10_000n, factor: 100 },
  { belowNs: 100_000n, factor: 10 },
  { belowNs: 1_000_000n, factor: 2 },
];

/** Where a prog whose time rounds to nothing stops: the kernel counts repetitions in 32 bits. */
const MAX_REPEAT = 100_000_000;

export interface BenchmarkMessages {
  error(text: string): void;
}

/**
 * Runs the bench probes among `probes` and shows each result. A prog that returns something else than 0 is left out: it cannot run here.
 *
 * @returns false when one reported an error or ended with a code; nothing is shown of that one.
 */
export function runBenchmarks(
  parts: CapturedRunParts,
  probes: readonly ProbeSpec[],
  format: 'text' | 'json',
  messages: BenchmarkMessages,
): boolean {
  const benchmarks = labelled(probes, 'bench');
  const names = benchmarks.map(({ label }) => label);
  if (names.length === 0) return true;
  parts.host.stdout(benchmarksBegin(names, format).text);
  let succeeded = true;
  for (const { label: name, prog } of benchmarks) {
    const { run, iterations } = repeatUntilMeasured((repeat) => captureRun(parts, prog, repeat));
    if (run.exitCode !== 0 || run.errors > 0) {
      messages.error(`Benchmark '${name}' failed.`);
      succeeded = false;
    } else if (run.retval === 0) {
      const result = { name, averageNs: run.durationNs, iterations };
      parts.host.stdout(benchmarkResult(result, names, format).text);
    }
  }
  return succeeded;
}

/** The first round that took long enough, or that did not succeed. */
function repeatUntilMeasured(run: (repeat: number) => CapturedRun): {
  readonly run: CapturedRun;
  readonly iterations: number;
} {
  for (let iterations = 1; ; ) {
    const round = run(iterations);
    const totalNs = round.durationNs * BigInt(iterations);
    const step = growth.find(({ belowNs }) => totalNs < belowNs);
    const succeeded = round.retval === 0 && round.errors === 0 && round.exitCode === 0;
    if (!step || !succeeded || iterations >= MAX_REPEAT) return { run: round, iterations };
    iterations = Math.min(iterations * step.factor, MAX_REPEAT);
  }
}
