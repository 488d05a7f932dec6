/**
 * Golden files: a script, then what each stage makes of it.
 *
 *     # an unsigned comparison must not become a signed jump      <- what is at stake
 *     kprobe:vfs_read /arg2 > 0x8000000000000000/ { @ = count() }
 *     ---- bpf
 *        3: if r1 <= r2 goto +7
 *
 * With UPDATE_GOLDEN=1 the sections are rewritten with what was found; the diff is what a reviewer reads.
 */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { goldenRoot, projectRoot } from './paths.ts';

/** A golden file, parsed. Texts have no line end after their last line. */
export interface GoldenFile {
  /** The lines before the script that begin with `#`, without that; empty when there are none. */
  readonly comment: string;
  readonly script: string;
  /** In the file's order: what stands after `----`, and the lines below. */
  readonly sections: ReadonlyMap<string, string>;
}

const marker = '---- ';
/** A line of content that begins with a marker or a backslash before one gets a backslash, which reading takes off. */
const escapable = /^\\*---- /;

export function parseGolden(text: string): GoldenFile {
  const lines = text.replace(/\n$/, '').split('\n');
  let at = 0;
  const comment: string[] = [];
  // A `#` line is the file's comment; a script's own first line begins with `#!` or `#include`.
  while (lines[at]?.startsWith('# ') || lines[at] === '#') comment.push((lines[at++] ?? '').slice(2));
  const body = (): string => {
    const from = at;
    while (at < lines.length && !lines[at]?.startsWith(marker)) at++;
    return lines
      .slice(from, at)
      .map((line) => (line.startsWith('\\') && escapable.test(line.slice(1)) ? line.slice(1) : line))
      .join('\n');
  };
  const script = body();
  const sections = new Map<string, string>();
  while (at < lines.length) {
    const name = (lines[at++] ?? '').slice(marker.length).trim();
    if (sections.has(name)) throw new Error(`section "${name}" stands twice`);
    sections.set(name, body());
  }
  return { comment: comment.join('\n'), script, sections };
}

export function printGolden(file: GoldenFile): string {
  const parts: string[] = [];
  const escapeMarkers = (text: string): string => text.replace(/^\\*---- /gm, (line) => `\\${line}`);
  if (file.comment !== '') parts.push(file.comment.replace(/^/gm, '# ').replace(/^# $/gm, '#'));
  parts.push(escapeMarkers(file.script));
  for (const [name, text] of file.sections)
    parts.push(`${marker}${name}${text === '' ? '' : `\n${escapeMarkers(text)}`}`);
  return `${parts.join('\n')}\n`;
}

/** Makes the text of one section from a script. `name` is what stands after `----`, so that a section can carry a setting. */
export type GoldenStage = (script: string, name: string, file: string) => string;

/**
 * Declares one test per golden file of a folder below tests/golden. Every section a file has is made again by the stage of its first
 * word and compared; a section without a stage is an error.
 *
 * @param folder below tests/golden, for example `language/formatter`.
 * @param stages by the first word of the section's name.
 * @param required sections every file gets when UPDATE_GOLDEN=1 writes it (so a new file needs a script only).
 */
export function testGoldenFolder(
  folder: string,
  stages: Readonly<Record<string, GoldenStage>>,
  required: readonly string[] = [],
): void {
  for (const path of goldenFiles(join(goldenRoot, folder))) {
    test(`${relative(projectRoot, path)}`, () => checkGoldenFile(path, stages, required));
  }
}

/** As `testGoldenFolder`, for one file and inside a test. */
export function checkGoldenFile(
  path: string,
  stages: Readonly<Record<string, GoldenStage>>,
  required: readonly string[] = [],
): void {
  const file = parseGolden(readFileSync(path, 'utf8'));
  const names = [...new Set([...file.sections.keys(), ...(updating() ? required : [])])];
  assert.ok(names.length > 0, `${path} has no section; UPDATE_GOLDEN=1 writes them`);
  const found = new Map(names.map((name) => [name, runStage(stages, file.script, name, path)]));
  if (updating()) {
    const text = printGolden({ ...file, sections: found });
    if (text !== readFileSync(path, 'utf8')) writeFileSync(path, text);
    return;
  }
  for (const [name, text] of found)
    assert.equal(text, file.sections.get(name), `section "${name}" of ${path}`);
}

/** Compares a text with a whole file below tests/golden, for results that have no script. */
export function checkGoldenText(name: string, found: string): void {
  const path = join(goldenRoot, name);
  if (updating()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, found);
    return;
  }
  assert.equal(found, readFileSync(path, 'utf8'), path);
}

function runStage(
  stages: Readonly<Record<string, GoldenStage>>,
  script: string,
  name: string,
  path: string,
): string {
  const word = name.split(' ')[0] ?? '';
  const stage = Object.hasOwn(stages, word) ? stages[word] : undefined;
  if (stage === undefined)
    throw new Error(
      `${path}: no stage makes a section "${name}"; there are ${Object.keys(stages).join(', ')}`,
    );
  // A stage may or may not end its text with a line end: the file cannot tell, so neither may the comparison.
  return stage(script, name, path).replace(/\n$/, '');
}

/** Whether golden files are being rewritten. */
export function updating(): boolean {
  return process.env['UPDATE_GOLDEN'] === '1';
}

function goldenFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return goldenFiles(path);
      return entry.name.endsWith('.txt') ? [path] : [];
    })
    .sort();
}
