import { writeSync } from 'node:fs';
import type { ProviderResult } from './provider-checks.ts';

/** The beginning of a line by which a test process tells the one that started it what a provider did. */
const mark = '\u0001provider\t';

/** Tells a result to whoever collects them (TETRACE_PROVIDER_RESULTS is set), or nobody. */
export function tellProviderResult(provider: string, result: ProviderResult | 'FAILED'): void {
  if (process.env['TETRACE_PROVIDER_RESULTS'] === undefined) return;
  const text = typeof result === 'string' ? result : result.reason;
  writeSync(1, `${mark}${provider}\t${text}\n`);
}

/** A line that tellProviderResult() wrote, or undefined. */
export function readProviderResult(line: string): readonly [provider: string, result: string] | undefined {
  if (!line.startsWith(mark)) return undefined;
  const [provider = '', result = ''] = line.slice(mark.length).split('\t');
  return [provider, result];
}

/** The table of providers and kernels. Reasons are notes below it, with their numbers in the cells. */
export function providerTable(kernels: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  const columns = [...kernels.keys()];
  const providers = [...new Set([...kernels.values()].flatMap((results) => [...results.keys()]))];
  const notes: string[] = [];
  const cell = (text: string | undefined): string => {
    if (text === undefined) return '-';
    if (text === 'pass' || text === 'FAILED') return text;
    if (!notes.includes(text)) notes.push(text);
    return `no (${notes.indexOf(text) + 1})`;
  };
  const rows = providers.map((provider) => [
    provider,
    ...columns.map((kernel) => cell(kernels.get(kernel)?.get(provider))),
  ]);
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, index) => text.padEnd(index === 0 ? 18 : 10))
      .join('')
      .trimEnd();
  return [
    line(['provider', ...columns]),
    ...rows.map(line),
    ...notes.map((note, index) => `(${index + 1}) ${note}`),
    '',
  ].join('\n');
}
