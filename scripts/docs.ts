/** Writes the reference pages, docs/reference, from the tables they describe: `docs`; `docs --check` compares instead. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinsPage } from './reference-pages/builtins.ts';
import { configPage } from './reference-pages/config.ts';
import { diagnosticsPage } from './reference-pages/diagnostics.ts';
import { optionsPage } from './reference-pages/options.ts';
import { probesPage } from './reference-pages/probes.ts';

const folder = 'docs/reference';
const generatedBy = '<!-- Written by `npm run docs` from the tables in the sources. -->\n\n';

const pages: Readonly<Record<string, () => string>> = {
  builtins: builtinsPage,
  probes: probesPage,
  options: optionsPage,
  config: configPage,
  diagnostics: diagnosticsPage,
};

const isCheck = process.argv.includes('--check');
mkdirSync(folder, { recursive: true });
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
