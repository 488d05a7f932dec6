/** What the rows of the reference pages do: a check of its own for each that needs nothing else. */
import { describe } from 'node:test';
import { builtinChecks } from './builtin-checks.ts';
import { configChecks } from './config-checks.ts';
import { type Place, testOneLiner } from './one-liner.ts';
import { optionChecks } from './option-checks.ts';

export function testReference(place: Place): void {
  const tables = { builtins: builtinChecks, 'config values': configChecks, options: optionChecks };
  for (const [title, rows] of Object.entries(tables)) {
    describe(title, () => {
      for (const [name, row] of Object.entries(rows)) {
        if (typeof row !== 'string') testOneLiner(name, row, place);
      }
    });
  }
}
