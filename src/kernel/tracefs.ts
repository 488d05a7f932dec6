import { existsSync, readFileSync } from 'node:fs';
import { linesWith } from './lines-with.ts';
import { KernelError, mountPseudo } from './sys/index.ts';
import { parseTracepointFormat, type TracepointFormat } from './tracepoint-format.ts';

/** Where tracefs is usually mounted: of its own, or inside debugfs. */
const usualPlaces = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const;

/** A mounted tracefs. All methods read files; what is absent is undefined, other failures are KernelErrors. */
export class Tracefs {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /**
   * Finds the mount, and mounts tracefs at its usual place when there is none.
   *
   * @returns undefined when there is none and none may be made.
   */
  static open(): Tracefs | undefined {
    for (const root of usualPlaces) if (isMounted(root)) return new Tracefs(root);
    const [first] = usualPlaces;
    if (existsSync(first) && mountPseudo('tracefs', first) >= 0) return new Tracefs(first);
    return undefined;
  }

  /** The id and fields of a tracepoint. */
  format(category: string, event: string): TracepointFormat | undefined {
    const text = this.#read(`events/${category}/${event}/format`);
    return text === undefined ? undefined : parseTracepointFormat(text);
  }

  /** All tracepoints as `category:event`. */
  events(): string[] {
    return (this.#read('available_events') ?? '').split('\n').filter((line) => line !== '');
  }

  /** Functions that kprobes and fprobes can stand on, for TraceableFunctions; undefined when this kernel has no such list. */
  traceableFunctions(): Buffer | undefined {
    return this.#readBytes('available_filter_functions');
  }

  /** A file that may be absent. */
  #read(path: string): string | undefined {
    return this.#readBytes(path)?.toString('latin1');
  }

  /** As #read(). */
  #readBytes(path: string): Buffer | undefined {
    // Names come from scripts: one that climbs out of the directory names nothing.
    if (path.split('/').includes('..')) return undefined;
    try {
      return readFileSync(`${this.root}/${path}`);
    } catch (error) {
      return this.#absent(path, error);
    }
  }

  #absent(path: string, error: unknown): undefined {
    const wrapped = KernelError.fromNode(`read ${this.root}/${path}`, error);
    if (wrapped.is('ENOENT', 'ENOTDIR', 'EINVAL')) return undefined;
    throw wrapped;
  }
}

/** A function in the list of those that can be traced. */
export interface TraceableFunction {
  readonly name: string;
  readonly module?: string;
}

/**
 * The list of functions that can be traced: tens of thousands of lines of `name` or `name [module]`. Kept as it came (see linesWith).
 */
export class TraceableFunctions {
  readonly #text: Buffer;

  constructor(text: Buffer) {
    this.#text = text;
  }

  /** Those with a text in their line, all without one. Names that the kernel could not find (`__ftrace_invalid_address___…`) are left out. */
  with(piece = ''): TraceableFunction[] {
    const functions: TraceableFunction[] = [];
    for (const line of linesWith(this.#text, piece)) {
      const traceable = parseTraceableFunction(line);
      if (traceable !== undefined) functions.push(traceable);
    }
    return functions;
  }
}

function parseTraceableFunction(line: string): TraceableFunction | undefined {
  if (line === '' || line.startsWith('__ftrace_invalid_address__')) return undefined;
  const space = line.indexOf(' ');
  if (space < 0) return { name: line };
  const module = /\[([^\]]+)\]/.exec(line)?.[1];
  return { name: line.slice(0, space), ...(module === undefined ? {} : { module }) };
}

/** The directory is closed to others than root, who see it in the list of mounts alone. */
function isMounted(root: string): boolean {
  if (existsSync(`${root}/events`)) return true;
  try {
    return readFileSync('/proc/self/mounts', 'latin1').includes(` ${root} tracefs `);
  } catch {
    return false;
  }
}
