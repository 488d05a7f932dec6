import { coverageRows } from '../coverage/rows.ts';
import { tableRows } from '../coverage/table-rows.ts';
import { testProblem } from '../coverage/test-titles.ts';
import { code, table } from './markdown.ts';

/**
 * The page of what is tested where.
 *
 * @throws Error when a row names a test that is not there, or one that does not use what the row is about.
 */
export function coveragePage(): string {
  const rows = [...coverageRows, ...tableRows()];
  const problems = rows.flatMap(({ id, tests, uses }) =>
    tests.flatMap((test) => testProblem(test, uses) ?? []).map((problem) => `${id}: ${problem}`),
  );
  const ids = new Set(rows.map(({ id }) => id));
  if (ids.size !== rows.length) problems.push('an id stands twice');
  if (problems.length > 0) throw new Error(`the coverage table is wrong:\n${problems.join('\n')}`);
  return [
    '# Coverage',
    '',
    `What bpftrace can do, by topics, and the tests that show it here: ${rows.length} rows, none without a test. Each test is declared, and`,
    'has to be there. Rows of builtins, probes, options and config values follow from the tables in the sources; their test has to use',
    'what the row is about, and to compare what comes of it.',
    '',
    table(
      ['id', 'topic', 'what', 'tests'],
      rows.map(({ id, topic, what, tests }) => [code(id), topic, what, tests.map(code).join('<br>')]),
    ),
  ].join('\n');
}
