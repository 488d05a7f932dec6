/**
 * Checks that imports follow the arrows of import-arrows.ts, and that one module imports another through its index.ts only.
 *
 * Tests may import any module (they compare stages with each other), but through its index.ts as well.
 */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importArrows, packageImporters } from './import-arrows.ts';
import { listFiles } from './list-files.ts';

/** A path with `$` in it is a place in a template: text that speaks of an import. */
const specifierPattern = /(?:\bfrom|\bimport)\s*\(?\s*'([^'\n$]+)'/g;

/** What is wrong with the imports of one file; `path` is relative to the project (`src/base/bytes.ts`). */
export function importViolations(path: string, text: string): string[] {
  const from = moduleOf(path);
  if (from === undefined) return [`${path}: is in no module; add its folder to scripts/import-arrows.ts`];
  const isTest = path.endsWith('.test.ts');
  const violations: string[] = [];
  for (const [, specifier = ''] of withoutComments(text).matchAll(specifierPattern)) {
    const problem = specifier.startsWith('.')
      ? relativeProblem(path, from, specifier, isTest)
      : packageProblem(from, specifier, isTest);
    if (problem !== undefined) violations.push(`${path}: imports '${specifier}': ${problem}`);
  }
  return violations;
}

function relativeProblem(path: string, from: string, specifier: string, isTest: boolean): string | undefined {
  const target = join(dirname(path), specifier);
  if (!target.startsWith('src/')) {
    return isTest && target.startsWith('tests/support/') ? undefined : 'sources import sources only';
  }
  const to = moduleOf(target);
  if (to === undefined) return 'is in no module; add its folder to scripts/import-arrows.ts';
  if (to === from) return undefined;
  if (!isTest && !importArrows[from]?.includes(to)) return `${from} may not import ${to}`;
  return target === `src/${to}/index.ts` ? undefined : `import ${to} through its index.ts`;
}

function packageProblem(from: string, specifier: string, isTest: boolean): string | undefined {
  // Which folders may use Node.js is the pure type check's business.
  if (specifier.startsWith('node:') || isTest) return undefined;
  return packageImporters[specifier]?.includes(from) ? undefined : `${from} may not import this package`;
}

/** The module a path belongs to: the longest name that it begins with. */
function moduleOf(path: string): string | undefined {
  let dir = dirname(path.slice('src/'.length));
  while (dir !== '.' && !Object.hasOwn(importArrows, dir)) dir = dirname(dir);
  return dir === '.' ? undefined : dir;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

/** The violations of all sources. */
export function checkImports(): string[] {
  return listFiles('src', '.ts')
    .filter((path) => !path.endsWith('.d.ts'))
    .flatMap((path) => importViolations(path, readFileSync(path, 'utf8')));
}

if (process.argv[1]?.endsWith('check-imports.ts')) {
  const violations = checkImports();
  for (const violation of violations) process.stdout.write(`${violation}\n`);
  if (violations.length > 0) process.exitCode = 1;
}
