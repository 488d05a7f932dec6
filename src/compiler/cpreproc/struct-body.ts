import type { Span } from '../language/index.ts';
import { makeDiagnostic } from '../language/index.ts';
import { readAttributes } from './attributes.ts';
import { bitFieldProblem } from './bit-fields.ts';
import type { CCursor } from './c-cursor.ts';
import type { CAttributes, CMember, CStruct, CType } from './c-declaration.ts';
import { CProblem, cDiagnostics } from './c-diagnostics.ts';
import type { CToken } from './c-token.ts';
import { noDeclarator, readDeclarator } from './declarator.ts';
import { bitsOf } from './type-width.ts';

/** What stands before the body of a struct, union or enum. */
export interface DefinitionHead {
  /** Index of the definition's first token. */
  readonly start: number;
  readonly name: CToken | undefined;
  readonly attributes: CAttributes;
}

/** `{ … }` of a struct or union, and the attributes behind it. */
export function readStructBody(c: CCursor, tag: 'struct' | 'union', head: DefinitionHead): CStruct {
  const { start, name, attributes } = head;
  c.expect('{');
  const members: CMember[] = [];
  while (!c.accept('}')) {
    if (c.atEnd) throw new CProblem("'}' is missing");
    readMembers(c, members);
  }
  readAttributes(c, attributes);
  noteMembers(c, members, new Map());
  return {
    kind: tag === 'struct' ? 'c-struct' : 'c-union',
    span: c.spanFrom(start),
    ...(name && { tag: name.text }),
    members,
    isPacked: attributes.isPacked,
    ...(attributes.alignment && { alignment: attributes.alignment }),
  };
}

/** One line of members: `int a, *b, c:3;` */
function readMembers(c: CCursor, members: CMember[]): void {
  if (c.accept(';')) return;
  const start = c.at;
  const shared: CAttributes = { isPacked: false };
  const base = c.grammar.readSpecifiers(c, shared);
  if (c.peek() === '}' || c.accept(';')) {
    // No name: an anonymous member, if it is a struct or union in place; `struct x;` inside declares nothing.
    if (base.kind === 'c-inline' && base.definition.kind !== 'c-enum') {
      members.push({ span: c.spanFrom(start), type: base, ...shared });
    }
    return;
  }
  do {
    const own: CAttributes = { ...shared };
    const { name, wrap } = c.peek() === ':' ? noDeclarator : readDeclarator(c, own);
    const type = wrap(base);
    const bits = c.accept(':') ? readBitFieldWidth(c, type, name) : undefined;
    readAttributes(c, own);
    const span = name?.span ?? c.spanFrom(start);
    members.push({
      span,
      ...(name && { name: name.text }),
      type,
      ...(bits !== undefined && { bits }),
      ...own,
    });
  } while (c.accept(','));
  // C compilers take a last member without its semicolon, and scripts rely on it.
  if (c.peek() !== '}') c.expect(';');
}

/** Wrong ones are noted and the rest of the struct is read on. */
function readBitFieldWidth(c: CCursor, type: CType, name: CToken | undefined): number {
  const span = name?.span ?? c.span;
  const value = c.constant();
  const problem = bitFieldProblem(value, bitsOf(c, type), name?.text);
  if (problem === undefined) return Number(value);
  c.found.wrongBitFields.push(makeDiagnostic(cDiagnostics, 'c-bit-field', span, problem));
  return 0;
}

/** Those of anonymous members are names of the struct as well. */
function noteMembers(c: CCursor, members: readonly CMember[], known: Map<string, Span>): void {
  for (const { name, span, type } of members) {
    if (name !== undefined) c.found.noteName('member', name, span, known);
    else if (
      type.kind === 'c-inline' &&
      type.definition.kind !== 'c-enum' &&
      type.definition.tag === undefined
    )
      noteMembers(c, type.definition.members, known);
  }
}
