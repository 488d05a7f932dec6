import { basename, dirname, isAbsolute, join } from 'node:path';
import { Crc32 } from '../base/index.ts';
import type { ElfFile } from '../elf/index.ts';
import { realPath, splitForeignPath } from './foreign-root.ts';
import { isFileError, PlainFile } from './plain-file.ts';

/** Debug files may be larger than what can be read at once. */
const PIECE_BYTES = 1 << 20;

/** Beside the binary in `.debug`, and the system's tree. */
export const defaultDebugDirs: readonly string[] = ['.debug', '/usr/lib/debug'];

/** A place where a separate debug file may be. */
interface DebugFileCandidate {
  readonly path: string;
  /** Compare the checksum in the binary's debug link with that of the file. */
  readonly checksum: boolean;
}

/**
 * Where the debug file of a binary may lie, the likeliest first: by build id (`DIR/.build-id/ab/cdef.debug`), then by the name in its
 * debug link, or the customary one (beside the binary, in relative directories beside it, in absolute ones under its own path).
 *
 * A directory that begins with `+` wants checksums compared. Source: GDB manual, "Separate Debug Files".
 */
export function* debugFileCandidates(
  path: string,
  elf: ElfFile,
  dirs: readonly string[],
): Generator<DebugFileCandidate> {
  const real = realPath(path);
  const { root, inside } = splitForeignPath(real);
  // A container may have debug files of its own; those of this system serve it as well.
  const roots = root === '' ? [''] : [root, ''];
  const places = dirs.flatMap((word) => {
    const dir = word.replace(/^\+/, '');
    const checksum = word.startsWith('+');
    return isAbsolute(dir)
      ? roots.map((each) => ({ dir: join('/', each, dir), checksum }))
      : [{ dir, checksum }];
  });
  const buildId = elf.buildId();
  if (buildId !== undefined && buildId.length > 2) {
    for (const { dir } of places) {
      if (!isAbsolute(dir)) continue;
      yield {
        path: join(dir, '.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`),
        checksum: false,
      };
    }
  }
  if (buildId !== undefined) {
    for (const dir of debuginfodCaches(process.env))
      yield { path: join(dir, buildId, 'debuginfo'), checksum: false };
  }
  const link = elf.debugLink();
  // Without a link, the customary name; a build id must then say that it is the right one.
  if (!link && buildId === undefined) return;
  const name = link?.name ?? `${basename(real)}.debug`;
  if (name.includes('/')) return;
  const home = dirname(real);
  yield { path: join(home, name), checksum: false };
  for (const { dir, checksum } of places) {
    yield { path: isAbsolute(dir) ? join(dir, dirname(inside), name) : join(home, dir, name), checksum };
  }
}

/** Where debuginfod's clients keep what they fetched. Source: debuginfod_find_debuginfo(3), "CACHE". */
function debuginfodCaches(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const { DEBUGINFOD_CACHE_PATH, XDG_CACHE_HOME, HOME } = environment;
  if (DEBUGINFOD_CACHE_PATH) return [DEBUGINFOD_CACHE_PATH];
  return [
    ...(XDG_CACHE_HOME ? [join(XDG_CACHE_HOME, 'debuginfod_client')] : []),
    ...(HOME ? [join(HOME, '.cache/debuginfod_client'), join(HOME, '.debuginfod_client_cache')] : []),
  ];
}

/** Whether a file that was found is the binary's: their build ids are equal, and the checksum is right where it counts. */
export function isDebugFileOf(elf: ElfFile, debug: ElfFile, candidate: DebugFileCandidate): boolean {
  const [own, other] = [elf.buildId(), debug.buildId()];
  const link = elf.debugLink();
  // Where nobody names the file, its name alone says too little.
  if (own !== other && (!link || (own !== undefined && other !== undefined))) return false;
  return !candidate.checksum || !link || checksumOf(candidate.path) === link.crc;
}

/** The CRC-32 that debug links have; undefined for a file that has gone. (node:zlib has one since Node.js 20.15 only.) */
function checksumOf(path: string): number | undefined {
  const crc = new Crc32();
  try {
    using file = PlainFile.open(path);
    for (let at = 0; at < file.stat.size; at += PIECE_BYTES) crc.add(file.read(at, PIECE_BYTES));
    return crc.value;
  } catch (error) {
    if (isFileError(error)) return undefined;
    throw error;
  }
}
