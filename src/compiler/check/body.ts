/** What the checker carries while it walks one probe or function: the program around it, the variables in scope, where it stands. */
import type { Target } from '../../program/index.ts';
import type { Type } from '../../types/index.ts';
import type { BuiltinSettings } from '../builtins/index.ts';
import type { MacroTable } from '../cpreproc/index.ts';
import {
  type Diagnostic,
  type Expr,
  type Fn,
  makeDiagnostic,
  type Span,
  type Statement,
  withContext,
  withHint,
} from '../language/index.ts';
import type { ResolvedProbe } from '../probes/index.ts';
import type { LocalIndex, TypedExpr, TypedStatement } from '../typed/index.ts';
import { type CheckCode, checkCatalogue } from './catalogue.ts';
import type { Inference } from './inference.ts';
import { unknownExpr } from './literals.ts';
import type { NamedParams } from './named-params.ts';
import type { TypeTable } from './type-table.ts';

/** A place the message explains itself with, and what to do. */
export interface Explanation {
  /** A function where finding the hint takes a search: it is asked only when the message is really shown. */
  readonly hint?: string | (() => string | undefined) | undefined;
  readonly contexts?: readonly { readonly span: Span; readonly message: string }[];
}

/**
 * The functions that tell the kinds of nodes apart, each of which calls the one for that kind. What stands inside a node is checked through these,
 * so that a file imports only those below it:
 *
 *     check -> statements -> expressions -> calls, operators, … -> check-expr, blocks -> body
 */
export interface ByKind {
  readonly expr: (body: Body, expr: Expr) => TypedExpr;
  readonly statement: (body: Body, statement: Statement) => readonly TypedStatement[];
}

/** What is the same for all bodies of a script. */
export interface ProgramContext {
  readonly byKind: ByKind;
  readonly target: Target;
  readonly types: TypeTable;
  readonly inference: Inference;
  readonly settings: BuiltinSettings & { readonly maxMapKeys: number };
  readonly isUnsafe: boolean;
  readonly positional: readonly string[];
  readonly namedParams: NamedParams;
  readonly fns: readonly FnSignature[];
  /** The `#define`s of the script and its headers. */
  readonly cMacros: MacroTable;
  /** What is computed from values of no known type is an integer: `@x = @x + 1` says nothing else about `@x`. */
  guessesIntegers: boolean;
  /** The last walk, which reports and whose result is kept. */
  isFinal: boolean;
  /** The first expression of the last walk that has no type. If no message says why, that is one of its own. */
  untyped: Span | undefined;
  readonly sink: DiagnosticSink;
}

/** A function of the script as its calls see it. */
export interface FnSignature {
  readonly fn: Fn;
  readonly index: number;
  readonly params: readonly { readonly name: string; readonly type: Type }[];
  readonly result: Type;
}

/** Collects diagnostics; the same message at the same place counts once, however many clones of a block it is found in. */
export class DiagnosticSink {
  readonly diagnostics: Diagnostic[] = [];
  readonly #seen = new Set<string>();

  add(diagnostic: Diagnostic): void {
    const { span } = diagnostic;
    const key = `${diagnostic.severity} ${diagnostic.message} ${span ? spanKey(span) : ''}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.diagnostics.push(diagnostic);
  }
}

function spanKey(span: Span): string {
  const own = `${span.source.name}:${span.start}-${span.end}`;
  return span.expandedFrom ? `${own} ${spanKey(span.expandedFrom)}` : own;
}

/** A variable of a body. */
export interface Variable {
  readonly name: string;
  readonly index: LocalIndex;
  /** The node that makes it, the same in every walk. */
  readonly declaration: object;
  readonly at: Span;
  /** The type it was declared with; it never grows. */
  readonly fixed: Type | undefined;
  readonly origin: 'let' | 'assignment' | 'loop' | 'parameter';
  isAssigned: boolean;
}

/** One probe or function on its walk. */
export interface Body {
  readonly program: ProgramContext;
  /** What identifies the body for inference, the same in every walk. */
  readonly id: object;
  readonly probe: ResolvedProbe | undefined;
  readonly fn: FnSignature | undefined;
  /** All variables, by index. */
  readonly variables: Variable[];
  /** Innermost last. */
  readonly scopes: Map<string, Variable>[];
  /** Values that are read before the first statement, by key. */
  readonly readAtStart: Map<string, { readonly local: LocalIndex; readonly value: TypedExpr }>;
  /** Loops around the place, innermost last. */
  readonly loops: ('for' | 'while')[];
  /** Inside sizeof, typeof and the like: nothing is evaluated. */
  metaDepth: number;
  /** Positional parameters are text here (the argument of `str`). */
  isPositionalText: boolean;
  /** String literals may be longer than max_strlen here (formats). */
  isLongTextAllowed: boolean;
}

/** A body that nothing was read of yet. */
export function makeBody(
  program: ProgramContext,
  id: object,
  probe: ResolvedProbe | undefined,
  fn: FnSignature | undefined,
): Body {
  return {
    program,
    id,
    probe,
    fn,
    variables: [],
    scopes: [],
    readAtStart: new Map(),
    loops: [],
    metaDepth: 0,
    isPositionalText: false,
    isLongTextAllowed: false,
  };
}

/** Reports something at a place, in the walk that reports. */
export function report<K extends CheckCode>(
  body: Body,
  code: K,
  at: Span | undefined,
  args: Parameters<ReturnType<typeof checkCatalogue>[K]['message']>,
  explanation: Explanation = {},
): void {
  if (body.program.isFinal) body.program.sink.add(makeCheckDiagnostic(code, at, args, explanation));
}

/** The same, and what stands for the wrong expression. */
export function fail<K extends CheckCode>(
  body: Body,
  code: K,
  at: Span,
  args: Parameters<ReturnType<typeof checkCatalogue>[K]['message']>,
  explanation: Explanation = {},
): TypedExpr {
  report(body, code, at, args, explanation);
  return unknownExpr(at);
}

/** A message of the catalogue, for those who have no body to report it in. */
export function makeCheckDiagnostic<K extends CheckCode>(
  code: K,
  at: Span | undefined,
  args: Parameters<ReturnType<typeof checkCatalogue>[K]['message']>,
  explanation: Explanation = {},
): Diagnostic {
  let diagnostic = makeDiagnostic(checkCatalogue, code, at, ...args);
  for (const context of explanation.contexts ?? []) {
    diagnostic = withContext(diagnostic, context.span, context.message);
  }
  const { hint } = explanation;
  return withHint(diagnostic, typeof hint === 'function' ? hint() : hint);
}

/** Runs `walk` with names declared inside forgotten behind it. */
export function inScope<T>(body: Body, walk: () => T): T {
  body.scopes.push(new Map());
  try {
    return walk();
  } finally {
    body.scopes.pop();
  }
}
