/**
 * Checks that imports follow the arrows of import-arrows.ts, that one module imports another through its index.ts only, and that no files import
 * each other in a circle.
 *
 * Tests may import any module (they compare stages with each other), but through its index.ts as well.
 */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importArrows, packageImporters } from './import-arrows.ts';
import { listFiles } from './list-files.ts';

/** A path with `$` in it is a place in a template: text that speaks of an import. */
const specifierPattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)'([^'\n$]+)'/g;

/** Imports that are left when types are stripped, and not by a call: a type may belong to another that holds it. */
const staticPattern = /^(?:import|export)\s+(?!type\b)(?:[^;']*?\bfrom\s*)?'(\.[^'\n]+)'/gm;

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

/** Circles of files, a line each: `a.ts -> b.ts -> a.ts`. `texts` are the files by their paths. */
export function importCircles(texts: ReadonlyMap<string, string>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || done.has(path)) return;
    for (const [, specifier = ''] of withoutComments(texts.get(path) ?? '').matchAll(staticPattern))
      visit(join(dirname(path), specifier), [...trail, path]);
    done.add(path);
  };
  for (const path of texts.keys()) visit(path, []);
  return circles;
}

/** The violations of all sources, and the circles among everything. */
export function checkImports(): string[] {
  const sources = textsIn('src');
  const violations = [...sources].flatMap(([path, text]) => importViolations(path, text));
  const circles = importCircles(new Map([...sources, ...textsIn('scripts'), ...textsIn('tests')]));
  return [...violations, ...circles.map((circle) => `a circle of imports: ${circle}`)];
}

function textsIn(folder: string): Map<string, string> {
  const paths = listFiles(folder, '.ts').filter((path) => !path.endsWith('.d.ts'));
  return new Map(paths.map((path) => [path, readFileSync(path, 'utf8')]));
}

if (process.argv[1]?.endsWith('check-imports.ts')) {
  const violations = checkImports();
  for (const violation of violations) process.stdout.write(`${violation}\n`);
  if (violations.length > 0) process.exitCode = 1;
}
