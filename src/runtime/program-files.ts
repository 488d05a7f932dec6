import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DynamicNeeds, ElfError, loaderCacheArch, readDynamicNeeds } from '../elf/index.ts';
import type { Arch } from '../program/index.ts';
import type { ElfFiles } from './elf-files.ts';
import { libraryDirs, readLibraryCache } from './library-dirs.ts';
import { PlainFile } from './plain-file.ts';

/** More libraries than any program has. */
const MAX_FILES = 4096;
/** As much of a script's first line as the kernel reads. Source: include/uapi/linux/binfmts.h, BINPRM_BUF_SIZE. */
const FIRST_LINE_BYTES = 256;

interface ProgramFilesOptions {
  readonly arch: Arch;
  readonly elfFiles: ElfFiles;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The files that a program will have mapped once it is started: itself, the dynamic loader, and the libraries it asks for, with those
 * that these ask for. What it opens later by itself (dlopen) is not among them. Source: ld.so(8).
 */
export function filesOfProgram(path: string, options: ProgramFilesOptions): readonly string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const add = (file: string | undefined): void => {
    if (file === undefined || found.length >= MAX_FILES) return;
    const real = realPath(file);
    if (real === undefined || seen.has(real)) return;
    seen.add(real);
    found.push(file);
  };
  add(interpreterOfScript(path) ?? path);
  for (const name of wordsOf(options.environment['LD_PRELOAD'])) add(findLibrary(name, [], options));
  // The list grows while it is walked.
  for (const file of found) {
    const needs = needsOf(file, options);
    if (!needs) continue;
    add(needs.interpreter);
    const dirs = needs.searchDirs.map((dir) =>
      dir.replaceAll(/\$(ORIGIN|\{ORIGIN\})/g, dirname(realPath(file) ?? file)),
    );
    for (const name of needs.libraries) add(findLibrary(name, dirs, options));
  }
  return found;
}

function needsOf(file: string, { elfFiles }: ProgramFilesOptions): DynamicNeeds | undefined {
  const elf = elfFiles.open(file);
  if (!elf) return undefined;
  try {
    return readDynamicNeeds(elf);
  } catch (error) {
    if (error instanceof ElfError) return undefined; // the loader would refuse it too
    throw error;
  }
}

function findLibrary(
  name: string,
  searchDirs: readonly string[],
  options: ProgramFilesOptions,
): string | undefined {
  if (name.includes('/')) return existsSync(name) ? name : undefined;
  const wanted = loaderCacheArch[options.arch];
  const cached = (): string[] =>
    readLibraryCache()
      .filter((entry) => entry.name === name && (entry.flags & 0xff00) === wanted)
      .map((entry) => entry.path);
  const inDirs = (dirs: readonly string[]): string[] => dirs.map((dir) => join(dir, name));
  const candidates = [
    ...inDirs([...searchDirs, ...wordsOf(options.environment['LD_LIBRARY_PATH'])]),
    ...cached(),
    ...inDirs(libraryDirs(options.arch)),
  ];
  return candidates.find((path) => existsSync(path));
}

/** What stands behind `#!`; undefined for a file that is no script. */
function interpreterOfScript(path: string): string | undefined {
  let bytes: Uint8Array;
  try {
    using file = PlainFile.open(path);
    bytes = file.read(0, FIRST_LINE_BYTES);
  } catch {
    return undefined; // it cannot be started then, which is reported by whoever tries
  }
  return /^#![ \t]*([^\s]+)/.exec(Buffer.from(bytes).toString('latin1'))?.[1];
}

function wordsOf(list: string | undefined): string[] {
  return (list ?? '').split(/[: ]/).filter((word) => word !== '');
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
