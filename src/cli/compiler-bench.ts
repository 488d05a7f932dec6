/** `--mode compiler-bench`: how long the stages of the compiler take for a script. */
import type { StageTrace } from '../compiler/index.ts';

/** Enough to speak of an average, and no more than anybody waits for. */
const MIN_ROUNDS = 4;
const MAX_ROUNDS = 10_000;
const GOAL_NS = 1_000_000_000n;

/**
 * Compiles again and again and writes a line per stage: its name, how often it ran, nanoseconds in all, and the mean with its 95 % confidence
 * interval. The layout is bpftrace's.
 */
export function benchCompiler(compileOnce: (trace: StageTrace) => void, write: (line: string) => void): void {
  const samples = new Map<string, number[]>();
  let total = 0n;
  for (let round = 0; round < MAX_ROUNDS && (round < MIN_ROUNDS || total < GOAL_NS); round++) {
    const spent = new Map<string, number>();
    const start = process.hrtime.bigint();
    compileOnce({
      step: (name, work) => {
        const before = process.hrtime.bigint();
        const result = work();
        spent.set(name, (spent.get(name) ?? 0) + Number(process.hrtime.bigint() - before));
        return result;
      },
    });
    total += process.hrtime.bigint() - start;
    for (const [name, ns] of spent) samples.set(name, [...(samples.get(name) ?? []), ns]);
  }
  let mean = 0;
  let variance = 0;
  for (const [name, values] of samples) {
    const stage = summary(values);
    write(row(name, values.length, stage.total, stage.mean, stage.variance));
    mean += stage.mean;
    variance += stage.variance;
  }
  write(row('total', samples.size, mean * samples.size, mean, variance));
  write('PASS');
}

function summary(values: readonly number[]): {
  readonly total: number;
  readonly mean: number;
  readonly variance: number;
} {
  const total = values.reduce((sum, value) => sum + value, 0);
  const mean = total / values.length;
  return {
    total,
    mean,
    variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
  };
}

const units = [
  { name: 's', ns: 1e9 },
  { name: 'ms', ns: 1e6 },
  { name: 'μs', ns: 1e3 },
  { name: 'ns', ns: 1 },
] as const;

/** As wide as bpftrace's table. */
function row(name: string, count: number, total: number, mean: number, variance: number): string {
  const { name: unit, ns } = units.find((candidate) => mean >= candidate.ns) ?? units[3];
  const error = (1.96 * Math.sqrt(variance)) / Math.sqrt(count);
  const shown = `${Math.floor(mean / ns)} ± ${Math.floor(error / ns)} ${unit}`;
  return `${name.padEnd(30)}${String(count).padEnd(8)}${String(Math.round(total)).padEnd(14)}${shown}`;
}
