import { commandRows } from './command-rows.ts';
import { languageRows } from './language-rows.ts';
import { outputRows } from './output-rows.ts';
import { probeRows } from './probe-rows.ts';
import type { CoverageRow } from './row.ts';

/** What is no row of a table in the sources. */
export const coverageRows: readonly CoverageRow[] = [
  ...commandRows,
  ...languageRows,
  ...probeRows,
  ...outputRows,
].map(([id, topic, what, ...tests]) => ({ id, topic, what, tests }));
