import { optionRows } from '../../src/cli/option-table.ts';
import { builtins } from '../../src/compiler/builtins/index.ts';
import { configTable } from '../../src/compiler/check/index.ts';
import { providers } from '../../src/compiler/probes/index.ts';
import { testProblem, testsThatMention } from '../coverage/find-tests.ts';
import { type CoverageRow, coverageRows, type Topic } from '../coverage/rows.ts';
import { code, table } from './markdown.ts';

/**
 * The page of what is tested where.
 *
 * @throws Error when a row has no test, or names one that is not there.
 */
export function coveragePage(): string {
  const rows = [...coverageRows, ...tableRows()];
  const problems = rows.flatMap(({ id, tests }) => {
    if (tests.length === 0) return [`${id}: no test mentions it`];
    return tests.flatMap((test) => testProblem(test) ?? []).map((problem) => `${id}: ${problem}`);
  });
  const ids = new Set(rows.map(({ id }) => id));
  if (ids.size !== rows.length) problems.push('an id stands twice');
  if (problems.length > 0) throw new Error(`the coverage table is wrong:\n${problems.join('\n')}`);
  return [
    '# Coverage',
    '',
    `What bpftrace can do, by topics, and the tests that show it here: ${rows.length} rows, none without a test. Rows of builtins, probes,`,
    'options and config values follow from the tables in the sources; their test is the first that uses them.',
    '',
    table(
      ['id', 'topic', 'what', 'tests'],
      rows.map(({ id, topic, what, tests }) => [code(id), topic, what, tests.map(code).join('<br>')]),
    ),
  ].join('\n');
}

type FoundRow = Omit<CoverageRow, 'tests'> & { readonly tests: readonly string[] };

/** A row for each row of the tables. */
function tableRows(): readonly FoundRow[] {
  const row = (id: string, topic: Topic, what: string, names: readonly string[]): FoundRow => ({
    id,
    topic,
    what,
    tests: testsThatMention(names),
  });
  return [
    ...Object.entries(providers).map(([kind, { aliases }]) =>
      row(`probe-${kind}`, 'probes', `The probe ${code(kind)}.`, [kind, ...aliases]),
    ),
    ...Object.entries(builtins).map(([name, { doc, form }]) =>
      row(`builtin-${name}`, form === 'function' ? 'functions' : 'variables', doc, [
        name,
        `__builtin_${name}`,
      ]),
    ),
    ...optionRows.map(([id, { long, short, doc }]) => {
      const names = [long, short && `-${short}`].filter((name) => name !== undefined);
      return row(`option-${id}`, 'command line', `${doc[0]?.toUpperCase()}${doc.slice(1)}.`, names);
    }),
    ...Object.entries(configTable).map(([name, { doc }]) =>
      row(`config-${name}`, 'settings', doc, [name, `BPFTRACE_${name.toUpperCase()}`]),
    ),
  ];
}
