import type { Comment } from './ast.ts';
import type { Source } from './source.ts';

export type TokenKind =
  | 'word'
  | 'variable'
  | 'map'
  | 'positional'
  | 'positional-count'
  | 'int'
  | 'string'
  | 'char'
  | 'punct'
  /** A character no token starts with, or a `$` with nothing usable behind it. */
  | 'unknown'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offsets into the source. */
  readonly start: number;
  readonly end: number;
  /** Whether a line end stands between the token before and this one. */
  readonly onNewLine: boolean;
  /** A string or character without its closing quote: it reaches to the end of the line. */
  readonly unterminated?: true;
}

/** White space and comments before a token. */
interface Layout {
  readonly end: number;
  readonly onNewLine: boolean;
}

/**
 * Punctuation, longest first. Compound assignments are tokens of their own, so `$a &=b` assigns; `++` and `--` are
 * taken before `+` and `-`, so `a+++b` starts with `a++`.
 */
const punctuation =
  /<<=|>>=|\+\+|--|->|\.\.|==|!=|<=|>=|<<|>>|&&|\|\||[-+*/%&|^]=|[-+*/%&|^<>=!~?:;,.(){}[\]]/y;
const layoutRun = /[ \t\r\n]+/y;
const lineComment = /\/\/[^\n]*/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const sigilWord = /[$@][A-Za-z_][A-Za-z0-9_]*/y;
const positional = /\$[0-9]+/y;
const integer = /[0-9][A-Za-z0-9_]*/y;
const quoted = { '"': /"(?:[^"\\\n]|\\[^\n])*/y, "'": /'(?:[^'\\\n]|\\[^\n])*/y } as const;

/**
 * Cuts a source into tokens, one at a time, from any offset: attach points and C definitions have a lexis of their own,
 * and the parser continues behind them. Comments are collected on the way, each once, however often it is passed.
 */
export class Lexer {
  readonly source: Source;
  readonly comments: Comment[] = [];
  /** Comments start at or behind this offset have not been seen yet. */
  #commentsSeen = 0;

  constructor(source: Source) {
    this.source = source;
  }

  /** The first token at or behind `offset`. At the end of the text: kind `end`, of no length. */
  tokenAt(offset: number): Token {
    const { end: start, onNewLine } = this.#skipLayout(offset);
    const found = (kind: TokenKind, text: string): Token => {
      return { kind, text, start, end: start + text.length, onNewLine };
    };
    const match = (pattern: RegExp): string | undefined => matchAt(pattern, this.source.text, start);
    const first = this.source.text[start];
    if (first === undefined) return found('end', '');
    if (first === '"' || first === "'") return this.#quotedAt(first, start, onNewLine);
    if (isDigit(first)) return found('int', match(integer) ?? first);
    if (first === '$' || first === '@') {
      const name = match(sigilWord);
      if (name !== undefined) return found(first === '$' ? 'variable' : 'map', name);
      if (first === '@') return found('map', '@');
      const param = match(positional);
      if (param !== undefined) return found('positional', param);
      if (this.source.text[start + 1] === '#') return found('positional-count', '$#');
      return found('unknown', '$');
    }
    const name = match(word);
    if (name !== undefined) return found('word', name);
    const punct = match(punctuation);
    if (punct !== undefined) return found('punct', punct);
    return found('unknown', first);
  }

  /** The offset behind white space and comments. */
  #skipLayout(offset: number): Layout {
    const { text } = this.source;
    let at = offset;
    let onNewLine = false;
    for (;;) {
      const blank = matchAt(layoutRun, text, at);
      if (blank !== undefined) {
        at += blank.length;
        onNewLine ||= blank.includes('\n');
        continue;
      }
      const comment = matchAt(lineComment, text, at) ?? blockCommentAt(text, at);
      if (comment === undefined) return { end: at, onNewLine };
      this.#collect(comment, at);
      at += comment.length;
      onNewLine ||= comment.includes('\n');
    }
  }

  #collect(text: string, start: number): void {
    if (start < this.#commentsSeen) return;
    const end = start + text.length;
    const kind = text.startsWith('//') ? 'line-comment' : 'block-comment';
    this.comments.push({ kind, span: { source: this.source, start, end }, text: text.trimEnd() });
    this.#commentsSeen = end;
  }

  #quotedAt(quote: '"' | "'", start: number, onNewLine: boolean): Token {
    const text = matchAt(quoted[quote], this.source.text, start) ?? quote;
    const kind = quote === '"' ? 'string' : 'char';
    const end = start + text.length;
    if (this.source.text[end] !== quote) return { kind, text, start, end, onNewLine, unterminated: true };
    return { kind, text: text + quote, start, end: end + 1, onNewLine };
  }
}

/** Whether a comment lacks its end. */
export function isUnterminated(comment: Comment): boolean {
  return comment.kind === 'block-comment' && (comment.text.length < 4 || !comment.text.endsWith('*/'));
}

/** What a sticky pattern matches at an offset. */
export function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

function blockCommentAt(text: string, at: number): string | undefined {
  if (!text.startsWith('/*', at)) return undefined;
  const close = text.indexOf('*/', at + 2);
  return close < 0 ? text.slice(at) : text.slice(at, close + 2);
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}
