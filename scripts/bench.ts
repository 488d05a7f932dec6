/**
 * Measures whole processes, side by side with bpftrace: `bench [--kernel VERSION] [CASE...]`; with a kernel, in a machine that TETRACE_VM boots.
 * Behind that table, a line each: how fast the compiler is with short and with long scripts, how fast the embedded machine's engines are, and system calls under several tracers. Without any word all
 * of that is measured here, and then on other kernels what shows most there.
 *
 * TETRACE_BPFTRACE names the command to compare with, for example `chroot DIR bpftrace` (scripts/install-bpftrace.mjs makes one); without
 * it only our own numbers are printed. Runs take turns, so that a busy machine is busy for both; the fastest run counts, because
 * everything else a machine does only adds. Peak memory comes from runs of its own, because watching takes time too.
 */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { type BenchCase, cases, casesByKernel } from './bench-cases.ts';
import { engineCases } from './bench-engines.ts';
import { frontEndCases } from './bench-front-end.ts';
import { benchOnKernel } from './bench-on-kernel.ts';
import { printRates } from './bench-rates.ts';
import { syscallCases } from './bench-syscalls.ts';
import { type Measurement, peakMemoryMb, wallTimeMs } from './measure-process.ts';

/** Inside a machine of TETRACE_VM. */
const isEmulated = process.env['TETRACE_BENCH_EMULATED'] === '1';
const rounds = isEmulated ? 3 : 7;
/** There, what a build leaves: neither sh nor the look at the sources is waited for. */
const command = isEmulated ? 'dist/cli.js' : 'bin/tetrace';
const ours = [command];
const theirs = (process.env['TETRACE_BPFTRACE'] ?? '').split(/\s+/).filter((word) => word !== '');

const words = process.argv.slice(2);
if (words[0] === '--kernel') process.exit(benchOnKernel(words[1] ?? '', words.slice(2)));
const wanted = words;
const rateCases = [...frontEndCases, ...engineCases, ...syscallCases];
const names = [...cases, ...rateCases].map((row) => row.name);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`bench: no case ${unknown.join(', ')}; there are ${names.join(', ')}\n`);
  process.exit(1);
}
if (process.env['NODE_EXTRA_CA_CERTS'] !== undefined) {
  process.stdout.write(
    'NODE_EXTRA_CA_CERTS is left out: Node.js reads that file at every start, tracing or not.\n',
  );
  delete process.env['NODE_EXTRA_CA_CERTS'];
}
if (theirs.length === 0) process.stdout.write('TETRACE_BPFTRACE names no command to compare with.\n');

const columns = [
  'case',
  'tetrace',
  'bpftrace',
  'ratio',
  'to reach',
  'tetrace',
  'bpftrace',
  'to reach',
] as const;
const isWanted = (row: { readonly name: string }): boolean =>
  wanted.length === 0 || wanted.includes(row.name);
if (cases.some(isWanted)) {
  process.stdout.write(`tetrace is ${command}\n`);
  printRow(columns);
}
for (const row of cases.filter(isWanted)) {
  const missing = row.needs?.();
  if (missing !== undefined) {
    process.stdout.write(`${row.name}: skipped, ${missing}\n`);
    continue;
  }
  printRow(await measure(row));
}
for (const row of rateCases.filter(isWanted)) await printRates(row);
if (words.length === 0 && !isEmulated) {
  printTetrisSize();
  if (process.env['TETRACE_VM'] === undefined) {
    process.stdout.write(
      'TETRACE_VM names no command that boots other kernels: nothing is measured on them.\n',
    );
  } else {
    for (const [kernel, names] of Object.entries(casesByKernel)) benchOnKernel(kernel, names);
  }
}

/** The largest prog of the game, as our loader tells it. */
function printTetrisSize(): void {
  const game = cases.find(({ name }) => name === 'tetris-2019-first-frame');
  if (game === undefined || game.needs?.() !== undefined) return;
  const { stdout } = spawnSync('bin/tetrace', ['--dry-run', '-d', 'libbpf', ...game.args], {
    env: { ...process.env, ...game.env },
    encoding: 'utf8',
  });
  const [, insns] = /^prog 'interval\S*': loaded as \S+, (\d+) instructions/m.exec(stdout) ?? [];
  process.stdout.write(
    `tetris-2019, interval prog: ${insns ?? 'not loaded:'} instructions (bpftrace 0.17: 32799; to reach: 8199)\n`,
  );
}

async function measure(row: BenchCase): Promise<readonly string[]> {
  const commands = {
    ours: [...ours, ...row.args],
    theirs: theirs.length === 0 || row.theirs !== undefined ? undefined : [...theirs, ...row.args],
  };
  const times: { ours: Measurement[]; theirs: Measurement[] } = { ours: [], theirs: [] };
  for (let round = 0; round < (row.rounds ?? rounds); round++) {
    forget(row);
    times.ours.push(await wallTimeMs(commands.ours, row));
    if (commands.theirs !== undefined) times.theirs.push(await wallTimeMs(commands.theirs, row));
  }
  forget(row);
  const memory = {
    ours: await peakMemoryMb(commands.ours, row),
    theirs: commands.theirs === undefined ? undefined : await peakMemoryMb(commands.theirs, row),
  };
  const ourTime = best(times.ours);
  const theirTime = best(times.theirs);
  const ratio = ourTime.ok && theirTime?.ok ? `${(ourTime.value / theirTime.value).toFixed(2)} x` : '-';
  return [
    row.name,
    show(ourTime, 'ms'),
    row.theirs ?? show(theirTime, 'ms'),
    ratio,
    (isEmulated ? row.reach?.emulated : row.reach?.time) ?? '-',
    show(memory.ours, 'MB'),
    row.theirs ?? show(memory.theirs, 'MB'),
    row.reach?.memory ?? '-',
  ];
}

function forget({ without = [] }: BenchCase): void {
  for (const path of without) rmSync(path, { recursive: true, force: true });
}

/** The smallest value; a failure when any run failed. */
function best(measurements: readonly Measurement[]): Measurement {
  const failure = measurements.find((one) => !one.ok);
  if (failure !== undefined) return failure;
  const values = measurements.map((one) => (one.ok ? one.value : Number.NaN));
  return values.length === 0 ? { ok: false, problem: '-' } : { ok: true, value: Math.min(...values) };
}

function show(measurement: Measurement | undefined, unit: string): string {
  if (measurement === undefined) return '-';
  return measurement.ok
    ? `${measurement.value.toFixed(measurement.value < 10 ? 1 : 0)} ${unit}`
    : measurement.problem;
}

function printRow(cells: readonly string[]): void {
  process.stdout.write(
    `${cells.map((cell, index) => (index === 0 ? cell.padEnd(24) : cell.padStart(12))).join('')}\n`,
  );
}
