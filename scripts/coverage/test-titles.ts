/**
 * Whether a test that a row names is there, and shows what the row is about.
 *
 * A test is a file of tests or a golden file; behind ` > ` how a title in it begins: that of a `test()` or a `describe()`, of a row of tests that has
 * `title`, `name` or `file`, or the key of such a row. Its passage is what stands under the title.
 */
import { existsSync, readFileSync } from 'node:fs';

const isTest = /^tests\/|\.test\.ts$/;

/**
 * What is wrong with the test that a row names; undefined when it is right.
 *
 * @param uses what the passage under the title has to contain one of
 */
export function testProblem(test: string, uses?: RegExp): string | undefined {
  const at = test.indexOf(' > ');
  const [path, title] = at < 0 ? [test, undefined] : [test.slice(0, at), test.slice(at + 3)];
  if (!isTest.test(path)) return `${path} is no test`;
  if (!existsSync(path)) return `${path} does not exist`;
  const text = readFileSync(path, 'utf8');
  const passage = title === undefined ? text : passageOf(text, title);
  if (passage === undefined) return `${path} has no test "${title}"`;
  return uses === undefined || uses.test(passage) ? undefined : `"${test}" does not use ${uses.source}`;
}

/** What stands under a title: the lines that are further to the right, or the rest of the row that it names. */
function passageOf(text: string, title: string): string | undefined {
  const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/'/g, "\\\\?'");
  const opening = new RegExp(
    `^( *)(?:(?:await t\\.)?(?:test|it|describe|runs)\\(['"\`]${escaped}|((?:title|name|file): ['"\`]${escaped})|\\{ (?:title|name|file): ['"\`]${escaped}|['"]?${escaped}['"]?: \\{)`,
  );
  const lines = text.split('\n');
  const start = lines.findIndex((line) => opening.test(line));
  if (start < 0) return undefined;
  const [, indent = '', member] = opening.exec(lines[start] ?? '') ?? [];
  // A member stands beside the rest of its row, a call and a key above it.
  const least = member === undefined ? indent.length + 1 : indent.length;
  const end = lines.findIndex((line, index) => index > start && line !== '' && indentOf(line) < least);
  return lines.slice(start, end < 0 ? undefined : end).join('\n');
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
