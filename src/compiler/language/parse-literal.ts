/** What stands for itself: numbers, texts, characters, parameters of the script. */
import type { IntLiteral, PositionalParam, StringLiteral } from './ast.ts';
import { type Cursor, SyntaxFailure } from './cursor.ts';
import { readIntegerLiteral } from './integer-literal.ts';
import type { Token } from './lexer.ts';
import { readStringLiteral, type StringReading } from './string-literal.ts';

/** `$1` at the cursor. */
export function parsePositional(p: Cursor): PositionalParam {
  const { text, start } = p.advance();
  const span = p.span(start);
  const index = BigInt(text.slice(1, 40));
  if (index < 1n || index > 0x7fff_ffff_ffff_ffffn) p.report('syntax-param-range', span, text);
  return { kind: 'positional', span, index: Number(index) };
}

/** An integer literal at the cursor. A wrong one is reported and counts as 0. */
export function parseIntLiteral(p: Cursor): IntLiteral {
  const { text, start } = p.advance();
  const reading = readIntegerLiteral(text);
  if (!reading.ok)
    p.report('syntax-integer', p.span(start + reading.start, start + reading.end), reading.message);
  return { kind: 'int', span: p.span(start), value: reading.ok ? reading.value : 0n, text };
}

/** A string literal at the cursor. Wrong escapes are reported; a missing quote fails the statement. */
export function parseStringLiteral(p: Cursor): StringLiteral {
  const token = p.advance();
  if (token.unterminated) {
    p.reportUnterminated(token);
    throw new SyntaxFailure(true);
  }
  const { value } = readEscapes(p, token);
  return { kind: 'string', span: p.span(token.start), value, text: token.text };
}

/** A character at the cursor, which is an integer. Wrong escapes, and what is no single character, are reported. */
export function parseCharacter(p: Cursor): IntLiteral {
  const token = p.advance();
  const span = p.span(token.start);
  if (token.unterminated) {
    p.report('syntax-character', span);
    throw new SyntaxFailure(true);
  }
  const { value, problems } = readEscapes(p, token);
  if (value.length !== 1 && problems.length === 0) p.report('syntax-character', span);
  return { kind: 'int', span, value: BigInt(value.charCodeAt(0) || 0), text: token.text };
}

/** The bytes of a token in quotes; wrong escapes are reported where they stand. */
function readEscapes(p: Cursor, token: Token): StringReading {
  const reading = readStringLiteral(token.text);
  for (const { message, start, end } of reading.problems) {
    p.report('syntax-string', p.span(token.start + start, token.start + end), message);
  }
  return reading;
}
