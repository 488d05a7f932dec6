import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from '../../scripts/list-files.ts';
import { projectRoot } from './paths.ts';
import { type BeginOutput, runBegin } from './run-begin.ts';

/** The script of a golden file. */
export interface GoldenScript {
  readonly file: string;
  readonly text: string;
}

/** The scripts of all golden files, without the stages that the files show of them. */
export function goldenScripts(): readonly GoldenScript[] {
  return listFiles(join(projectRoot, 'tests', 'golden'), '.txt').map((path) => {
    const [head = ''] = readFileSync(path, 'latin1').split('\n---- ', 1);
    return { file: path.slice(projectRoot.length + 1), text: head.replace(/^(#.*\n)+/, '') };
  });
}

/** Values that are another one in every run. */
const chance = /\b(nsecs|rand|random|elapsed|kstack|ustack|curtask|cpu|jiffies|strftime|buf)\b/;

/** Whether a script prints the same whenever it runs. */
export function isRepeatable({ text }: GoldenScript): boolean {
  return !chance.test(text);
}

/** Lines in the order of the alphabet: in which order a hash map is walked is chance as well. */
export function sortedLines(text: string): string[] {
  return text.split('\n').sort();
}

/** What `begin` and `end` of a script print; or why it does not run, in the words of the compiler or the backend. */
export function outcomeOf(
  text: string,
  backend: 'kernel' | 'embedded',
): BeginOutput | { readonly refused: string } {
  try {
    return runBegin(text, { backend });
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}
