/** String and character spellings. Source: bpftrace 0.27; characters are our addition. */
import type { ByteString } from './source.ts';
import { bytesOfText } from './source.ts';

/** The bytes a literal stands for, and what is wrong with it; offsets count from the start of the text. */
export interface StringReading {
  readonly value: ByteString;
  readonly problems: readonly StringProblem[];
}

export interface StringProblem {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '"': '"',
  '\\': '\\',
};

/**
 * Reads a closed string literal with its quotes. `\'` is an escape in character literals only.
 *
 * @param text the literal as written, first and last character being the quote
 */
export function readStringLiteral(text: string): StringReading {
  const quote = text[0] ?? '"';
  const problems: StringProblem[] = [];
  const end = text.length - 1;
  let value = '';
  let at = 1;
  while (at < end) {
    const backslash = text.indexOf('\\', at);
    if (backslash < 0 || backslash >= end) {
      value += bytesOfText(text.slice(at, end));
      break;
    }
    value += bytesOfText(text.slice(at, backslash));
    at = readEscape(backslash);
  }
  return { value, problems };

  /** Adds what the escape at `start` stands for; returns the offset behind it. */
  function readEscape(start: number): number {
    const rest = text.slice(start + 1, Math.min(start + 4, end));
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    if (octal !== undefined) {
      const behind = start + 1 + octal.length;
      const code = Number.parseInt(octal, 8);
      if (code > 0xff) {
        problems.push({ message: `octal escape sequence out of range '\\${octal}'`, start, end: behind });
      }
      value += String.fromCharCode(code & 0xff);
      return behind;
    }
    if (/^[xX]/.test(rest)) {
      const hex = /^[0-9a-fA-F]{1,2}/.exec(rest.slice(1))?.[0];
      if (hex === undefined) problems.push({ message: 'invalid hex escape sequence', start, end: start + 2 });
      else value += String.fromCharCode(Number.parseInt(hex, 16));
      return start + 2 + (hex?.length ?? 0);
    }
    const point = text.codePointAt(start + 1) ?? 0;
    const char = String.fromCodePoint(point);
    const simple = Object.hasOwn(simpleEscapes, char) ? simpleEscapes[char] : undefined;
    if (simple !== undefined) value += simple;
    else if (char === quote) value += quote;
    else {
      const behind = start + 1 + char.length;
      problems.push({ message: `invalid escape character '\\${char}'`, start, end: behind });
    }
    return start + 1 + char.length;
  }
}
