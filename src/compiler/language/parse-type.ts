import type { Expr, IntLiteral, TypeExpr, TypeofType } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseIntLiteral } from './parse-literal.ts';
import { builtinTypeNames, isReservedBuiltin } from './words.ts';

/** A type where only a type may stand: `let $x : T`, the signature of a `fn`. */
export function parseTypeAnnotation(p: Cursor): TypeExpr {
  return p.atWord('typeof') ? parseTypeof(p) : parseType(p);
}

/** `name`, `struct name` and the like, with `*` and `[N]` suffixes in any order. */
function parseType(p: Cursor): TypeExpr {
  const { start } = p.token;
  const name = p.expectName('type name');
  let type: TypeExpr;
  if (isTag(name.text)) {
    const tagged = p.expectName('identifier');
    type = { kind: 'tagged-type', span: p.span(start), tag: name.text, name: tagged.text };
  } else {
    type = { kind: 'named-type', span: p.span(start), name: name.text };
  }
  for (;;) {
    if (p.accept('*')) type = { kind: 'pointer-type', span: p.span(start), pointee: type };
    else if (p.accept('[')) {
      const size = p.at(']') ? undefined : parseArraySize(p);
      p.expect(']');
      type = { kind: 'array-type', span: p.span(start), element: type, ...(size && { size }) };
    } else return type;
  }
}

/** `typeof(type or expression)` */
export function parseTypeof(p: Cursor): TypeofType {
  const { start } = p.expectWord('typeof');
  p.expect('(');
  const of = parseTypeOrExpression(p, [')']);
  p.expect(')');
  return { kind: 'typeof-type', span: p.span(start), of };
}

/** What `sizeof`, `offsetof`, `typeinfo` and `typeof` are about. */
export function parseTypeOperand(p: Cursor): TypeExpr | Expr {
  if (p.atWord('typeof')) return parseTypeof(p);
  return parseTypeOrExpression(p, [';', ',', '=', ')', '{', '}']);
}

/**
 * The type in a cast, `undefined` (and nothing consumed) when the parenthesis before does not start one: it does when
 * a type is followed by `)` and then by something that can start an expression.
 */
export function tryParseCastType(p: Cursor): TypeExpr | undefined {
  const mark = p.mark();
  if (p.atWord('typeof')) {
    const type = parseTypeof(p);
    if (p.accept(')') && canStartExpression(p)) return type;
  } else if (scanType(p) && p.accept(')') && canStartExpression(p)) {
    p.reset(mark);
    const type = parseType(p);
    p.expect(')');
    return type;
  }
  p.reset(mark);
  return undefined;
}

/**
 * A bare word that is no built-in type name stays an expression: it may be a macro parameter or a variable-like name,
 * and only `check` can tell. With `struct` before it or suffixes behind it, a word is a type.
 */
function parseTypeOrExpression(p: Cursor, terminators: readonly string[]): TypeExpr | Expr {
  const mark = p.mark();
  const scanned = scanType(p);
  const ends = p.token.kind === 'punct' && terminators.includes(p.token.text);
  p.reset(mark);
  return scanned === 'type' && ends ? parseType(p) : p.grammar.parseExpression(p);
}

/** Passes what reads as a type: `type` for sure, or a `word` that may be one. Consumes nothing useful otherwise. */
function scanType(p: Cursor): 'type' | 'word' | undefined {
  if (!p.atKind('word') || isReservedBuiltin(p.token.text)) return undefined;
  const { text } = p.advance();
  let certain = builtinTypeNames.has(text);
  if (isTag(text)) {
    if (!p.atKind('word')) return undefined;
    p.advance();
    certain = true;
  }
  for (;;) {
    if (p.accept('[')) {
      if (p.atKind('int')) p.advance();
      if (!p.accept(']')) return undefined;
    } else if (!p.accept('*')) return certain ? 'type' : 'word';
    certain = true;
  }
}

function parseArraySize(p: Cursor): IntLiteral {
  if (!p.atKind('int')) p.failExpected("']'");
  return parseIntLiteral(p);
}

/**
 * Whether the token behind `(word)` makes that a cast. `&&`, `!=` and `->` start no expression although their first
 * characters could.
 */
function canStartExpression(p: Cursor): boolean {
  const { kind, text } = p.token;
  if (kind === 'punct') return ['(', '-', '--', '!', '~', '*', '&'].includes(text);
  return kind !== 'unknown' && kind !== 'end';
}

function isTag(word: string): word is 'struct' | 'union' | 'enum' {
  return word === 'struct' || word === 'union' || word === 'enum';
}
