import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder this program was installed or cloned to: the nearest one above this file whose package.json is ours. */
export function packageRoot(): string {
  for (let dir = import.meta.dirname; ; dir = dirname(dir)) {
    if (isOurs(join(dir, 'package.json'))) return dir;
    if (dir === dirname(dir)) throw new Error(`no package.json of tetrace above ${import.meta.dirname}`);
  }
}

function isOurs(path: string): boolean {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof content === 'object' && content !== null && 'name' in content && content.name === 'tetrace';
  } catch {
    return false;
  }
}
