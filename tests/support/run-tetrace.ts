import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { release } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './paths.ts';

/** The command, as a path. */
export const tetracePath: string = join(projectRoot, 'bin', 'tetrace');

export interface RunOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Added to this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** After this the process is killed and the run fails; a guard against hanging, not a measurement. */
  readonly timeoutMs?: number;
  /** The program to start instead of bin/tetrace, for example a link named bpftrace. */
  readonly program?: string;
}

export interface RunResult {
  readonly stdout: string;
  /** Without the warning of an old kernel where the kernel is old: it is none about what is run. */
  readonly stderr: string;
  /** undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/** Older than the language expects, which a run on it says. Source: src/cli/privileges.ts. */
export const isOldKernel: boolean = /^(?:[0-4]|5\.(?:\d|1[0-4]))\./.test(release());

const defaultTimeoutMs = 60_000;

/** Runs the command to its end. @throws Error when it does not end in time, with what it printed. */
export function runTetrace(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const running = startTetrace(args, options);
  running.child.stdin.end(options.input ?? '');
  return running.ended;
}

/** A command that is still running; dispose of it to be sure that it is gone. */
export interface RunningTetrace extends Disposable {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has printed so far, all of it. */
  stdout(): string;
  stderr(): string;
  /** Resolves when a stream's text matches; rejects when the process ends first. */
  waitFor(pattern: RegExp, stream?: 'stdout' | 'stderr'): Promise<RegExpExecArray>;
  readonly ended: Promise<RunResult>;
}

/** Starts the command and leaves it running, with an open standard input. */
export function startTetrace(args: readonly string[], options: RunOptions = {}): RunningTetrace {
  const { program = tetracePath, cwd = projectRoot, timeoutMs = defaultTimeoutMs } = options;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...options.env } });
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      changed();
    });
  }
  child.stdin.on('error', () => {}); // it may end without having read everything
  let finished: RunResult | undefined;
  const ended = new Promise<RunResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(
          `${program} ${args.join(' ')}: not done after ${timeoutMs} ms\n${text.stdout}\n${text.stderr}`,
        ),
      );
    }, timeoutMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const stderr = isOldKernel ? text.stderr.replace(/^WARNING: Kernel version .*\n/m, '') : text.stderr;
      finished = { stdout: text.stdout, stderr, code: code ?? undefined, signal: signal ?? undefined };
      changed();
      resolve(finished);
    });
  });
  ended.catch(() => {}); // told to whoever awaits it
  return {
    child,
    ended,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    waitFor: (pattern, stream = 'stdout') =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(text[stream]);
          if (match === null && finished === undefined) return;
          watchers.delete(look);
          if (match !== null) resolve(match);
          else reject(new Error(`ended before ${stream} matched ${pattern}\n${text.stdout}\n${text.stderr}`));
        };
        watchers.add(look);
        look();
      }),
    [Symbol.dispose]: () => {
      if (finished === undefined) child.kill('SIGKILL');
    },
  };
}
