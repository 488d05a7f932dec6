import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchCase } from './bench-cases.ts';

/** A number, or a word for why there is none. */
export type Measurement =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly problem: string };

type Run = Pick<BenchCase, 'env' | 'until'>;

/**
 * Milliseconds from starting a command to its end, or to the output that `run.until` waits for. It has ended when this resolves, and the kernel
 * has done what it put off (maps and progs are freed behind their process): what is measured next has the machine to itself.
 */
export async function wallTimeMs(argv: readonly string[], run: Run): Promise<Measurement> {
  const started = performance.now();
  const { measured, ended } = start(argv, run);
  const problem = await measured;
  const value = performance.now() - started;
  await ended;
  await untilQuiet();
  return problem === undefined ? { ok: true, value } : { ok: false, problem };
}

/** Until the processors have done nearly nothing for a while; a machine with other work to do is not waited for. */
async function untilQuiet(): Promise<void> {
  for (let look = 0; look < 20; look++) {
    const before = busyTicks();
    await sleep(250);
    const now = busyTicks();
    if (now.busy - before.busy <= (now.all - before.all) * 0.05) return;
  }
}

/** Of all processors since the start of the machine. Source: proc_stat(5). */
function busyTicks(): { readonly busy: number; readonly all: number } {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = user + nice + system + irq + softirq;
  return { busy, all: busy + idle + iowait };
}

/**
 * Peak resident memory of a command in megabytes: the kernel's high-water mark (VmHWM), looked at every few milliseconds, because it
 * is gone with the process. The mark only grows, so a late look misses no earlier peak.
 */
export async function peakMemoryMb(argv: readonly string[], run: Run): Promise<Measurement> {
  const { child, measured, ended } = start(argv, run);
  let peakKb = 0;
  const watch = setInterval(() => {
    peakKb = Math.max(peakKb, highWaterMarkKb(child.pid));
  }, 2);
  const problem = await measured;
  clearInterval(watch);
  await ended;
  return problem === undefined ? { ok: true, value: peakKb / 1024 } : { ok: false, problem };
}

interface StartedRun {
  readonly child: ChildProcess;
  /** Resolves when what is to be measured is over, with a word when it went wrong. */
  readonly measured: Promise<string | undefined>;
  /** Resolves when the process is gone, or could not be started. */
  readonly ended: Promise<void>;
}

function start(argv: readonly string[], { env, until }: Run): StartedRun {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  let seen = false;
  const measured = new Promise<string | undefined>((resolve) => {
    const look = (chunk: string): void => {
      if (until === undefined || seen) return;
      output += chunk;
      if (!until.test(output)) return;
      seen = true;
      child.kill('SIGINT');
      resolve(undefined);
    };
    child.stdout?.setEncoding('utf8').on('data', look);
    child.stderr?.setEncoding('utf8').on('data', look);
    child.on('error', () => resolve('cannot start'));
    child.on('exit', (code, signal) => {
      if (until !== undefined && !seen) resolve('no output');
      else resolve(code === 0 || seen ? undefined : `failed (${signal ?? code})`);
    });
  });
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('exit', () => resolve());
  });
  return { child, measured, ended };
}

function highWaterMarkKb(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has just ended
  }
}
