import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { processes } from './processes.ts';

/** The command of `-c` cannot be started; the message is ready to be shown. */
export class ChildError extends Error {
  override readonly name = 'ChildError';
}

export interface ChildEnd {
  /** Set when it ended by itself. */
  readonly code: number | undefined;
  /** Set when a signal ended it. */
  readonly signal: string | undefined;
}

/** What waits before the command: one line on descriptor 3 lets it run, the end of the pipe (we are gone) does not. */
export const HOLD_SCRIPT = 'read -r go <&3 || exit 0; exec 3<&-; exec "$@"';
const KILL_AFTER_MS = 1000;

/**
 * The command of `-c`: started at once so that it has a pid, held before its exec until the probes are attached.
 *
 * A shell holds it, and the command replaces that shell, so the pid stays. Where setpriv(1) is installed the command gets SIGTERM when
 * we die in a way that leaves us no time to send it.
 */
export class HeldChild implements Disposable {
  readonly kind = 'held';
  /** The program that it will be. */
  readonly path: string;
  readonly #process: ChildProcess;
  readonly #gate: Writable;
  #end: ChildEnd | undefined;
  readonly #ended: Promise<ChildEnd>;

  /** @throws ChildError when the command is not there or cannot be run. */
  constructor(command: string) {
    const words = command.split(' ').filter((word) => word !== '');
    const path = resolveCommand(words[0] ?? '');
    this.path = path;
    const setpriv = inPath('setpriv')[0];
    const hold = ['/bin/sh', '-c', HOLD_SCRIPT, 'tetrace', path, ...words.slice(1)];
    const argv = setpriv === undefined ? hold : [setpriv, '--pdeathsig', 'TERM', '--', ...hold];
    const [program = '/bin/sh', ...args] = argv;
    this.#process = processes().spawn(program, args, { stdio: ['inherit', 'inherit', 'inherit', 'pipe'] });
    // Descriptor 3 was asked for as a pipe just above; a spawn that failed has none.
    this.#gate = this.#process.stdio[3] as Writable;
    this.#gate?.on('error', () => undefined); // the child ended first: its end is reported below
    this.#ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        this.#end = { code: code ?? undefined, signal: signal ?? undefined };
        resolve(this.#end);
      };
      this.#process.on('exit', end);
      this.#process.on('error', () => end(127, null));
    });
    if (this.#process.pid === undefined)
      throw new ChildError(`Failed to fork child: ${program} could not be started`);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }
  /** How it ended; undefined while it runs. */
  get end(): ChildEnd | undefined {
    return this.#end;
  }
  /** Resolves when it has ended. */
  get ended(): Promise<ChildEnd> {
    return this.#ended;
  }

  /** Lets the command run. */
  release(): void {
    this.#gate.end('\n');
  }

  /** SIGTERM; then SIGKILL when it is still there after a second. */
  async terminate(): Promise<void> {
    if (this.#end) return;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), KILL_AFTER_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  [Symbol.dispose](): void {
    if (!this.#end) this.#process.kill('SIGKILL');
    this.#gate.destroy();
  }
}

/** The program a command's first word names: a path, or one program of PATH. @throws ChildError */
export function resolveCommand(word: string): string {
  const candidates = word.includes('/') ? [word].filter(isExecutable) : inPath(word);
  const [path] = candidates;
  if (path === undefined) {
    throw new ChildError(
      `Failed to fork child: Path '${word}' does not exist or is not executable (No such file or directory)`,
    );
  }
  if (candidates.length > 1) {
    throw new ChildError(
      `Failed to fork child: Path '${word}' must refer to a unique binary but matched ${candidates.length} binaries (${candidates.join(', ')}): give the full path`,
    );
  }
  return path;
}

/** Executables of that name in PATH; links to one file count once. */
function inPath(name: string): string[] {
  if (name === '') return [];
  const found = (process.env['PATH'] ?? '')
    .split(':')
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .filter(isExecutable);
  return found.filter(
    (path, i) => found.findIndex((other) => realpathSync(other) === realpathSync(path)) === i,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
