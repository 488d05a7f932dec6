import type { CCursor } from './c-cursor.ts';
import type { CAttributes } from './c-declaration.ts';
import { CProblem } from './c-diagnostics.ts';

/** Words in front of or inside types that change nothing here. */
const ignoredWords: ReadonlySet<string> = new Set([
  'const',
  '__const',
  '__const__',
  'volatile',
  '__volatile__',
  'restrict',
  '__restrict',
  '__restrict__',
  '_Atomic',
  'register',
  'auto',
  'inline',
  '__inline',
  '__inline__',
  '_Noreturn',
  '_Thread_local',
  '__thread',
  '__extension__',
  'extern',
  'static',
]);

/** Passes over qualifiers, storage classes and other words that change nothing; false when none stands here. */
export function skipIgnoredWords(c: CCursor): boolean {
  const start = c.at;
  while (ignoredWords.has(c.peek())) c.at++;
  return c.at > start;
}

/** Reads any number of `__attribute__((…))` and `_Alignas(…)` into `attributes`; false when there is none. */
export function readAttributes(c: CCursor, attributes: CAttributes): boolean {
  let found = false;
  for (;;) {
    if (c.peek() === '_Alignas') {
      c.at += 2;
      attributes.alignment = readAlignment(c);
      c.expect(')');
    } else if (c.accept('__attribute__') || c.accept('__attribute')) {
      c.expect('(');
      c.expect('(');
      while (!c.accept(')')) readAttribute(c, attributes);
      c.expect(')');
    } else return found;
    found = true;
  }
}

function readAttribute(c: CCursor, attributes: CAttributes): void {
  if (c.accept(',')) return;
  const name = c.expectName().text.replace(/^__|__$/g, '');
  if (name === 'packed') attributes.isPacked = true;
  if (name !== 'aligned') {
    if (c.peek() === '(') c.skipBalanced('(', ')');
    return;
  }
  // Without a number: the largest alignment any type of the machine needs.
  attributes.alignment = 16;
  if (!c.accept('(')) return;
  attributes.alignment = readAlignment(c);
  c.expect(')');
}

function readAlignment(c: CCursor): number {
  const count = c.count('an alignment');
  if (Math.log2(count) % 1 !== 0) throw new CProblem(`${count} cannot be an alignment: it is no power of 2`);
  return count;
}
