import type { Source, Span } from '../language/index.ts';

/** A preprocessing token. Source: C11, section 6.4. */
export interface CToken {
  readonly kind: 'identifier' | 'number' | 'string' | 'char' | 'punct' | 'other';
  readonly text: string;
  /** Where it was written; for tokens a macro gave, where the macro was used. */
  readonly span: Span;
  /** Blanks or comments stand before it: stringifying keeps one. */
  readonly hasSpace: boolean;
  /** It is the first on its line, where a `#` starts a directive. */
  readonly startsLine: boolean;
  /** Macros this token came out of: they do not expand in it again. */
  readonly hidden?: ReadonlySet<string>;
}

/** White space, joined lines and comments; the longest possible run. */
const blanks = /(?:[ \t\r\n\f\v]|\\\r?\n|\/\/(?:\\\r?\n|[^\n])*|\/\*[\s\S]*?(?:\*\/|$))+/y;
const identifier = /[A-Za-z_$][A-Za-z0-9_$]*/y;
const number = /\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*/y;
const text = /(?:L|u8|u|U)?("(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?)/y;
const punctuation =
  /\.\.\.|<<=|>>=|##|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^<>=!~?:;,.(){}[\]#]/y;

/** Cuts `source.text[start..end)` into tokens. Never fails: what nothing starts with is a token of kind `other`. */
export function lexC(source: Source, start = 0, end = source.text.length): CToken[] {
  const tokens: CToken[] = [];
  // Cut off behind `end`, so that no pattern looks further; offsets stay those of the source.
  const content = end === source.text.length ? source.text : source.text.slice(0, end);
  let startsLine = true;
  let hasSpace = false;
  for (let at = start; at < end; ) {
    const blank = match(blanks, content, at);
    if (blank !== undefined) {
      startsLine ||= endsLine(blank);
      hasSpace = true;
      at += blank.length;
      continue;
    }
    const [kind, spelling] = tokenAt(content, at);
    const span = { source, start: at, end: at + spelling.length };
    tokens.push({ kind, text: spelling, span, hasSpace, startsLine });
    at += spelling.length;
    startsLine = false;
    hasSpace = false;
  }
  return tokens;
}

function tokenAt(content: string, at: number): [CToken['kind'], string] {
  const quoted = match(text, content, at);
  if (quoted !== undefined) return [quoted.endsWith("'") ? 'char' : 'string', quoted];
  const word = match(identifier, content, at);
  if (word !== undefined) return ['identifier', word];
  const digits = match(number, content, at);
  if (digits !== undefined) return ['number', digits];
  const punct = match(punctuation, content, at);
  return punct === undefined ? ['other', content[at] ?? ''] : ['punct', punct];
}

/** A line end inside a comment or behind a backslash ends no line for the preprocessor. */
function endsLine(blank: string): boolean {
  return blank.replace(/\\\r?\n|\/\*[\s\S]*?(?:\*\/|$)/g, '').includes('\n');
}

function match(pattern: RegExp, content: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(content)?.[0];
}
