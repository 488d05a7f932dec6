/**
 * The C section: preprocessor lines and definitions, cut out as text. The C preprocessor reads them later; here only
 * their ends are found, past comments and quotes.
 */
import type { CChunk } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { SyntaxFailure } from './cursor.ts';
import type { Token } from './lexer.ts';
import { matchAt } from './lexer.ts';

/** One thing a C text consists of, as far as finding ends goes. */
const cPiece =
  /\/\/(?:\\\r?\n|[^\n])*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|\\\r?\n|[\s\S]/y;

/** The piece of C section at the cursor; `undefined` when none starts there. */
export function parseCChunk(p: Cursor): CChunk | undefined {
  if (p.token.kind === 'unknown' && p.token.text === '#') return parseDirective(p);
  if (startsDefinition(p)) return parseDefinition(p);
  return undefined;
}

/** `#…` to the end of its line, or of the lines that a trailing backslash or an open comment joins to it. */
function parseDirective(p: Cursor): CChunk {
  const { start } = p.token;
  const { text } = p.source;
  let end = start;
  while (end < text.length && text[end] !== '\n') end += (matchAt(cPiece, text, end) ?? '').length;
  p.jumpTo(end);
  const line = text.slice(start, end).trimEnd();
  return { kind: 'c-directive', span: p.span(start, start + line.length), text: line };
}

/**
 * `struct`, `union` or `enum` with words and bracketed groups before a `{`, or a `typedef`. An attach point such as
 * `struct:probe` is none.
 */
function startsDefinition(p: Cursor): boolean {
  if (!p.atKind('word')) return false;
  const { text } = p.token;
  if (text === 'typedef') return p.peekSecond().kind === 'word';
  if (text !== 'struct' && text !== 'union' && text !== 'enum') return false;
  let open = 0;
  for (let token = p.peekSecond(); ; token = p.lexer.tokenAt(token.end)) {
    if (open === 0 && token.text === '{') return true;
    if (token.text === '(' || token.text === '[') open++;
    else if (token.text === ')' || token.text === ']') open--;
    else if (open === 0 && token.kind !== 'word') return false;
    if (open < 0 || token.kind === 'end') return false;
  }
}

function parseDefinition(p: Cursor): CChunk {
  const first = p.token;
  p.jumpTo(definitionEnd(p, first));
  while (p.acceptWord('__attribute__')) p.jumpTo(attributeEnd(p));
  const { end } = { end: p.previousEnd };
  const text = p.source.text.slice(first.start, end);
  p.accept(';');
  return { kind: 'c-definition', span: p.span(first.start, end), text };
}

/** Behind the closing brace; for a typedef, before the `;` that ends it. */
function definitionEnd(p: Cursor, first: Token): number {
  const { text } = p.source;
  const isTypedef = first.text === 'typedef';
  let open = 0;
  for (let at = first.end; at < text.length; ) {
    const piece = matchAt(cPiece, text, at) ?? '';
    if (piece === ';' && open === 0 && isTypedef) return at;
    if (piece === '{') open++;
    at += piece.length;
    if (piece === '}' && --open === 0 && !isTypedef) return at;
  }
  p.report('syntax-unclosed-definition', p.span(first.start, first.end), isTypedef ? ';' : '}');
  p.jumpTo(text.length);
  throw new SyntaxFailure();
}

function attributeEnd(p: Cursor): number {
  const fail = (problem: string): never => {
    p.report('syntax-attribute', p.tokenSpan(), problem);
    throw new SyntaxFailure();
  };
  const { text } = p.source;
  if (!p.at('(') || p.peekSecond().text !== '(') return fail("expected '(('");
  let open = 0;
  for (let at = p.token.start; at < text.length; ) {
    const piece = matchAt(cPiece, text, at) ?? '';
    at += piece.length;
    if (piece === '(') open++;
    else if (piece === ')' && --open === 0) return at;
  }
  return fail("mismatched '(' and ')'");
}
