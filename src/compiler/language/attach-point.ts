/** The syntax all attach points share. Source: bpftrace 0.27. */

/** An attach point in parts, or what is wrong with it (the wording for a message). */
export type SplitAttachPoint =
  | {
      readonly ok: true;
      /** The user's name before a `=` in the first part. */
      readonly name?: string;
      /** Provider first, as written (no case folding); an `@` outside quotes is a part of its own. */
      readonly parts: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

/** Parameters may hold text that refers to parameters again; this many replacements end it. */
const maxReplacements = 100;

/**
 * Takes an attach point apart: splits at `:` and `@` outside quotes, removes quotes, resolves `\c` inside them to `c`,
 * and replaces `$N` outside quotes.
 *
 * @param text the attach point as written
 * @param params the positional parameters of the script, `$1` first; a missing one is the empty text
 */
export function splitAttachPoint(text: string, params: readonly string[]): SplitAttachPoint {
  const parts: string[] = [];
  let rest = text;
  let part = '';
  let isQuoted = false;
  let replacements = 0;
  for (let at = 0; at < rest.length; at++) {
    const char = rest[at] ?? '';
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) {
      if (char === '\\' && at + 1 < rest.length) at++;
      part += rest[at] ?? '';
    } else if (char === ':' || char === '@') {
      parts.push(part);
      if (char === '@') parts.push('@');
      part = '';
    } else if (char === '$') {
      const digits = /^[1-9][0-9]*/.exec(rest.slice(at + 1, at + 20))?.[0];
      if (digits === undefined) return { ok: false, message: invalidParam(rest.slice(at + 1, at + 2)) };
      if (++replacements > maxReplacements) {
        return { ok: false, message: `positional parameter $${digits} refers to itself` };
      }
      // Scanning resumes at the replacement: it may hold separators and quotes.
      rest = (params[Number(digits) - 1] ?? '') + rest.slice(at + 1 + digits.length);
      at = -1;
    } else part += char;
  }
  parts.push(part);
  const [first = '', ...others] = parts;
  const equals = first.indexOf('=');
  if (equals < 0 || equals === first.length - 1) return { ok: true, parts };
  return { ok: true, name: first.slice(0, equals), parts: [first.slice(equals + 1), ...others] };
}

function invalidParam(char: string): string {
  if (char === '') return 'positional parameter is not valid: invalid integer: ';
  return (
    `invalid trailing character for positional param: ${char}. ` +
    `Try quoting this entire part if this is intentional e.g. "$${char}".`
  );
}

/**
 * Where the attach point starting at `start` ends: at `{`, `,` or white space, or at a `/` that no `:` precedes (a
 * predicate or comment then; behind a `:` it belongs to a path). Quoted text is passed whole and ends with its line.
 */
export function attachPointEnd(
  text: string,
  start: number,
): { readonly end: number; readonly unterminated: boolean } {
  let seenColon = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '"') {
      const close = closingQuote(text, at + 1);
      if (text[close] !== '"') return { end: close, unterminated: true };
      at = close;
      continue;
    }
    if (char === ':') seenColon = true;
    if (char === '{' || char === ',' || /\s/.test(char)) return { end: at, unterminated: false };
    if (char === '/' && at > start && !seenColon) return { end: at, unterminated: false };
  }
  return { end: text.length, unterminated: false };
}

function closingQuote(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== '"' && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}
