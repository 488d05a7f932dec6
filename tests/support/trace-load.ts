import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { type RunningTetrace, type RunOptions, type RunResult, startTetrace } from './run-tetrace.ts';

/** A program that ran to its end. */
export interface Finished {
  readonly pid: number;
  readonly stdout: string;
  readonly code: number | undefined;
}

/** Runs a program that makes something happen. @throws Error when it cannot be started */
export function runProgram(
  argv: readonly string[],
  options: {
    readonly uid?: number;
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Finished> {
  const [program = '', ...words] = argv;
  const { env, ...others } = options;
  const child = spawn(program, words, {
    ...others,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ pid: child.pid ?? 0, stdout, code: code ?? undefined }));
  });
}

/** Says when all probes of a run are attached. */
export async function waitForAttached(tracer: RunningTetrace): Promise<void> {
  await tracer.waitFor(/^Attached \d+ probes?$/m, 'stderr');
}

/** Ends a run as Ctrl-C does, and tells what it printed in all. It has to end well. */
export async function interrupt(tracer: RunningTetrace): Promise<RunResult> {
  tracer.child.kill('SIGINT');
  const result = await tracer.ended;
  assert.equal(
    result.code,
    0,
    `exit code ${result.code}, ${result.signal}\n${result.stdout}\n${result.stderr}`,
  );
  return result;
}

/**
 * Starts the tracer, makes `load` happen once everything is attached, and ends the run as Ctrl-C does.
 *
 * @param load gets the running tracer; it waits for the output that has to come before the end.
 */
export async function traceLoad(
  args: readonly string[],
  load: (tracer: RunningTetrace) => Promise<void>,
  options: RunOptions = {},
): Promise<RunResult> {
  using tracer = startTetrace(args, { timeoutMs: 90_000, ...options });
  await waitForAttached(tracer);
  await load(tracer);
  return await interrupt(tracer);
}
