import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { ElfFile } from '../elf/index.ts';

/** Beside the binary in `.debug`, and the system's tree. */
export const defaultDebugDirs: readonly string[] = ['.debug', '/usr/lib/debug'];

/** A place where a separate debug file may be. */
export interface DebugFileCandidate {
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
  const places = dirs.map((dir) => ({ dir: dir.replace(/^\+/, ''), checksum: dir.startsWith('+') }));
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
  const real = realPath(path);
  // Without a link, the customary name; a build id must then say that it is the right one.
  if (!link && buildId === undefined) return;
  const name = link?.name ?? `${basename(real)}.debug`;
  if (name.includes('/')) return;
  const home = dirname(real);
  yield { path: join(home, name), checksum: false };
  for (const { dir, checksum } of places) {
    yield { path: isAbsolute(dir) ? join(dir, home, name) : join(home, dir, name), checksum };
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
  if (own !== undefined && other !== undefined && own !== other) return false;
  const link = elf.debugLink();
  return !candidate.checksum || !link || crc32(readFileSync(candidate.path)) === link.crc;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // inside another root: what the path says is all there is
  }
}

/** The CRC-32 of debug links: polynomial 0xedb88320, as in zip. (node:zlib has one since Node.js 20.15 only.) */
function crc32(bytes: Uint8Array): number {
  const table = Uint32Array.from({ length: 256 }, (_unused, start) => {
    let value = start;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    return value;
  });
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffff_ffff) >>> 0;
}
