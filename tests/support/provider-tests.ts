import { release } from 'node:os';
import { after, describe, test } from 'node:test';
import { checkProvider, passedInGroups, providerChecks, providerVictim } from './provider-checks.ts';
import { providerTable, tellProviderResult } from './provider-table.ts';
import { requireProgram, requireRoot } from './requirements.ts';

/** Declares a test for each provider. At the end the results are told to whoever collects them, or printed as a table. */
export function testProviders(): void {
  describe('providers', () => {
    const results = new Map<string, string>();
    let victim: ReturnType<typeof providerVictim> | undefined;
    let passed: ReadonlySet<string> | undefined;
    after(() => {
      victim?.[Symbol.dispose]();
      if (process.env['TETRACE_PROVIDER_RESULTS'] === undefined && results.size > 0) {
        process.stdout.write(`\n${providerTable(new Map([[release().split('-')[0] ?? '', results]]))}\n`);
      }
    });
    for (const check of providerChecks) {
      test(check.name, async (t) => {
        if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
        victim ??= providerVictim();
        passed ??= await passedInGroups(victim.path);
        try {
          const result = passed.has(check.name) ? 'pass' : await checkProvider(check, victim.path);
          results.set(check.name, result === 'pass' ? result : result.reason);
          tellProviderResult(check.name, result);
        } catch (error) {
          results.set(check.name, 'FAILED');
          tellProviderResult(check.name, 'FAILED');
          throw error;
        }
      });
    }
  });
}
