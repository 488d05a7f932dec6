import type { Program, SourceRange, SourceTrail } from '../program/index.ts';

/** A tab is this wide in a quoted line, and so is what underlines it. */
const TAB = '    ';

/** `FILE:LINE:COL1-COL2`, or `FILE:L1-L2` for several lines. */
function locationText(program: Program, range: SourceRange): string {
  const name = program.sources[range.source]?.name ?? '?';
  return range.line === range.endLine
    ? `${name}:${range.line}:${range.column}-${range.endColumn}`
    : `${name}:${range.line}-${range.endLine}`;
}

/** The script's line and an underline, or its lines when there are several; each as one element. */
function quoteLines(program: Program, range: SourceRange): readonly string[] {
  const lines = (program.sources[range.source]?.text ?? '').split('\n').slice(range.line - 1, range.endLine);
  const [line] = lines;
  if (line === undefined || range.line !== range.endLine) return lines;
  const shown = (text: string): string => text.replaceAll('\t', TAB);
  const blanks = shown(line.slice(0, range.column - 1)).length;
  const marks = shown(line.slice(range.column - 1, range.endColumn - 1)).length;
  return [shown(line), ' '.repeat(blanks) + '~'.repeat(Math.max(marks, 1))];
}

/** A message at a place of the script, with the macro calls it was expanded from. */
export function messageAt(
  program: Program,
  trail: SourceTrail,
  severity: string,
  text: string,
): readonly string[] {
  return [
    `${locationText(program, trail.at)}: ${severity}: ${text}`,
    ...quoteLines(program, trail.at),
    ...(trail.expandedFrom ?? []).flatMap((range) => [
      `${locationText(program, range)}: ${severity}: expanded from`,
      ...quoteLines(program, range),
    ]),
  ];
}
