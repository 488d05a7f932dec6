import type { LineRow, LineTable } from './line-table.ts';

/** Why a line has no address. */
export type LineSearch =
  | { readonly kind: 'found'; readonly rows: readonly LineRow[] }
  /** No unit has a file whose path ends like that. */
  | { readonly kind: 'no-file' }
  | { readonly kind: 'ambiguous'; readonly files: readonly string[] }
  /** `near`: lines of the file that have code, closest first. */
  | { readonly kind: 'no-line'; readonly file: string; readonly near: readonly number[] };

/** Where the code of a line begins; `file` may be the end of a path. @param column 0 for any */
export function searchLines(
  all: Iterable<LineTable>,
  file: string,
  line: number,
  column: number,
): LineSearch {
  const tables: { readonly table: LineTable; readonly numbers: ReadonlySet<number> }[] = [];
  const paths = new Set<string>();
  for (const table of all) {
    const numbers = new Set<number>();
    for (const [number, path] of table.files.entries()) {
      if (path === undefined || !pathEndsWith(path, file)) continue;
      numbers.add(number);
      paths.add(normalPath(path));
    }
    if (numbers.size > 0) tables.push({ table, numbers });
  }
  const [path] = paths;
  if (path === undefined) return { kind: 'no-file' };
  if (paths.size > 1) return { kind: 'ambiguous', files: [...paths] };
  const rowsOf = (wanted: number): readonly LineRow[] =>
    tables.flatMap(({ table, numbers }) => table.rowsOf(numbers, wanted, column));
  const rows = rowsOf(line).toSorted((a, b) => a.address - b.address);
  if (rows.length > 0) return { kind: 'found', rows };
  const near = [1, -1, 2, -2, 3, -3].map((step) => line + step).filter((each) => rowsOf(each).length > 0);
  return { kind: 'no-line', file: path, near };
}

/** `a/./b//c` as `a/b/c`; `..` stays, since what it leads past may be a link. */
function normalPath(path: string): string {
  return path.replace(/\/(?:\.?\/)+/g, '/').replace(/^\.\//, '');
}

/** Whether the last parts of a path are those of `end`. */
function pathEndsWith(path: string, end: string): boolean {
  const whole = normalPath(path).split('/');
  const wanted = normalPath(end).split('/');
  return (
    wanted.length <= whole.length &&
    wanted.every((part, i) => part === whole[whole.length - wanted.length + i])
  );
}
