import { BoundedCache } from '../base/index.ts';
import { type ByteSource, ElfError, ElfFile, zipMember } from '../elf/index.ts';
import { splitArchivePath } from './archive-path.ts';
import { debugFileCandidates, defaultDebugDirs, isDebugFileOf } from './debug-files.ts';
import { miniDebugInfo } from './mini-debug-info.ts';
import { isFileError, PlainFile } from './plain-file.ts';
import { systemErrorText } from './system-error.ts';

/** Binaries kept open in memory; a run over all processes may meet thousands. */
const MAX_CACHED_FILES = 512;

interface OpenElf {
  readonly elf: ElfFile | undefined;
  readonly place: Place;
}

/** Where a file is read from: the path it was last found at. A path through a process (/proc/PID/root) ends with it. */
interface Place {
  path: string;
  readonly identity: string;
}

/**
 * ELF files by path, each read once. The same file under two paths (device and inode are equal) is one entry; a file that was
 * replaced since is read again.
 */
export class ElfFiles {
  readonly #debugDirs: readonly string[];
  readonly #byIdentity = new BoundedCache<string, OpenElf>(MAX_CACHED_FILES);

  readonly #mini = new BoundedCache<ElfFile, { readonly mini: ElfFile | undefined }>(MAX_CACHED_FILES);

  /** @param debugDirs where separate debug files are searched, as `--debuginfo` gives them. */
  constructor(debugDirs: readonly string[] = defaultDebugDirs) {
    this.#debugDirs = debugDirs;
  }

  /**
   * The files to look a binary's symbols up in: itself, and before it its separate debug file when it has no full symbol table of its own,
   * or what it carries in place of one (.gnu_debugdata).
   * Their addresses are the same; file offsets are those of the binary alone.
   */
  withSymbols(path: string): readonly ElfFile[] {
    const elf = this.open(path);
    if (!elf) return [];
    if (elf.hasSymbolTable) return [elf];
    for (const candidate of debugFileCandidates(path, elf, this.#debugDirs)) {
      const debug = this.open(candidate.path);
      if (debug?.hasSymbolTable && isDebugFileOf(elf, debug, candidate)) return [debug, elf];
    }
    const { mini } = this.#mini.getOrMake(elf, () => ({ mini: miniDebugInfo(elf) }));
    return mini ? [mini, elf] : [elf];
  }

  /** The files to look a binary's debug information up in: itself, then the separate debug files that are its own. */
  *withDebugInfo(path: string, elf: ElfFile): Generator<{ readonly path: string; readonly elf: ElfFile }> {
    yield { path, elf };
    for (const candidate of debugFileCandidates(path, elf, this.#debugDirs)) {
      const debug = this.open(candidate.path);
      if (debug && isDebugFileOf(elf, debug, candidate)) yield { path: candidate.path, elf: debug };
    }
  }

  /** The file as ELF; undefined when it cannot be opened or is something else. A path may lead into a zip archive: `base.apk!/lib/libapp.so`. */
  open(path: string): ElfFile | undefined {
    const inside = splitArchivePath(path);
    const onDisk = inside?.archive ?? path;
    try {
      using file = PlainFile.open(onDisk);
      const { identity, stat } = file;
      const key = inside ? `${identity}:${inside.member}` : identity;
      const { elf, place } = this.#byIdentity.getOrMake(key, () => {
        const found = { path: onDisk, identity };
        return { elf: readElf(found, stat.size, inside?.member), place: found };
      });
      place.path = onDisk;
      return elf;
    } catch (error) {
      if (isFileError(error)) return undefined; // gone, or not readable for us: the same answer as for a file that is no ELF
      throw error;
    }
  }
}

function readElf(place: Place, length: number, member: string | undefined): ElfFile | undefined {
  try {
    const source = fileSource(place, length);
    return new ElfFile(member === undefined ? source : zipMember(source, member));
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  }
}

/** Opens the file for each piece: pieces are few and large, and no descriptor is kept for a file that may be on a removable disk. */
function fileSource(place: Place, length: number): ByteSource {
  return {
    length,
    read(offset, count) {
      using file = openAgain(place);
      const bytes = file.read(offset, count);
      if (bytes.length < count) throw new ElfError(`${place.path} became shorter while it was read`);
      return bytes;
    },
  };
}

/** @throws ElfError when the file has gone since, or another one has taken its place. */
function openAgain({ path, identity }: Place): PlainFile {
  let file: PlainFile;
  try {
    file = PlainFile.open(path);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw new ElfError(`${path} cannot be read any more: ${systemErrorText(error)}`);
  }
  if (file.identity === identity) return file;
  file[Symbol.dispose]();
  throw new ElfError(`${path} is another file than before`);
}
