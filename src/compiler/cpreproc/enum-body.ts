import { readAttributes } from './attributes.ts';
import type { CCursor } from './c-cursor.ts';
import type { CEnum, CEnumerator } from './c-declaration.ts';
import type { CToken } from './c-token.ts';

/**
 * `{ … }` of an enum that has the name `name` and began at token `start`, and the attributes behind it.
 * Its enumerators are constants from there on.
 */
export function readEnumBody(c: CCursor, start: number, name: CToken | undefined): CEnum {
  // C23 and GNU: an underlying type, which changes no value.
  if (c.accept(':')) c.grammar.readSpecifiers(c, { isPacked: false });
  c.expect('{');
  const enumerators: CEnumerator[] = [];
  const attributes = { isPacked: false };
  let next = 0n;
  while (!c.accept('}')) {
    const entry = c.expectName();
    readAttributes(c, attributes);
    const value = c.accept('=') ? c.constant() : next;
    enumerators.push({ span: entry.span, name: entry.text, value });
    c.found.addEnumerator(entry.text, entry.span, value);
    next = value + 1n;
    if (!c.accept(',') && c.peek() !== '}') throw c.unexpected("',' or '}'");
  }
  readAttributes(c, attributes);
  const { isPacked } = attributes;
  return {
    kind: 'c-enum',
    span: c.spanFrom(start),
    ...(name && { tag: name.text }),
    enumerators,
    isPacked,
  };
}
