import type { Position, Source } from './source.ts';
import { positionAt } from './source.ts';

/**
 * A stretch of source text, `start` included, `end` not, both offsets into `source.text`.
 *
 * A node that a macro call put in place points at the macro's body and says in `expandedFrom` where the call stands;
 * calls inside macros make a chain, innermost first. Messages print it.
 */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly expandedFrom?: Span;
}

/** The text under a span. */
export function spanText(span: Span): string {
  return span.source.text.slice(span.start, span.end);
}

/** Line and column of the first character. */
export function spanStart(span: Span): Position {
  return positionAt(span.source, span.start);
}

/** Line and column just behind the last character. */
export function spanEnd(span: Span): Position {
  return positionAt(span.source, span.end);
}
