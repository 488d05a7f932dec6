import { openSync } from 'node:fs';
import { systemErrorText } from '../runtime/index.ts';

const STDOUT = 1;

/** The descriptor of `-o FILE`, or what is wrong with it. */
export function openOutput(path: string | undefined): number | string {
  if (path === undefined) return STDOUT;
  try {
    return openSync(path, 'w', 0o644);
  } catch (error) {
    return `Failed to open output file: "${path}": ${systemErrorText(error)}`;
  }
}
