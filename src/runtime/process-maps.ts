import { readFileSync } from 'node:fs';

/** One mapping of a process. */
export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  readonly executable: boolean;
  /** Place in the file. */
  readonly offset: bigint;
  /** `device:inode`, which stays the same under every path. */
  readonly file: string;
  /** As the kernel shows it; '' for anonymous memory, `[vdso]` and the like for special mappings. */
  readonly path: string;
}

const linePattern = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) (\S+) (\d+)\s*(.*)$/;

/** Reads the text of /proc/PID/maps. Source: proc_pid_maps(5). */
export function parseMaps(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of text.split('\n')) {
    const match = linePattern.exec(line);
    if (!match) continue;
    mappings.push({
      start: BigInt(`0x${match[1]}`),
      end: BigInt(`0x${match[2]}`),
      executable: match[3]?.[2] === 'x',
      offset: BigInt(`0x${match[4]}`),
      file: `${match[5]}:${match[6]}`,
      // The kernel writes a newline in a name as \012, and marks files that are gone.
      path: (match[7] ?? '').replaceAll('\\012', '\n').replace(/ \(deleted\)$/, ''),
    });
  }
  return mappings;
}

/** The mappings of a process; undefined when it is gone or not ours to see. */
export function readMaps(pid: number): Mapping[] | undefined {
  try {
    return parseMaps(readFileSync(`/proc/${pid}/maps`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Whether a mapping's path names a file (and not `[stack]`, `/dev/zero` or nothing). */
export function isFileMapping(mapping: Mapping): boolean {
  return (
    mapping.path.startsWith('/') &&
    !mapping.path.startsWith('/dev/') &&
    !mapping.path.startsWith('/memfd:') &&
    !mapping.path.startsWith('//anon')
  );
}
