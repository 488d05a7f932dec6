/**
 * What stands around a declared name: `*a[3]` is an array of pointers, `(*a)[3]` a pointer to an array. Suffixes bind
 * before pointers; parentheses are applied last, to what is around them.
 */
import { readAttributes, skipIgnoredWords } from './attributes.ts';
import { type CCursor, maxNesting } from './c-cursor.ts';
import type { CAttributes, CType } from './c-declaration.ts';
import { CProblem } from './c-diagnostics.ts';
import type { CToken } from './c-token.ts';

/** A declarator read: its name, and what it makes of the type before it. */
export interface Declarator {
  readonly name?: CToken;
  readonly wrap: (base: CType) => CType;
}

/** That of a member without a name. */
export const noDeclarator: Declarator = { wrap: (base) => base };

/** Reads a declarator, whose name may be missing. What its attributes say is added to `attributes`. */
export function readDeclarator(c: CCursor, attributes: CAttributes): Declarator {
  return c.within(() => {
    const pointers = readPointers(c, attributes);
    let name: CToken | undefined;
    let inner = noDeclarator;
    if (c.peek() === '(' && startsNested(c)) {
      c.at++;
      inner = readDeclarator(c, attributes);
      c.expect(')');
      ({ name } = inner);
    } else if (c.atName) name = c.expectName();
    const suffixes = readSuffixes(c, attributes);
    const wrap = (base: CType): CType => {
      let type = base;
      for (let count = 0; count < pointers; count++) type = { kind: 'c-pointer', to: type };
      return inner.wrap(suffixes.reduceRight((wrapped, suffix) => suffix(wrapped), type));
    };
    return { ...(name && { name }), wrap };
  });
}

/** A type without a name to declare, as in a cast. */
export function readTypeName(c: CCursor): CType {
  const attributes: CAttributes = { isPacked: false };
  const base = c.grammar.readSpecifiers(c, attributes);
  return readDeclarator(c, attributes).wrap(base);
}

/** How many `*` stand here, with qualifiers and attributes between them. */
function readPointers(c: CCursor, attributes: CAttributes): number {
  let pointers = 0;
  for (;;) {
    if (c.accept('*')) {
      if (++pointers > maxNesting) throw new CProblem('nested too deeply');
    } else if (!readAttributes(c, attributes) && !skipIgnoredWords(c)) return pointers;
  }
}

/** A `(` that groups a declarator rather than starting parameters. */
function startsNested(c: CCursor): boolean {
  const next = c.peek(1);
  const isName = /^[A-Za-z_]/.test(next);
  return next === '*' || next === '(' || next === '__attribute__' || (isName && c.peek(2) === ')');
}

type Suffix = (type: CType) => CType;

function readSuffixes(c: CCursor, attributes: CAttributes): readonly Suffix[] {
  const suffixes: Suffix[] = [];
  for (;;) {
    if (c.accept('[')) suffixes.push(arraySuffix(c));
    else if (c.accept('(')) suffixes.push(functionSuffix(c));
    else if (!readAttributes(c, attributes) && !skipAsmLabel(c)) return suffixes;
    if (suffixes.length > maxNesting) throw new CProblem('nested too deeply');
  }
}

function arraySuffix(c: CCursor): Suffix {
  // `[static 3]` and `[const]`, in parameters.
  skipIgnoredWords(c);
  if (c.accept(']')) return (element) => ({ kind: 'c-array', element });
  const count = c.count('an array size');
  c.expect(']');
  return (element) => ({ kind: 'c-array', element, count });
}

function functionSuffix(c: CCursor): Suffix {
  const params: CType[] = [];
  let isVariadic = false;
  if (c.peek() === 'void' && c.peek(1) === ')') c.at++;
  while (!c.accept(')')) {
    if (c.accept('...')) isVariadic = true;
    else params.push(readTypeName(c));
    if (!c.accept(',') && c.peek() !== ')') throw c.unexpected("',' or ')'");
  }
  return (returns) => ({ kind: 'c-function', returns, params, isVariadic });
}

/** `asm("name")` behind a declaration. */
function skipAsmLabel(c: CCursor): boolean {
  if (!['asm', '__asm__', '__asm'].includes(c.peek())) return false;
  c.at++;
  c.skipBalanced('(', ')');
  return true;
}
