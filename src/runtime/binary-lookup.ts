import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type CodeKind, codeKinds, kindText } from '../elf/index.ts';
import type { Arch, ForeignBinary } from '../program/index.ts';
import { splitArchivePath } from './archive-path.ts';
import type { ElfFiles } from './elf-files.ts';
import { foreignRoot, pathInRoot } from './foreign-root.ts';
import { foreignLibrary, installedLibrary, isLibraryName } from './library-dirs.ts';
import { expandGlob, hasGlob, namesIn } from './path-glob.ts';
import { isFileMapping, type Mapping, readMaps } from './process-maps.ts';
import { filesOfProgram } from './program-files.ts';

/** A file a uprobe can stand in: the path as people know it, and the path that opens it from here. */
export interface FoundBinary {
  readonly shown: string;
  readonly path: string;
}

export interface BinaryLookupOptions {
  readonly arch: Arch;
  readonly elfFiles: ElfFiles;
  /** Any existing file will do when a single one is named (--unsafe): code need not be in an ELF file. */
  readonly anyFile: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The child of -c, which is something else until it may run. */
  readonly held?: HeldProgram;
}

/** A process that waits, and the program it will be. */
export interface HeldProgram {
  readonly pid: number;
  readonly path: string;
}

/**
 * Files that the target part of a uprobe names: a library by name, a path or pattern, a program in PATH,
 * or `*` for everything that is mapped by the process, or by any.
 */
export function lookUpBinaries(
  text: string,
  pid: number | undefined,
  options: BinaryLookupOptions,
): FoundBinary[] {
  if (text === '*') return mappedBinaries(pid, options);
  const { held } = options;
  if (held && pid === held.pid && text === `/proc/${pid}/exe`)
    return lookUpBinaries(held.path, undefined, options);
  const prefix = foreignRoot(pid);
  const library = isLibraryText(text) ? findLibrary(text, pid, prefix, options) : undefined;
  const named = library ?? text;
  const patterns = named.includes('/')
    ? [named]
    : [named, ...pathDirs(pid, prefix, options).map((dir) => join(dir, named))];
  const found: FoundBinary[] = [];
  for (const pattern of patterns) {
    const isSingle = isNameOfOne(pattern, prefix);
    const names = isSingle ? [pattern] : expandGlob(pattern, prefix);
    for (const shown of names) {
      const path = pathInRoot(prefix, shown);
      if (path !== undefined && isProbeable(path, options, isSingle)) found.push({ shown, path });
    }
  }
  return withoutDoubles(found);
}

/** The library that a target text names, where only processes of another machine could load it. */
export function lookUpForeignBinary(
  text: string,
  pid: number | undefined,
  options: BinaryLookupOptions,
): ForeignBinary | undefined {
  if (!isLibraryText(text)) return undefined;
  const kind = kindOfProcess(pid, options);
  const found = foreignLibrary(text, foreignRoot(pid), { ...options, kind });
  return found && { shown: found.path, machine: kindText(found.kind), wanted: kindText(kind) };
}

function isLibraryText(text: string): boolean {
  return text.startsWith('lib') && !hasGlob(text) && !text.includes('/');
}

/** Whether it is no pattern: a file may have brackets and question marks in its name, and to bpftrace a star alone makes a pattern. */
function isNameOfOne(pattern: string, prefix: string): boolean {
  if (!hasGlob(pattern)) return true;
  const path = pattern.includes('*') ? undefined : pathInRoot(prefix, pattern);
  return path !== undefined && existsSync(path);
}

/** The same file reached over several paths (/bin and /usr/bin) counts once. */
function withoutDoubles(found: readonly FoundBinary[]): FoundBinary[] {
  const seen = new Set<string>();
  return found.filter(({ path }) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    const identity = stat ? `${stat.dev}:${stat.ino}` : path;
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

function isProbeable(path: string, options: BinaryLookupOptions, isSingle: boolean): boolean {
  const inside = splitArchivePath(path);
  if (options.anyFile && isSingle && !inside) return existsSync(path);
  const elf = options.elfFiles.open(path);
  if (!elf?.isExecutableOrLibrary) return false;
  if (inside) return true;
  // Libraries need no execute permission; programs that are not position independent do.
  return elf.isPositionIndependent || ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o111) !== 0;
}

function pathDirs(pid: number | undefined, prefix: string, options: BinaryLookupOptions): string[] {
  const searchPath =
    prefix !== '' && pid !== undefined
      ? (environmentOf(pid)['PATH'] ?? '')
      : (options.environment['PATH'] ?? '');
  return searchPath.split(':').filter((dir) => dir !== '');
}

function environmentOf(pid: number): Readonly<Record<string, string>> {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return Object.fromEntries(
      entries.map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]),
    );
  } catch {
    return {};
  }
}

/** `libc` or `libssl.so.3`: as the process has it mapped, else as the dynamic loader would find it. */
function findLibrary(
  name: string,
  pid: number | undefined,
  root: string,
  options: BinaryLookupOptions,
): string | undefined {
  if (pid !== undefined) {
    // Other files may be mapped whose names begin so: `libc.mo` has the messages of libc.
    const mapped =
      options.held?.pid === pid
        ? filesOfProgram(options.held.path, options)
        : (readMaps(pid) ?? []).filter(isCodeMapping).map((mapping) => mapping.path);
    const found = mapped.find((path) => isLibraryName(basename(path), name));
    if (found !== undefined) return found;
  }
  return installedLibrary(name, root, { ...options, kind: kindOfProcess(pid, options) });
}

function isCodeMapping(mapping: Mapping): boolean {
  return mapping.executable && isFileMapping(mapping);
}

/** A process of 32 bits has libraries of its own. */
function kindOfProcess(pid: number | undefined, { arch, elfFiles, held }: BinaryLookupOptions): CodeKind {
  if (pid === undefined) return codeKinds[arch];
  return elfFiles.open(held?.pid === pid ? held.path : `/proc/${pid}/exe`) ?? codeKinds[arch];
}

function mappedBinaries(pid: number | undefined, options: BinaryLookupOptions): FoundBinary[] {
  if (options.held && options.held.pid === pid) {
    const files = filesOfProgram(options.held.path, options).map((path) => ({ shown: path, path }));
    return files.filter(({ path }) => isProbeable(path, options, false));
  }
  const pids =
    pid === undefined
      ? namesIn('/proc')
          .filter((name) => /^\d+$/.test(name))
          .map(Number)
      : [pid];
  const byFile = new Map<string, FoundBinary>();
  for (const each of pids) {
    const prefix = foreignRoot(each);
    for (const mapping of readMaps(each) ?? []) {
      if (!isCodeMapping(mapping) || byFile.has(mapping.file)) continue;
      byFile.set(mapping.file, { shown: mapping.path, path: prefix + mapping.path });
    }
  }
  return [...byFile.values()].filter(({ path }) => isProbeable(path, options, false));
}
