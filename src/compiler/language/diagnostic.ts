import type { Span } from './span.ts';

/** What is wrong with a script, as plain data: collected by every stage, printed by `renderDiagnostics`. */
export interface Diagnostic {
  readonly severity: Severity;
  /** Stable name of the row in a catalogue; tools and tests refer to it. */
  readonly code: string;
  /** Absent when no place in the script is to blame. Its `expandedFrom` chain is printed too. */
  readonly span?: Span;
  readonly message: string;
  /** Other places that explain it, such as the first of two definitions. */
  readonly contexts: readonly DiagnosticContext[];
  /** What to do about it, one line each. */
  readonly hints: readonly string[];
}

export type Severity = 'error' | 'warning';

export interface DiagnosticContext {
  readonly span: Span;
  readonly message: string;
}

/**
 * The diagnostics of one stage: code -> how its message is worded. Every stage declares its own table
 * (`as const satisfies Catalogue`, made when the first is needed) and makes its diagnostics from it with `makeDiagnostic`, so that a message's
 * arguments are checked and all codes can be listed.
 */
export type Catalogue = Readonly<Record<string, CatalogueRow>>;

export interface CatalogueRow {
  readonly severity: Severity;
  // `never[]` accepts functions of any parameters; `makeDiagnostic` gets the real ones from the row's type.
  readonly message: (...args: never[]) => string;
  /** Hints that only depend on the message's arguments. */
  readonly hints?: (...args: never[]) => readonly string[];
}

/** Makes the diagnostic `code` of a catalogue; `args` are those of the row's `message`. */
export function makeDiagnostic<C extends Catalogue, K extends keyof C & string>(
  catalogue: () => C,
  code: K,
  span: Span | undefined,
  ...args: Parameters<C[K]['message']>
): Diagnostic {
  const row = catalogue()[code] as CatalogueRow;
  // Parameters<> of this very row: the call is checked at every use of makeDiagnostic.
  const values = args as never[];
  return {
    severity: row.severity,
    code,
    ...(span && { span }),
    message: row.message(...values),
    contexts: [],
    hints: row.hints?.(...values) ?? [],
  };
}

/** The same diagnostic with one more place that explains it. */
export function withContext(diagnostic: Diagnostic, span: Span, message: string): Diagnostic {
  return { ...diagnostic, contexts: [...diagnostic.contexts, { span, message }] };
}

/** The same diagnostic with one more hint; `undefined` (nothing to suggest) changes nothing. */
export function withHint(diagnostic: Diagnostic, hint: string | undefined): Diagnostic {
  return hint === undefined ? diagnostic : { ...diagnostic, hints: [...diagnostic.hints, hint] };
}

/** Whether any of them is an error: then the next stage does not run. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
