import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';

/**
 * What a test needs of the machine. Each returns whether it is there; when not, the test is skipped with the reason and has to
 * return:
 *
 *     test('attaches', (t) => {
 *       if (!requireRoot(t)) return;
 */
export function requireRoot(t: TestContext): boolean {
  return skipUnless(t, process.geteuid?.() === 0, 'needs root');
}

/** Whether a program is on the PATH. */
export function requireProgram(t: TestContext, name: string): boolean {
  const found = (process.env['PATH'] ?? '')
    .split(':')
    .some((dir) => dir !== '' && existsSync(`${dir}/${name}`));
  return skipUnless(t, found, `needs the program ${name}`);
}

/** Words that start a command without the capabilities that BPF takes; an ordinary user needs none. undefined: skipped. */
export function withoutBpf(t: TestContext): readonly string[] | undefined {
  if (process.geteuid?.() !== 0) return [];
  if (!requireProgram(t, 'setpriv')) return undefined;
  return ['setpriv', '--bounding-set=-bpf,-perfmon,-sys_admin,-sys_ptrace', '--inh-caps=-all', '--'];
}

/** A checkout that a variable names, as a path; undefined (and skipped) when the variable is not set. */
export function requireCheckout(
  t: TestContext,
  variable: 'TETRACE_UPSTREAM' | 'TETRACE_TETRIS',
): string | undefined {
  const path = process.env[variable];
  if (!skipUnless(t, path !== undefined && path !== '', `${variable} names no checkout`)) return undefined;
  if (!existsSync(path ?? '')) throw new Error(`${variable} names ${path}, which does not exist`);
  return path;
}

/** Skips the test with `reason` unless `fulfilled`. */
export function skipUnless(t: TestContext, fulfilled: boolean, reason: string): boolean {
  if (!fulfilled) t.skip(reason);
  return fulfilled;
}
