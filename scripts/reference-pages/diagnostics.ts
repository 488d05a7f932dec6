import { checkCatalogue } from '../../src/compiler/check/index.ts';
import { cDiagnostics } from '../../src/compiler/cpreproc/index.ts';
import { importCatalogue } from '../../src/compiler/imports/index.ts';
import { type Catalogue, type CatalogueRow, syntaxDiagnostics } from '../../src/compiler/language/index.ts';
import { probeCatalogue } from '../../src/compiler/probes/index.ts';
import { runtimeErrorTexts } from '../../src/report/runtime-errors.ts';
import { code, table } from './markdown.ts';

const catalogues: readonly (readonly [string, Catalogue])[] = [
  ['Reading the script', syntaxDiagnostics()],
  ['Imports', importCatalogue()],
  ['C definitions and the preprocessor', cDiagnostics()],
  ['Attach points', probeCatalogue()],
  ['Names, calls and types', checkCatalogue()],
];

/** The page of all diagnostics. */
export function diagnosticsPage(): string {
  return [
    '# Diagnostics',
    '',
    'What Tetrace says about a script that is wrong, by code. A code never changes its meaning; words in angle brackets are filled in. A row that',
    'is only such a word has a text for each case.',
    '',
    ...catalogues.flatMap(([title, catalogue]) => [
      `## ${title}`,
      '',
      table(
        ['code', '', 'message'],
        Object.entries(catalogue).map(([name, row]) => [code(name), row.severity, code(messageOf(row))]),
      ),
    ]),
    '## While the script runs',
    '',
    'Warnings with the place in the script, and the failures of helpers when `-k` asks for them.',
    '',
    table(
      ['kind', 'message'],
      Object.entries(runtimeErrorTexts).map(([kind, text]) => [code(kind), code(text)]),
    ),
  ].join('\n');
}

/** The message with the names of its parameters in place of their values. */
function messageOf({ message }: CatalogueRow): string {
  // `(a, b) => …`, or `a => …` as some compilers put it.
  const names = String(message).split('=>', 1)[0]?.match(/\w+/g) ?? [];
  // Messages put their arguments into text; what kind they are makes no difference to that.
  const wordsOf = message as unknown as (...words: readonly string[]) => string;
  return wordsOf(...names.map((name) => `<${wordsIn(name)}>`));
}

function wordsIn(name: string): string {
  return name.replace(/^_/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
