/**
 * The C preprocessor: directives of a script's C section and of the files it includes. Source: C11, section 6.10.
 *
 * Tokens go through in order. Runs of them between directives are expanded together, so that a macro call may span
 * lines; conditionals work across the pieces of the C section, around whole definitions as well as inside one.
 */
import type { CChunk, Diagnostic, Source, Span } from '../language/index.ts';
import { createSource, lineIndexAt, makeDiagnostic, withContext } from '../language/index.ts';
import { CProblem, cDiagnostics } from './c-diagnostics.ts';
import type { CMacro, MacroTable } from './c-macro.ts';
import { expandMacros } from './c-macro.ts';
import type { CToken } from './c-token.ts';
import { lexC } from './c-token.ts';
import type { TokenReader } from './constant-expression.ts';
import { readConstant } from './constant-expression.ts';

export interface PreprocessInput {
  /** The C section of a script, in order. */
  readonly chunks: readonly CChunk[];
  /** Files read before the section, as if it included them: `--include`, `import "types.h"`. */
  readonly headers?: readonly Source[];
  /** Answers `#include`; see `IncludeAnswer`. */
  readonly include: (request: IncludeRequest) => IncludeAnswer;
  /** Macros that exist before the first line, name to body: `{ CONFIG_SMP: '1' }`. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Types come from kernel BTF: defines `BPFTRACE_HAVE_BTF`. */
  readonly hasBtf?: boolean;
}

export interface IncludeRequest {
  readonly path: string;
  /**
   * `"path"` is looked for beside the including file first, `<path>` only in the include directories, and what is written with
   * `#include_next` only in those behind the one that the including file is in.
   */
  readonly form: 'quoted' | 'angled' | 'next';
  /** Name of the source with the `#include`. */
  readonly from: string;
}

/**
 * - `text`: the file; `name` identifies it in messages, for `#pragma once` and as `from` of what it includes.
 * - `nothing`: as if it were empty. The caller's choice for kernel headers when BTF has the types anyway.
 * - `refused`: an error at the `#include`; `reason` completes "cannot include 'x': …".
 */
export type IncludeAnswer =
  | { readonly kind: 'text'; readonly name: string; readonly text: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface Preprocessed {
  /** Everything that is no directive and in no untaken branch, expanded. Definitions of the script end in `;`. */
  readonly tokens: readonly CToken[];
  readonly macros: MacroTable;
  readonly diagnostics: readonly Diagnostic[];
}

/** As deep as files may include each other. */
const maxIncludeDepth = 200;

/** Runs the preprocessor. Never throws. */
export function preprocess(input: PreprocessInput): Preprocessed {
  const run = new Run(input);
  for (const header of input.headers ?? []) {
    run.read(lexC(header), 1);
    run.finish();
  }
  for (const { span, kind } of input.chunks) {
    const tokens = lexC(span.source, span.start, span.end);
    const end: CToken = {
      kind: 'punct',
      text: ';',
      span: { ...span, start: span.end },
      hasSpace: false,
      startsLine: false,
    };
    run.read(kind === 'c-definition' ? [...tokens, end] : tokens, 0);
  }
  run.finish();
  return { tokens: run.output, macros: run.macros, diagnostics: run.diagnostics };
}

/** One open `#if`. */
interface Conditional {
  readonly span: Span;
  /** The lines around it are live. */
  readonly isOuterLive: boolean;
  isLive: boolean;
  /** A branch was taken already: no further one is. */
  wasTaken: boolean;
  sawElse: boolean;
}

class Run {
  readonly output: CToken[] = [];
  readonly macros = new Map<string, CMacro>();
  readonly diagnostics: Diagnostic[] = [];
  readonly #input: PreprocessInput;
  readonly #readOnce = new Set<string>();
  #conditionals: Conditional[] = [];
  /** The `#include` lines that led here, the script's own first. */
  readonly #includes: Span[] = [];
  /** Live tokens since the last directive. */
  #pending: CToken[] = [];

  constructor(input: PreprocessInput) {
    this.#input = input;
    const defines = { ...input.defines, ...(input.hasBtf && { BPFTRACE_HAVE_BTF: '1' }) };
    for (const [name, text] of Object.entries(defines)) {
      this.macros.set(name, { name, body: lexC(createSource(`<${name}>`, text)) });
    }
  }

  get #isLive(): boolean {
    return this.#conditionals.at(-1)?.isLive ?? true;
  }

  read(tokens: readonly CToken[], includeDepth: number): void {
    for (let at = 0; at < tokens.length; ) {
      const token = tokens[at];
      if (token === undefined) break;
      if (!token.startsLine || token.text !== '#') {
        if (this.#isLive) this.#pending.push(token);
        at++;
        continue;
      }
      let end = at + 1;
      while (end < tokens.length && !tokens[end]?.startsLine) end++;
      this.#directive(token, tokens.slice(at + 1, end), includeDepth);
      at = end;
    }
  }

  /** Expands what is left, and reports conditionals that nothing closed. */
  finish(): void {
    this.#flush();
    for (const { span } of this.#conditionals) this.#report('c-unbalanced', span, 'if', 'endif');
    this.#conditionals = [];
  }

  #flush(): void {
    const { tokens, diagnostics } = expandMacros(this.#pending, this.macros);
    for (const token of tokens) this.output.push(token);
    this.diagnostics.push(...diagnostics);
    this.#pending = [];
  }

  #directive(hash: CToken, line: readonly CToken[], includeDepth: number): void {
    const [name, ...rest] = line;
    if (name === undefined) return;
    const span = { ...hash.span, end: line.at(-1)?.span.end ?? hash.span.end };
    try {
      if (this.#conditional(name.text, rest, span) || !this.#isLive) return;
      this.#flush();
      this.#effect(name.text, rest, span, includeDepth);
    } catch (problem) {
      if (!(problem instanceof CProblem)) throw problem;
      this.#report('c-directive', span, name.text, problem.message);
    }
  }

  /** `#if` and its relatives; false for any other directive. */
  #conditional(name: string, rest: readonly CToken[], span: Span): boolean {
    switch (name) {
      case 'if':
      case 'ifdef':
      case 'ifndef': {
        const isOuterLive = this.#isLive;
        const entry = { span, isOuterLive, isLive: false, wasTaken: !isOuterLive, sawElse: false };
        this.#conditionals.push(entry);
        if (isOuterLive) this.#take(entry, this.#holds(name, rest, span));
        return true;
      }
      case 'elif':
      case 'elifdef':
      case 'elifndef':
      case 'else': {
        const entry = this.#conditionals.at(-1);
        if (entry === undefined || entry.sawElse) {
          this.#report('c-unbalanced', span, name, 'if');
          return true;
        }
        entry.isLive = false;
        entry.sawElse = name === 'else';
        if (!entry.wasTaken) this.#take(entry, name === 'else' || this.#holds(name.slice(2), rest, span));
        return true;
      }
      case 'endif':
        if (this.#conditionals.pop() === undefined) this.#report('c-unbalanced', span, name, 'if');
        return true;
      default:
        return false;
    }
  }

  #take(entry: Conditional, holds: boolean): void {
    entry.isLive = holds;
    entry.wasTaken ||= holds;
  }

  /** The condition of `#if`, `#ifdef`, `#ifndef`. A malformed one counts as false. */
  #holds(name: string, rest: readonly CToken[], span: Span): boolean {
    if (name === 'if') return this.#conditionHolds(rest, span);
    const [word] = rest;
    if (word?.kind !== 'identifier') throw new CProblem('a macro name is missing');
    return this.macros.has(word.text) === (name === 'ifdef');
  }

  #conditionHolds(line: readonly CToken[], span: Span): boolean {
    const { tokens, diagnostics } = expandMacros(this.#replaceQueries(line, span), this.macros);
    this.diagnostics.push(...diagnostics);
    const reader: TokenReader = { tokens, at: 0 };
    // What is no macro counts as 0, and so does a "call" of it, such as a feature test this preprocessor lacks.
    const unknownName = (): bigint => {
      skipParentheses(reader);
      return 0n;
    };
    const { value } = readConstant(reader, { valueOf: unknownName });
    const left = tokens[reader.at];
    if (left !== undefined) throw new CProblem(`unexpected '${left.text}' in the condition`);
    return value !== 0n;
  }

  /** `defined x`, `defined(x)` and `__has_include(…)` become 0 or 1, before anything is expanded. */
  #replaceQueries(line: readonly CToken[], span: Span): CToken[] {
    const output: CToken[] = [];
    for (let at = 0; at < line.length; at++) {
      const token = line[at];
      if (token === undefined) break;
      if (token.text === 'defined') {
        const isWrapped = line[at + 1]?.text === '(';
        const name = line[at + (isWrapped ? 2 : 1)];
        const isClosed = !isWrapped || line[at + 3]?.text === ')';
        if (name?.kind !== 'identifier' || !isClosed) throw new CProblem("'defined' needs a macro name");
        output.push(answer(token, this.macros.has(name.text)));
        at += isWrapped ? 3 : 1;
      } else if (token.text === '__has_include' && line[at + 1]?.text === '(') {
        const close = line.findIndex((other, index) => index > at && other.text === ')');
        if (close < 0) throw new CProblem("')' is missing");
        const asked = includeRequest(line.slice(at + 2, close), span.source);
        output.push(answer(token, asked !== undefined && this.#input.include(asked).kind === 'text'));
        at = close;
      } else output.push(token);
    }
    return output;
  }

  /** Directives that do something, in live lines. */
  #effect(name: string, rest: readonly CToken[], span: Span, includeDepth: number): void {
    const isOwn = includeDepth === 0;
    switch (name) {
      case 'define':
        this.#define(rest, span);
        return;
      case 'undef': {
        const [word] = rest;
        if (word?.kind !== 'identifier') throw new CProblem('a macro name is missing');
        this.macros.delete(word.text);
        return;
      }
      case 'include':
      case 'include_next':
        this.#include(name, rest, span, includeDepth);
        return;
      case 'error':
        // A header that is content with a complete kernel build may not be with this section: only the script's own counts.
        this.#report(isOwn ? 'c-error' : 'c-warning', span, textOf(rest));
        return;
      case 'warning':
        this.#report('c-warning', span, textOf(rest));
        return;
      case 'pragma':
        if (rest[0]?.text === 'once') this.#readOnce.add(span.source.name);
        return;
      case 'line':
      case 'ident':
        return;
      default:
        if (isOwn) this.#report('c-unknown-directive', span, name);
    }
  }

  #define(line: readonly CToken[], span: Span): void {
    const [name, open, ...rest] = line;
    if (name?.kind !== 'identifier') throw new CProblem('a macro name is missing');
    if (name.text === 'defined') throw new CProblem("'defined' cannot be a macro");
    if (open?.text !== '(' || open.hasSpace) {
      this.macros.set(name.text, { name: name.text, span, body: line.slice(1) });
      return;
    }
    const close = rest.findIndex((token) => token.text === ')');
    if (close < 0) throw new CProblem("')' is missing behind the parameters");
    const { params, rest: restParam } = readParameters(rest.slice(0, close));
    const body = rest.slice(close + 1);
    this.macros.set(name.text, {
      name: name.text,
      span,
      params,
      ...(restParam !== undefined && { rest: restParam }),
      body,
    });
  }

  #include(directive: string, rest: readonly CToken[], span: Span, includeDepth: number): void {
    const isDirect = rest[0]?.text === '<' || rest[0]?.kind === 'string';
    const words = isDirect ? rest : expandMacros(rest, this.macros).tokens;
    const written = includeRequest(words, span.source);
    const request = written && directive === 'include_next' ? { ...written, form: 'next' as const } : written;
    if (request === undefined) throw new CProblem('expected "path" or <path>');
    if (includeDepth >= maxIncludeDepth) {
      this.#report('c-include-depth', span, request.path, maxIncludeDepth);
      return;
    }
    const file = this.#input.include(request);
    if (file.kind === 'refused') {
      // The compiler's file has a line of its own before the script's.
      const line = lineIndexAt(span.source, span.start) + 2;
      this.#report('c-include', span, request.path, file.reason, line);
    }
    if (file.kind !== 'text' || this.#readOnce.has(file.name)) return;
    const outer = this.#conditionals;
    this.#conditionals = [];
    this.#includes.push(span);
    this.read(lexC(createSource(file.name, file.text)), includeDepth + 1);
    this.finish();
    this.#includes.pop();
    this.#conditionals = outer;
  }

  #report<Code extends keyof ReturnType<typeof cDiagnostics>>(
    code: Code,
    span: Span,
    ...args: Parameters<ReturnType<typeof cDiagnostics>[Code]['message']>
  ): void {
    const diagnostic = makeDiagnostic(cDiagnostics, code, span, ...args);
    const [include] = this.#includes;
    const isAtInclude = include === undefined || include === span;
    this.diagnostics.push(isAtInclude ? diagnostic : withContext(diagnostic, include, 'included from here'));
  }
}

/** `a, b, rest...` */
function readParameters(
  line: readonly CToken[],
): Pick<CMacro, 'rest'> & { readonly params: readonly string[] } {
  const params: string[] = [];
  for (let at = 0; at < line.length; at += 2) {
    const name = line[at];
    if (name?.text === '...') return { params, rest: '__VA_ARGS__' };
    if (name?.kind !== 'identifier') throw new CProblem('a parameter name is missing');
    if (line[at + 1]?.text === '...') return { params, rest: name.text };
    params.push(name.text);
    const separator = line[at + 1];
    if (separator !== undefined && separator.text !== ',')
      throw new CProblem("',' is missing between parameters");
  }
  return { params };
}

/** `"path"` or `<path>`; between angle brackets the text counts, not the tokens. */
function includeRequest(line: readonly CToken[], from: Source): IncludeRequest | undefined {
  const [first] = line;
  if (first?.kind === 'string') {
    return { path: first.text.replace(/^[^"]*"|"$/g, ''), form: 'quoted', from: from.name };
  }
  const close = line.findIndex((token) => token.text === '>');
  if (first?.text !== '<' || close < 0) return undefined;
  const parts = line.slice(1, close);
  const path = parts.map(({ text, hasSpace }, index) => (hasSpace && index > 0 ? ' ' : '') + text).join('');
  return { path, form: 'angled', from: from.name };
}

function skipParentheses(reader: TokenReader): void {
  if (reader.tokens[reader.at]?.text !== '(') return;
  let open = 0;
  do {
    const text = reader.tokens[reader.at++]?.text;
    if (text === undefined) return;
    if (text === '(') open++;
    if (text === ')') open--;
  } while (open > 0);
}

function answer(token: CToken, isTrue: boolean): CToken {
  return { ...token, kind: 'number', text: isTrue ? '1' : '0' };
}

function textOf(line: readonly CToken[]): string {
  return line.map(({ text, hasSpace }, index) => (hasSpace && index > 0 ? ' ' : '') + text).join('');
}
