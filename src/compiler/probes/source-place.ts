/** uprobe by line: `uprobe:BINARY@FILE:LINE[:COLUMN]`. */
import { DwarfError, type LineSearch } from '../../dwarf/index.ts';
import type { Point, ResolveContext } from './context.ts';
import { hasWildcard } from './wildcard.ts';

/** A binary and a line of its source. */
export interface SourceLine {
  readonly binary: string;
  readonly file: string;
  readonly line: number;
  /** 0 for any. */
  readonly column: number;
}

/** Whether the parts of a point name a line. */
export function isSourceLine(parts: readonly string[]): boolean {
  return parts[0] === '@' || parts[1] === '@';
}

/** The line that a point names; undefined when something was wrong with it, which was then reported. */
export function parseSourceLine(point: Point, context: ResolveContext): SourceLine | undefined {
  const { parts, span } = point;
  const at = parts.indexOf('@');
  const [file = '', lineText = '', columnText, ...more] = parts.slice(at + 1);
  const { pid } = context.options;
  const binary = parts.slice(0, at).join(':') || (pid === undefined ? '' : `/proc/${pid}/exe`);
  if (point.kind === 'uretprobe') {
    context.report('uprobe-line-return', span);
    return undefined;
  }
  if (hasWildcard(binary)) {
    context.report('uprobe-line-wildcard', span);
    return undefined;
  }
  if (file === '' || lineText === '' || more.length > 0) {
    context.report('uprobe-line-form', span);
    return undefined;
  }
  if (binary === '') {
    context.report(
      'uprobe-line-problem',
      span,
      'Unspecified target binary, cannot attach by source code location.',
      '',
    );
    return undefined;
  }
  const line = context.integer(lineText);
  const column = columnText === undefined ? 0n : context.integer(columnText);
  if (line === undefined || line < 1n) {
    context.report('uprobe-line-problem', span, `Invalid line number: ${lineText}`, 'lines count from 1');
    return undefined;
  }
  if (column === undefined) {
    context.report('uprobe-line-problem', span, `Invalid column number: ${columnText}`, '');
    return undefined;
  }
  return { binary, file, line: Number(line), column: Number(column) };
}

/** The address where the code of a line begins, in the file at `path`; undefined with a report when there is none. */
export function addressOfLine(
  point: Point,
  context: ResolveContext,
  { binary, file, line, column }: SourceLine,
  path: string,
): bigint | undefined {
  const problem = (text: string, hint: string): undefined => {
    context.report('uprobe-line-problem', point.span, text, hint);
    return undefined;
  };
  const dwarf = context.target.debugInfo(path);
  if (!dwarf) {
    return problem(`No DWARF debug info found for '${binary}', cannot attach by source code location.`, '');
  }
  let found: LineSearch;
  try {
    found = dwarf.linesOf(file, line, column);
  } catch (error) {
    if (!(error instanceof DwarfError)) throw error;
    return problem(`the debug information of '${binary}' cannot be read: ${error.message}`, '');
  }
  switch (found.kind) {
    case 'found':
      return BigInt(found.rows[0]?.address ?? 0);
    case 'no-file':
      return problem(`No compilation unit matches ${file}`, '');
    case 'ambiguous':
      return problem(
        `Ambiguous source path, matches multiple files: ${found.files.join(', ')}`,
        'give more of the path',
      );
    case 'no-line': {
      const place = column === 0 ? `${file}:${line}` : `${file}:${line}:${column}`;
      const near = found.near.join(', ');
      return problem(
        `Unable to map '${place}' to address`,
        near === '' ? '' : `lines nearby that have code: ${near}`,
      );
    }
  }
}

/** What there is to say of a function that is not in the symbol table because it was inlined; undefined when it was not. */
export function inlinedHint(
  context: ResolveContext,
  path: string,
  shown: string,
  name: string,
): string | undefined {
  try {
    const places = context.target.debugInfo(path)?.inlinedPlaces(name);
    if (!places) return undefined;
    const probes = new Set(
      places.map(({ file, line }) => `uprobe:${shown}@${file.split('/').at(-1)}:${line}`),
    );
    const where = [...probes].slice(0, 3).join(' or ');
    return `'${name}' was inlined by the compiler and has no code of its own${where === '' ? '' : `; probe a line of it, as ${where}`}`;
  } catch (error) {
    if (error instanceof DwarfError) return undefined;
    throw error;
  }
}
