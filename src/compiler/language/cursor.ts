/**
 * Where the parser stands, and how it goes on after an error.
 *
 * An error that leaves the parser knowing what comes next is reported and parsing continues. Any other one is reported
 * and thrown as `SyntaxFailure`; the innermost statement (or top-level item) catches it, skips what is left of the
 * broken statement and goes on behind it. So every broken statement gives one message and the ones after it are read.
 */
import type { Block, Expr, Name } from './ast.ts';
import type { Diagnostic } from './diagnostic.ts';
import { makeDiagnostic } from './diagnostic.ts';
import type { Token, TokenKind } from './lexer.ts';
import { isUnterminated, Lexer } from './lexer.ts';
import type { Source } from './source.ts';
import type { Span } from './span.ts';
import { syntaxDiagnostics } from './syntax-diagnostics.ts';
import { keywords } from './words.ts';

/**
 * How deep expressions and blocks may nest. Reading one level takes up to some fifteen calls, so this stays far from
 * the end of a default 1 MB stack.
 */
const maxNesting = 300;

/** Reading stops after this many errors. */
const maxErrors = 100;

/** Thrown after a report: the statement or item being read cannot be completed. */
export class SyntaxFailure extends Error {
  /** The cursor stands where the next statement starts already: nothing is left to skip. */
  readonly atBoundary: boolean;

  constructor(atBoundary = false) {
    super('a syntax error, already reported');
    this.atBoundary = atBoundary;
  }
}

/** A position to come back to. */
export interface Mark {
  readonly token: Token;
  readonly previousEnd: number;
}

/**
 * The ways back into the grammar from inside: an expression holds blocks, and a type (`typeof`) an expression. They come with the cursor, so that
 * each file of the parser imports only those below it:
 *
 *     parse -> parse-block -> parse-expression -> parse-type -> parse-literal -> cursor
 */
export interface Grammar {
  readonly parseExpression: (p: Cursor) => Expr;
  readonly parseBlock: (p: Cursor, use: 'value') => Block;
}

export class Cursor {
  readonly source: Source;
  readonly grammar: Grammar;
  readonly diagnostics: Diagnostic[] = [];
  readonly lexer: Lexer;
  /** The next token. */
  token: Token;
  /** Where the last consumed token ended. */
  previousEnd = 0;
  /** How many expressions and blocks are open. */
  depth = 0;
  /** The place all nodes and messages get, for text that is not in the script (an expanded C macro). */
  readonly #place: Span | undefined;
  #reportedComment = false;

  constructor(source: Source, grammar: Grammar, place?: Span) {
    this.source = source;
    this.grammar = grammar;
    this.lexer = new Lexer(source);
    this.#place = place;
    this.token = this.lexer.tokenAt(0);
  }

  // ---- tokens ----

  at(punct: string): boolean {
    return this.token.kind === 'punct' && this.token.text === punct;
  }

  atWord(word: string): boolean {
    return this.token.kind === 'word' && this.token.text === word;
  }

  atKind(kind: TokenKind): boolean {
    return this.token.kind === kind;
  }

  get atEnd(): boolean {
    return this.token.kind === 'end';
  }

  /** Consumes the next token and returns it. */
  advance(): Token {
    const { token } = this;
    this.jumpTo(token.end);
    return token;
  }

  /** Goes on at an offset, which then is the end of what was consumed. */
  jumpTo(offset: number): void {
    this.previousEnd = offset;
    this.token = this.lexer.tokenAt(offset);
  }

  /** The token behind the next one. */
  peekSecond(): Token {
    return this.lexer.tokenAt(this.token.end);
  }

  accept(punct: string): boolean {
    if (!this.at(punct)) return false;
    this.advance();
    return true;
  }

  acceptWord(word: string): boolean {
    if (!this.atWord(word)) return false;
    this.advance();
    return true;
  }

  expect(punct: string): Token {
    if (!this.at(punct)) this.failExpected(`'${punct}'`);
    return this.advance();
  }

  expectWord(word: string): Token {
    if (!this.atWord(word)) this.failExpected(`'${word}'`);
    return this.advance();
  }

  /** A word as a name; `what` says which in the message. */
  expectName(what: string): Name {
    if (!this.atKind('word')) this.failExpected(what);
    const { text, start } = this.advance();
    return { kind: 'name', span: this.span(start), text };
  }

  mark(): Mark {
    return { token: this.token, previousEnd: this.previousEnd };
  }

  reset(mark: Mark): void {
    this.token = mark.token;
    this.previousEnd = mark.previousEnd;
  }

  // ---- places ----

  /** From `start` to `end`, by default to the end of the last consumed token. */
  span(start: number, end: number = this.previousEnd): Span {
    return this.#place ?? { source: this.source, start, end };
  }

  /** Where a message about the next token points: a word, number or name whole, else one character. */
  tokenSpan(): Span {
    const { kind, start, end } = this.token;
    if (kind === 'end') return this.span(this.previousEnd, this.previousEnd);
    return this.span(start, kind === 'punct' ? start + 1 : end);
  }

  // ---- errors ----

  report<Code extends keyof ReturnType<typeof syntaxDiagnostics>>(
    code: Code,
    span: Span,
    ...args: Parameters<ReturnType<typeof syntaxDiagnostics>[Code]['message']>
  ): void {
    if (this.diagnostics.length > maxErrors) return;
    if (this.diagnostics.length === maxErrors) {
      this.diagnostics.push(makeDiagnostic(syntaxDiagnostics, 'syntax-too-many', span, maxErrors));
      return;
    }
    this.diagnostics.push(makeDiagnostic(syntaxDiagnostics, code, span, ...args));
  }

  /** Whether so much is wrong that reading stops. */
  get hasGivenUp(): boolean {
    return this.diagnostics.length > maxErrors;
  }

  reportExpected(what: string): void {
    const comment = this.lexer.comments.at(-1);
    if (this.token.unterminated && this.atKind('string')) this.reportUnterminated(this.token);
    else if (this.atEnd && comment && isUnterminated(comment)) this.reportUnterminatedComment();
    else this.report('syntax-expected', this.tokenSpan(), what);
  }

  failExpected(what: string): never {
    this.reportExpected(what);
    throw new SyntaxFailure();
  }

  reportUnterminated(token: Token): void {
    this.report('syntax-unterminated-string', this.span(token.start, token.end));
  }

  /** Reports, once, that the last comment has no end. */
  reportUnterminatedComment(): void {
    const comment = this.lexer.comments.at(-1);
    if (comment === undefined || !isUnterminated(comment) || this.#reportedComment) return;
    this.report('syntax-unterminated-comment', this.span(comment.span.start, comment.span.start + 2));
    this.#reportedComment = true;
  }

  /**
   * Opens one level of nesting; the caller closes it with `depth--`, recovery restores it. Past the limit reading ends:
   * what follows is far inside something that was not understood.
   */
  enter(): void {
    if (this.depth >= maxNesting) {
      this.report('syntax-too-deep', this.tokenSpan(), maxNesting);
      this.jumpTo(this.source.text.length);
      throw new SyntaxFailure();
    }
    this.depth++;
  }

  // ---- going on after an error ----

  /**
   * Whether the next token starts a probe rather than a statement: a word in the first column with a `:` right behind
   * it, or a `{` after it. No statement looks like this, so a `}` is missing before it.
   */
  atProbeStart(): boolean {
    const { kind, text, start, end } = this.token;
    if (kind !== 'word' || !this.#isFirstColumn(start)) return false;
    if (keywords.has(text)) return text === 'macro' || text === 'fn';
    return this.source.text[end] === ':' || this.lexer.tokenAt(end).text === '{';
  }

  /** Skips the rest of a broken statement: behind its `;`, before the `}` of its block, or behind its own `{…}`. */
  skipStatement(): void {
    let open = 0;
    while (!this.atEnd && !(open === 0 && this.at('}')) && !this.atProbeStart()) {
      const token = this.advance();
      if (token.unterminated && open === 0) return;
      if (token.kind !== 'punct') continue;
      if (token.text === '{') open++;
      else if (token.text === '}') {
        open--;
        if (open === 0 && this.#startsStatement()) {
          this.accept(';');
          return;
        }
      } else if (token.text === ';' && open === 0) return;
    }
  }

  /** Goes to the `{` that belongs to a broken head (`if`, `for`, a probe). False when the statement ends before it. */
  skipToBlock(): boolean {
    while (!this.atEnd && !this.at('{')) {
      if (this.at(';') || this.at('}') || (this.token.onNewLine && this.atProbeStart())) return false;
      if (this.advance().unterminated) return false;
    }
    return !this.atEnd;
  }

  /** Skips a broken top-level item: to a word in the first column, or behind a `}` or `;` that is not inside braces. */
  skipItem(itemStart: number): void {
    let open = 0;
    while (!this.atEnd) {
      const { kind, start } = this.token;
      if (kind === 'word' && start > itemStart && this.#isFirstColumn(start)) return;
      const token = this.advance();
      if (token.kind === 'punct') {
        if (token.text === '{') open++;
        if (token.text === '}') open--;
        if (open <= 0 && token.text === '}') return;
        if (open === 0 && token.text === ';' && !this.at('}')) return;
      }
    }
  }

  #isFirstColumn(offset: number): boolean {
    return offset === 0 || this.source.text[offset - 1] === '\n';
  }

  /** Behind a `}`: whether the next token can only belong to another statement. */
  #startsStatement(): boolean {
    const { kind, text, onNewLine } = this.token;
    if (kind === 'word') return text !== 'else';
    if (kind === 'punct') return text === '}' || text === ';' || (onNewLine && text !== ')' && text !== ',');
    return true;
  }
}
