/** Writes the reference pages, docs/reference and docs/tools.md, from what they describe: `docs`; `docs --check` compares instead. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinsPage } from './reference-pages/builtins.ts';
import { configPage } from './reference-pages/config.ts';
import { coveragePage } from './reference-pages/coverage.ts';
import { diagnosticsPage } from './reference-pages/diagnostics.ts';
import { optionsPage } from './reference-pages/options.ts';
import { probesPage } from './reference-pages/probes.ts';
import { toolsPage } from './reference-pages/tools.ts';

const folder = 'docs';
const generatedBy = '<!-- Written by `npm run docs` from the tables in the sources. -->\n\n';

const pages: Readonly<Record<string, () => string>> = {
  'reference/builtins': builtinsPage,
  'reference/probes': probesPage,
  'reference/options': optionsPage,
  'reference/config': configPage,
  'reference/diagnostics': diagnosticsPage,
  coverage: coveragePage,
  tools: toolsPage,
};

const isCheck = process.argv.includes('--check');
mkdirSync(`${folder}/reference`, { recursive: true });
for (const [name, make] of Object.entries(pages)) {
  const path = `${folder}/${name}.md`;
  const text = `${generatedBy}${make().trimEnd()}\n`;
  if (text === readIfThere(path)) continue;
  if (isCheck) {
    process.stdout.write(`${path} is not what the tables say: run \`npm run docs\`\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    process.stdout.write(`${path} written\n`);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
