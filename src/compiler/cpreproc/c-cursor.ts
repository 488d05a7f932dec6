/**
 * Where the parser of C declarations stands: its tokens, how deep it is in them, and what it has read so far.
 *
 * The grammar leads back to itself in two places: a struct's members and a function's parameters have types, and an
 * array's size may be that of a type. Both ways back come with the cursor (`CGrammar`), so that each file of the parser
 * imports only those below it:
 *
 *     parse-c -> specifiers -> struct-body, enum-body -> declarator -> attributes -> c-cursor
 *             -> type-operand -> declarator, type-width
 */
import type { Span } from '../language/index.ts';
import type { CAttributes, CType } from './c-declaration.ts';
import { CDefinitions } from './c-definitions.ts';
import { CProblem } from './c-diagnostics.ts';
import type { CToken } from './c-token.ts';
import type { ConstantContext, CValue, TokenReader } from './constant-expression.ts';
import { readConstant } from './constant-expression.ts';

/** How deep declarators and definitions may nest. */
export const maxNesting = 100;

/** The two ways back into the grammar from inside a type. */
export interface CGrammar {
  /** The type in front of declarators; what its attributes say is added to `attributes`. */
  readonly readSpecifiers: (c: CCursor, attributes: CAttributes) => CType;
  /** `sizeof` or a cast in a constant expression; undefined when neither stands here. */
  readonly readOperand: (c: CCursor) => CValue | ((operand: CValue) => CValue) | undefined;
}

export class CCursor implements TokenReader {
  readonly tokens: readonly CToken[];
  readonly grammar: CGrammar;
  readonly found = new CDefinitions();
  at = 0;
  #depth = 0;
  readonly #constants: ConstantContext;

  constructor(tokens: readonly CToken[], grammar: CGrammar) {
    this.tokens = tokens;
    this.grammar = grammar;
    this.#constants = {
      valueOf: (name) => this.found.enumerators.get(name),
      readOperand: () => grammar.readOperand(this),
    };
  }

  // ---- tokens ----

  get atEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  /** The text of a token from here; empty behind the last. */
  peek(ahead = 0): string {
    return this.tokens[this.at + ahead]?.text ?? '';
  }

  /** Whether the next token is a word: a name or a keyword. */
  get atName(): boolean {
    return this.tokens[this.at]?.kind === 'identifier';
  }

  accept(text: string): boolean {
    if (this.peek() !== text) return false;
    this.at++;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`'${text}'`);
  }

  expectName(): CToken {
    const token = this.tokens[this.at];
    if (token?.kind !== 'identifier') throw this.unexpected('a name');
    this.at++;
    return token;
  }

  /** A problem for the caller to throw: `wanted` is what should have stood here. */
  unexpected(wanted: string): CProblem {
    return new CProblem(this.atEnd ? `${wanted} is missing` : `${wanted} expected, not '${this.peek()}'`);
  }

  /** Goes behind the bracket that closes the one here. */
  skipBalanced(open: string, close: string): void {
    let count = 0;
    do {
      if (this.atEnd) throw new CProblem(`'${close}' is missing`);
      const text = this.peek();
      this.at++;
      if (text === open) count++;
      if (text === close) count--;
    } while (count > 0);
  }

  // ---- places ----

  /** The place of the next token; at the end, that of the last. */
  get span(): Span {
    const token = this.tokens[this.at] ?? this.tokens.at(-1);
    if (token === undefined) throw new CProblem('nothing to read');
    return token.span;
  }

  /** From a token to the last one consumed. */
  spanFrom(start: number): Span {
    const first = this.tokens[start]?.span ?? this.span;
    const last = this.tokens[this.at - 1]?.span ?? first;
    return first.source === last.source && last.end >= first.start ? { ...first, end: last.end } : first;
  }

  // ---- nesting ----

  /** One step down: into a declarator or definition, or along a name, which may lead back to itself. */
  within<T>(step: () => T): T {
    if (++this.#depth > maxNesting) throw new CProblem('nested too deeply');
    const result = step();
    this.#depth--;
    return result;
  }

  /** Goes behind the declaration that started at `start`: behind its `;`, or the `}` of a function body. */
  recover(start: number): void {
    this.at = start;
    this.#depth = 0;
    let open = 0;
    while (!this.atEnd) {
      const text = this.peek();
      this.at++;
      if (text === '{' || text === '(') open++;
      else if (text === '}' || text === ')') open--;
      const endsBody = text === '}' && open <= 0 && ![';', ',', '=', '*'].includes(this.peek());
      if ((text === ';' && open <= 0) || (endsBody && !this.atName)) return;
      // A function body ends without a semicolon; what follows it starts a declaration on a line of its own.
      if (endsBody && this.tokens[this.at]?.startsLine) return;
    }
  }

  // ---- constants ----

  /** The value of the constant expression here. */
  constant(): bigint {
    return readConstant(this, this.#constants).value;
  }

  /** A constant that counts something; `what` says what in the message. */
  count(what: string): number {
    const value = this.constant();
    if (value < 0n || value > 0xffff_ffffn) throw new CProblem(`${value} cannot be ${what}`);
    return Number(value);
  }
}
