import { readFileSync } from 'node:fs';
import { pathInRoot } from './foreign-root.ts';
import { isFileError, PlainFile } from './plain-file.ts';

/** Those of large Java programs have 30 MB; as entries they take several times as much. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** A file that grows all the time is read again when this many times the time of reading it has passed: it must not take all of ours. */
const REST = 10;

/** One function that a just-in-time compiler reported. */
interface PerfMapEntry {
  readonly start: bigint;
  readonly end: bigint;
  readonly name: string;
}

/**
 * Reads /tmp/perf-PID.map: `START SIZE name` with hexadecimal numbers, sorted by start. Later lines win over earlier ones of the same
 * start. Source: tools/perf/Documentation/jit-interface.txt.
 */
export function parsePerfMap(text: string): readonly PerfMapEntry[] {
  const byStart = new Map<bigint, PerfMapEntry>();
  for (const line of text.split('\n')) {
    const match = /^(?:0x)?([0-9a-fA-F]{1,16}) (?:0x)?([0-9a-fA-F]{1,16}) (.+)$/.exec(line);
    if (!match) continue;
    const start = BigInt(`0x${match[1]}`);
    byStart.set(start, { start, end: start + BigInt(`0x${match[2]}`), name: match[3] ?? '' });
  }
  return [...byStart.values()].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

/** The entry that contains `address`. */
export function findPerfMapEntry(
  entries: readonly PerfMapEntry[],
  address: bigint,
): PerfMapEntry | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry && entry.start <= address) low = middle + 1;
    else high = middle;
  }
  const entry = entries[low - 1];
  return entry && address < entry.end ? entry : undefined;
}

/** What the compiler in a process says of its code, as it was read last. */
export interface PerfMap {
  readonly path: string;
  readonly entries: readonly PerfMapEntry[];
  /** Of the file that was read. */
  readonly identity: string;
  /** When it may be read again, in ms of performance.now(). */
  readonly againMs: number;
}

/**
 * The list of a process. `known` is what was read before: it is kept as long as it is up to date, as the file cannot be read, and for a while
 * after a slow reading.
 *
 * Anyone can write to /tmp, so only a plain file of a sensible size is read that belongs to the process's user, or to root.
 */
export function readPerfMap(pid: number, known: PerfMap | undefined): PerfMap | undefined {
  const startMs = performance.now();
  if (known && startMs < known.againMs) return known;
  const { path, owner } = placeOf(pid);
  try {
    using file = PlainFile.open(path, { followsLinks: false });
    const { identity, stat } = file;
    if (known?.identity === identity) return known;
    if (stat.size > MAX_FILE_BYTES || (owner !== undefined && stat.uid !== owner && stat.uid !== 0))
      return known;
    const entries = parsePerfMap(Buffer.from(file.read(0, stat.size)).toString('utf8'));
    const endMs = performance.now();
    return { path, entries, identity, againMs: endMs + REST * (endMs - startMs) };
  } catch (error) {
    // None, or not for us to read.
    if (isFileError(error)) return known;
    throw error;
  }
}

/** Inside a container the file is named after the pid there, in the container's /tmp. `owner`: the user that the process runs as, while it does. */
function placeOf(pid: number): { readonly path: string; readonly owner?: number } {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return { path: `/tmp/perf-${pid}.map` };
  }
  const innerPid = /^NSpid:.*\t(\d+)$/m.exec(status)?.[1] ?? pid;
  const owner = Number(/^Uid:\t\d+\t(\d+)/m.exec(status)?.[1] ?? 0);
  const root = `/proc/${pid}/root`;
  // Links in a circle are left to whoever opens them, who says so.
  const folder = pathInRoot(root, '/tmp') ?? `${root}/tmp`;
  return { path: `${folder}/perf-${innerPid}.map`, owner };
}
