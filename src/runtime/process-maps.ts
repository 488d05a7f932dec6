import { readFileSync, statSync } from 'node:fs';
import { splitArchivePath } from './archive-path.ts';

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
    return parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Which file it is, under whatever path: device and inode of stat(2). @throws a system error when there is none, or it is not ours to see. */
export function fileIdentity(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

/**
 * A path at which the very file can be read that a process has mapped; undefined when there is none.
 *
 * Where it has the same file, the plain path: one through the process's root, by which containers' files are found, ends with the process. Another file may be at either: a package was
 * upgraded, or whoever owns a container has put something there. /proc/PID/map_files tells, while the process lives and for root alone, and leads to files that were deleted as well. Else
 * inode numbers have to do: the devices in /proc/PID/maps are not those of stat(2) on btrfs and overlayfs.
 */
export function pathOfMapped(pid: number, mapping: Mapping): string | undefined {
  const { start, end, path, file } = mapping;
  const mapped = `/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`;
  const found = [`/proc/${pid}/root${path}`, path].map((candidate) => ({
    candidate,
    identity: identityOrNone(splitArchivePath(candidate)?.archive ?? candidate),
  }));
  const told = identityOrNone(mapped);
  const inode = file.slice(file.lastIndexOf(':') + 1);
  const wanted = told ?? found.find(({ identity }) => identity?.endsWith(`:${inode}`))?.identity;
  if (wanted === undefined) return undefined;
  return found.findLast(({ identity }) => identity === wanted)?.candidate ?? mapped;
}

/**
 * The identity of the file that a process has mapped; undefined when it was deleted, or is none. The numbers in /proc/PID/maps cannot be compared:
 * the device there is not that of stat(2) on btrfs and overlayfs, and an inode number alone is on every file system. So the mapping's path is
 * followed, from where the process's files begin; a path that leads nowhere there may be one from where ours begin (after a chroot).
 */
export function mappedFile(pid: number, mapping: Mapping): string | undefined {
  if (!isFileMapping(mapping)) return undefined;
  return identityOrNone(`/proc/${pid}/root${mapping.path}`) ?? identityOrNone(mapping.path);
}

function identityOrNone(path: string): string | undefined {
  try {
    return fileIdentity(path);
  } catch {
    return undefined; // gone, or not ours to see
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
