/** What every command of `-c` has, however it is started. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The command of `-c` cannot be started; the message is ready to be shown. */
export class ChildError extends Error {
  override readonly name = 'ChildError';
}

/** How a command ended. */
export interface ChildEnd {
  /** Set when it ended by itself. */
  readonly code: number | undefined;
  /** Set when a signal ended it. */
  readonly signal: string | undefined;
}

const KILL_AFTER_MS = 1000;

/** SIGTERM; then SIGKILL when it has not ended after a second. */
export async function terminate(
  kill: (signal: 'SIGTERM' | 'SIGKILL') => void,
  ended: Promise<unknown>,
): Promise<void> {
  kill('SIGTERM');
  const timer = setTimeout(() => kill('SIGKILL'), KILL_AFTER_MS);
  await ended;
  clearTimeout(timer);
}

/**
 * The program of a command and its arguments, which blanks separate. The first word is a path, or names one program of PATH.
 *
 * @throws ChildError
 */
export function resolveCommand(command: string): { readonly path: string; readonly args: readonly string[] } {
  const [word = '', ...args] = command.split(' ').filter((each) => each !== '');
  const candidates = word.includes('/') ? [word].filter(isExecutable) : findInPath(word);
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
  return { path, args };
}

/** Executables of that name in PATH; links to one file count once. */
export function findInPath(name: string): string[] {
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
