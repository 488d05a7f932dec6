/**
 * Diagnostics as the text a terminal shows:
 *
 *     stdin:1:15-17: ERROR: Undefined or undeclared variable: $x
 *     begin { print($x); }
 *                   ~~
 *     HINT: …
 *
 * Columns start at 1, the second one is exclusive; a span over several lines gives `FILE:L1-L2` and the lines without
 * an underline. Order: the message, its contexts, its hints, then the macro calls it was expanded from.
 * Source: bpftrace 0.27.
 */
import type { Diagnostic, Severity } from './diagnostic.ts';
import { lineText } from './source.ts';
import type { Span } from './span.ts';
import { spanEnd, spanStart } from './span.ts';

export interface RenderOptions {
  /** ANSI colours on the header lines. Default: false. */
  readonly colour?: boolean;
  /** Leave warnings out. Default: false. */
  readonly errorsOnly?: boolean;
}

/** What stands before a message, and its colour. */
const severities = {
  error: { label: 'ERROR', colour: '\x1b[31m' },
  warning: { label: 'WARNING', colour: '\x1b[33m' },
} as const satisfies Record<Severity, { label: string; colour: string }>;

const resetColour = '\x1b[0m';

/** A tab is this wide in the shown line, and its underline too. */
const tabWidth = 4;

/** All diagnostics, errors first, each with its line end. Empty text for an empty list. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  const shown = (severity: Severity): string =>
    diagnostics
      .filter((diagnostic) => diagnostic.severity === severity)
      .map((diagnostic) => renderDiagnostic(diagnostic, options))
      .join('');
  return options.errorsOnly ? shown('error') : shown('error') + shown('warning');
}

/** One diagnostic, with a line end. */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const { severity, span } = diagnostic;
  const entry = (at: Span | undefined, message: string): string =>
    renderEntry(severity, at, message, options);
  let text = entry(span, diagnostic.message);
  for (const context of diagnostic.contexts) text += entry(context.span, context.message);
  for (const hint of diagnostic.hints) text += `HINT: ${hint}\n`;
  for (let from = span?.expandedFrom; from; from = from.expandedFrom) text += entry(from, 'expanded from');
  return text;
}

/** `FILE:LINE:COL1-COL2`, or `FILE:L1-L2` when the span has several lines. */
export function renderLocation(span: Span): string {
  const start = spanStart(span);
  const end = spanEnd(span);
  const place =
    start.line === end.line ? `${start.line}:${start.column}-${end.column}` : `${start.line}-${end.line}`;
  return `${span.source.name}:${place}`;
}

function renderEntry(
  severity: Severity,
  span: Span | undefined,
  message: string,
  options: RenderOptions,
): string {
  const { label, colour } = severities[severity];
  const header = `${span ? `${renderLocation(span)}: ` : ''}${label}: ${message}`;
  const coloured = options.colour ? `${colour}${header}${resetColour}` : header;
  return `${coloured}\n${span ? renderLines(span) : ''}`;
}

function renderLines(span: Span): string {
  const first = spanStart(span).line;
  const last = spanEnd(span).line;
  if (first === last) return renderUnderlined(span, first);
  let text = '';
  for (let line = first; line <= last; line++) text += `${lineText(span.source, line)}\n`;
  return text;
}

function renderUnderlined(span: Span, line: number): string {
  const text = lineText(span.source, line);
  const lineStart = span.source.lineStarts[line - 1] ?? 0;
  let shown = '';
  let underline = '';
  let at = lineStart;
  for (const char of text) {
    const marker = at < span.start ? ' ' : '~';
    const width = char === '\t' ? tabWidth : 1;
    shown += char === '\t' ? ' '.repeat(tabWidth) : char;
    if (at < span.end) underline += marker.repeat(width);
    at += char.length;
  }
  return `${shown}\n${underline}\n`;
}
