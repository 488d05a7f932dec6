import { readAttributes, skipIgnoredWords } from './attributes.ts';
import { basicType, isBasicWord } from './basic-type.ts';
import type { CCursor } from './c-cursor.ts';
import type { CAttributes, CType } from './c-declaration.ts';
import { CProblem } from './c-diagnostics.ts';
import { readEnumBody } from './enum-body.ts';
import { readStructBody } from './struct-body.ts';

/**
 * Reads the type in front of declarators. A named definition in it goes to the declarations read; what attributes say
 * is added to `attributes`.
 *
 * @throws CProblem when no type stands here
 */
export function readSpecifiers(c: CCursor, attributes: CAttributes): CType {
  const words: string[] = [];
  let type: CType | undefined;
  for (;;) {
    const token = c.tokens[c.at];
    if (token?.kind !== 'identifier') break;
    const { text } = token;
    if (readAttributes(c, attributes) || skipIgnoredWords(c)) continue;
    if (text === 'typedef') c.at++;
    else if (isBasicWord(text) && type === undefined) {
      words.push(text);
      c.at++;
    } else if ((text === 'struct' || text === 'union' || text === 'enum') && type === undefined) {
      if (words.length > 0) break;
      type = readTagged(c, text);
    } else if (type === undefined && words.length === 0) {
      if (text === 'typeof' || text === '__typeof__' || text === '_Static_assert') {
        throw new CProblem(`'${text}' is not supported here`);
      }
      type = { kind: 'c-name', span: token.span, name: text };
      c.at++;
    } else break;
  }
  if (type !== undefined) return type;
  if (words.length === 0) throw c.unexpected('a type');
  const basic = basicType(words);
  if (basic === undefined) throw new CProblem(`there is no type '${words.join(' ')}'`);
  return basic;
}

/** `struct x`, `struct x { … }`, `struct { … }` and the same with `union` and `enum`. */
function readTagged(c: CCursor, tag: 'struct' | 'union' | 'enum'): CType {
  const start = c.at++;
  const attributes: CAttributes = { isPacked: false };
  readAttributes(c, attributes);
  const name = c.atName ? c.expectName() : undefined;
  readAttributes(c, attributes);
  if (c.peek() !== '{' && !(tag === 'enum' && c.peek() === ':')) {
    if (name === undefined) throw c.unexpected('a name or {');
    return { kind: 'c-tag', span: name.span, tag, name: name.text };
  }
  const definition = c.within(() =>
    tag === 'enum' ? readEnumBody(c, start, name) : readStructBody(c, tag, { start, name, attributes }),
  );
  if (name === undefined) return { kind: 'c-inline', definition };
  c.found.declarations.push(definition);
  return { kind: 'c-tag', span: name.span, tag, name: name.text };
}
