/** Messages about places of the script: where they are, the lines there, and the macro calls around them. */

import type { Program, SourceRange, SourceTrail } from '../program/index.ts';
import { utf8String } from './byte-text.ts';

const RED = '\x1b[31m';
const YELLOW = '\x1b[33m';
const RESET = '\x1b[0m';
const TAB = '    ';

export type Severity = 'ERROR' | 'WARNING';

export interface DiagnosticContext {
  readonly sources: Program['sources'];
  /** Headers in colour, for a terminal. */
  readonly color: boolean;
}

/** The message without a place: `ERROR: text`. */
export function plainMessage(severity: Severity, text: string, color: boolean): string {
  return header(severity, text, color);
}

/**
 * A message at a place and the macro calls it was expanded from.
 *
 * @param text a binary string; one line end at its end is dropped.
 * @param quote the lines of the place itself are shown too (those of macro calls always are).
 */
export function locatedMessage(
  severity: Severity,
  text: string,
  trail: SourceTrail,
  context: DiagnosticContext,
  quote: boolean,
): string {
  const { color, sources } = context;
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const first = header(`${rangeText(trail.at, sources)}: ${severity}`, body, color, severity);
  const expansions = (trail.expandedFrom ?? []).map(
    (range) =>
      header(`${rangeText(range, sources)}: ${severity}`, 'expanded from', color, severity) +
      quoteLines(range, sources),
  );
  return first + (quote ? quoteLines(trail.at, sources) : '') + expansions.join('');
}

/** The file, line and column that JSON messages name. */
export function placeOf(
  range: SourceRange,
  sources: Program['sources'],
): { readonly filename: string; readonly line: number; readonly column: number } {
  return { filename: utf8String(sources[range.source]?.name ?? ''), line: range.line, column: range.column };
}

function header(start: string, text: string, color: boolean, severity = start): string {
  const line = `${start}: ${text}`;
  if (!color) return `${line}\n`;
  return `${severity === 'ERROR' ? RED : YELLOW}${line}${RESET}\n`;
}

/** `FILE:L:C1-C2`, or `FILE:L1-L2` for a place of several lines. */
function rangeText(range: SourceRange, sources: Program['sources']): string {
  const file = utf8String(sources[range.source]?.name ?? '');
  return range.line === range.endLine
    ? `${file}:${range.line}:${range.column}-${range.endColumn}`
    : `${file}:${range.line}-${range.endLine}`;
}

/** The place's line with `~` below it; of several lines only the lines. Columns count bytes. */
function quoteLines(range: SourceRange, sources: Program['sources']): string {
  const lines = (sources[range.source]?.text ?? '').split('\n').map(utf8String);
  if (range.line !== range.endLine) {
    return lines
      .slice(range.line - 1, range.endLine)
      .map((line) => `${line}\n`)
      .join('');
  }
  const line = lines[range.line - 1];
  if (line === undefined) return '';
  let underline = '';
  for (let at = 0; at < line.length && at < range.endColumn - 1; at++) {
    const marker = at < range.column - 1 ? ' ' : '~';
    underline += line[at] === '\t' ? marker.repeat(TAB.length) : marker;
  }
  return `${line.replaceAll('\t', TAB)}\n${underline}\n`;
}
