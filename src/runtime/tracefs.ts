import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TracepointFormat } from '../program/index.ts';
import { parseTracepointFormat } from './tracepoint-format.ts';

/** Where tracefs is usually mounted: its own place, and the one debugfs brings. */
const usualPlaces = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/**
 * The tracing file system, found at the first question.
 *
 * Where nobody has mounted it, `mountPrivately` gives a path to a mount of our own, which no other process sees.
 */
export class Tracefs {
  readonly #mountPrivately: () => string | undefined;
  #root: string | undefined;
  #looked = false;

  constructor(mountPrivately: () => string | undefined) {
    this.#mountPrivately = mountPrivately;
  }

  /** Its directory; undefined when there is no tracefs for us. */
  root(): string | undefined {
    if (!this.#looked) {
      this.#looked = true;
      this.#root = usualPlaces.find(isTracefs) ?? mountedPlace() ?? this.#mountPrivately();
    }
    return this.#root;
  }

  /** The text of one of its files; undefined when there is no such file or it is withheld. */
  read(path: string): string | undefined {
    const root = this.root();
    return root === undefined ? undefined : readText(join(root, path));
  }

  format(category: string, event: string): TracepointFormat | undefined {
    // Names come from scripts: they must stay inside events/.
    if (!isEventName(category) || !isEventName(event)) return undefined;
    const text = this.read(`events/${category}/${event}/format`);
    return text === undefined ? undefined : parseTracepointFormat(text);
  }

  /** All tracepoints as `category:event`. */
  tracepoints(): string[] {
    return (this.read('available_events') ?? '').split('\n').filter((line) => line !== '');
  }
}

function isEventName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !name.includes('/');
}

function isTracefs(path: string): boolean {
  try {
    return readdirSync(path).includes('events');
  } catch {
    return false;
  }
}

function mountedPlace(): string | undefined {
  for (const line of (readText('/proc/self/mounts') ?? '').split('\n')) {
    const [, path, type] = line.split(' ');
    if (type === 'tracefs' && path !== undefined && isTracefs(path)) return path;
  }
  return undefined;
}

/** A file's text; undefined when it is not there or not ours to read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
