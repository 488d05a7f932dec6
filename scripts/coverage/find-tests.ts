/** Which tests speak of something by its name. */
import { existsSync, readFileSync } from 'node:fs';
import { listFiles } from '../list-files.ts';

/** Tests and golden files, with the words in them. */
const sources: readonly { readonly path: string; readonly words: ReadonlySet<string> }[] = [
  // Their scripts are run by tests/kernel/docs.test.ts.
  'docs/beyond-bpftrace.md',
  'docs/compatibility.md',
  ...listFiles('tests/golden', '.txt'),
  ...listFiles('tests', '.bt'),
  ...listFiles('tests', '.test.ts'),
  ...listFiles('tests/support', '.ts'),
  ...listFiles('src', '.test.ts'),
]
  .sort()
  .map((path) => ({
    path,
    words: new Set(readFileSync(path, 'utf8').match(/[A-Za-z_][\w-]*|-[A-Za-z]\b/g)),
  }));

/** The first test that mentions one of the names. */
export function testsThatMention(names: readonly string[]): readonly string[] {
  return sources
    .filter(({ words }) => names.some((name) => words.has(name)))
    .map(({ path }) => path)
    .slice(0, 1);
}

/** What is wrong with a test that a row names; undefined when it is there. */
export function testProblem(test: string): string | undefined {
  const [path = '', text] = test.split(' > ');
  if (!existsSync(path)) return `${path} does not exist`;
  if (text === undefined || readFileSync(path, 'utf8').includes(text)) return undefined;
  return `${path} has no "${text}"`;
}
