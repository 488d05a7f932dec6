import { type BuiltinRow, builtins } from '../../src/compiler/builtins/index.ts';
import { builtinFamilies } from '../../src/compiler/builtins/signatures/index.ts';
import { providers } from '../../src/compiler/probes/index.ts';
import { code, codeLines, table } from './markdown.ts';

/** The page of all builtin functions and variables. @throws Error when a row is in no family. */
export function builtinsPage(): string {
  const families = Object.entries(builtinFamilies);
  const shown = new Set(families.flatMap(([, rows]) => Object.keys(rows)));
  const forgotten = Object.keys(builtins).filter((name) => !shown.has(name));
  if (forgotten.length > 0) throw new Error(`in no family of builtins: ${forgotten.join(', ')}`);
  return [
    '# Builtin functions and variables',
    '',
    'An argument marked `const` has to be a literal. `T` stands for the type of another argument. `[]` after a type: an array of it.',
    '',
    'What a note says: **unsafe** needs `--unsafe`; **later** happens in user space, in the order of the output, after the probe has gone on;',
    '**only in** and **not in** name the probes; **unstable** may change and is let in by the config value named; **not yet** is known, and refused.',
    '',
    ...families.flatMap(([family, rows]) => [
      `## ${family}`,
      '',
      table(['spelling', 'what it is or does', 'notes'], Object.entries(rows).map(describe)),
    ]),
  ].join('\n');
}

function describe([name, row]: [string, BuiltinRow]): readonly string[] {
  const parentheses = row.form === 'both' && row.signature.every((line) => !line.includes('('));
  const doc = parentheses ? `${row.doc} Also ${code(`${name}()`)}.` : row.doc;
  return [codeLines(row.signature), doc, notes(row).join('; ')];
}

function notes(row: BuiltinRow): readonly string[] {
  const found: string[] = [];
  if (row.check === undefined && row.aggregate === undefined) found.push('**not yet**');
  if (row.unsafe) found.push('unsafe');
  if (row.async) found.push('later');
  if (row.where) found.push(places(row.where));
  if (row.unstable) found.push(`unstable: ${code(row.unstable.config)}`);
  if (row.notInFor === true) found.push('not in the body of a `for`');
  return found;
}

function places(where: NonNullable<BuiltinRow['where']>): string {
  const others = Object.values(providers)
    .map((facts) => facts.kind)
    .filter((kind) => !where.includes(kind));
  return others.length < where.length
    ? `not in ${others.map(code).join(', ')}`
    : `only in ${where.map(code).join(', ')}`;
}
