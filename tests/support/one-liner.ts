import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { missingNeed, type Need } from './needs.ts';
import { skipUnless } from './requirements.ts';
import { runTetrace } from './run-tetrace.ts';

/** A command line and what it prints. */
export interface OneLiner {
  /** What is at stake; the program itself when it is left out. */
  readonly title?: string;
  readonly program: string;
  /** Options before, and script parameters after the program. */
  readonly options?: readonly string[];
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It asks for what only a kernel knows; and for more of that than every kernel has. */
  readonly ofKernel?: true | Need;
  /** All of standard output, without the two empty lines that text output ends with; nothing when left out. */
  readonly stdout?: string | RegExp;
  /** All of standard error; nothing when left out. */
  readonly stderr?: string | RegExp;
  readonly code?: number;
}

/** How something is shown: by a command line, or by a test of its own: the file, and behind ` > ` how its title begins. */
export type Shown = OneLiner | string;

/** Where one-liners run. */
export interface Place {
  /** Options that say so. */
  readonly options: readonly string[];
  readonly isKernel: boolean;
  /** Skips the test and says why, where that cannot be done. */
  readonly isPossible: (t: TestContext) => boolean;
}

/** Declares the test of one. */
export function testOneLiner(title: string, row: OneLiner, place: Place): void {
  const { program, options = [], words = [], env = {}, ofKernel, stdout = '', stderr = '', code = 0 } = row;
  test(title, async (t) => {
    if (!place.isPossible(t)) return;
    if (ofKernel !== undefined && !skipUnless(t, place.isKernel, 'asks for what only a kernel knows')) return;
    const missing = ofKernel === undefined || ofKernel === true ? undefined : missingNeed(ofKernel);
    if (!skipUnless(t, missing === undefined, missing ?? '')) return;
    const run = await runTetrace(['-q', ...place.options, ...options, '-e', program, ...words], { env });
    const isText = !options.includes('json');
    const ended = run.stdout.endsWith('\n\n') || !isText;
    // Text ends with two empty lines before the maps; where nothing was printed they are all there is.
    const text = isText ? withoutEndLines(run.stdout) : run.stdout;
    if (code === 0) assert.ok(ended || /^@/m.test(run.stdout), run.stdout);
    matches(text, stdout);
    matches(run.stderr, stderr);
    assert.equal(run.code, code);
  });
}

/** Takes the two empty lines out that stand between what was printed and the maps. */
function withoutEndLines(text: string): string {
  return text.startsWith('\n\n') ? text.slice(2) : text.replace('\n\n\n', '\n');
}

function matches(text: string, wanted: string | RegExp): void {
  if (typeof wanted === 'string') assert.equal(text, wanted);
  else assert.match(text, wanted);
}
