import { join } from 'node:path';
import { type CodeKind, isSameKind, type LoaderCacheEntry, readLoaderCache } from '../elf/index.ts';
import type { Arch } from '../program/index.ts';
import type { ElfFiles } from './elf-files.ts';
import { pathInRoot } from './foreign-root.ts';
import { namesIn } from './path-glob.ts';
import { readWhole } from './plain-file.ts';

/** Where libraries lie on systems without a loader cache: musl, and images that hold one program and its libraries ("distroless"). */
export function libraryDirs(arch: Arch): readonly string[] {
  // As Debian's loader is built: first the folders that several architectures do not share.
  const triplet = `${arch}-linux-gnu`;
  return [
    `/lib/${triplet}`,
    `/usr/lib/${triplet}`,
    '/lib',
    '/usr/lib',
    '/usr/local/lib',
    '/lib64',
    '/usr/lib64',
  ];
}

/** Systems with thousands of libraries have half a megabyte. */
const MAX_CACHE_BYTES = 4 << 20;

/**
 * The libraries that the dynamic loader knows by name.
 *
 * @param root where the files begin of whoever has that loader; '' for ours
 */
export function readLibraryCache(root = ''): readonly LoaderCacheEntry[] {
  try {
    const path = pathInRoot(root, '/etc/ld.so.cache');
    return path === undefined ? [] : readLoaderCache(readWhole(path, MAX_CACHE_BYTES).bytes);
  } catch {
    return []; // none there, and a damaged one serves nobody: the directories are searched instead
  }
}

interface LibraryOptions {
  /** Of whoever is to use the library: the same name may be there for several. */
  readonly kind: CodeKind;
  readonly arch: Arch;
  readonly elfFiles: ElfFiles;
}

/**
 * `libc` or `libssl.so.3`, as the dynamic loader of those would find it whose files begin at `root`: the path that they have for it. What only
 * others could load is not it: libraries of another kind of process, archives, texts for the linker.
 */
export function installedLibrary(name: string, root: string, options: LibraryOptions): string | undefined {
  return findLibrary(name, root, options, (kind) => isSameKind(kind, options.kind))?.path;
}

/** A library of that name which only processes of another kind could load. */
export function foreignLibrary(
  name: string,
  root: string,
  options: LibraryOptions,
): InstalledLibrary | undefined {
  return findLibrary(name, root, options, (kind) => !isSameKind(kind, options.kind));
}

interface InstalledLibrary {
  readonly path: string;
  readonly kind: CodeKind;
}

function findLibrary(
  name: string,
  root: string,
  { arch, elfFiles }: LibraryOptions,
  isWanted: (kind: CodeKind) => boolean,
): InstalledLibrary | undefined {
  const firstOf = (paths: readonly string[]): InstalledLibrary | undefined => {
    for (const path of paths) {
      const here = pathInRoot(root, path);
      const kind = here === undefined ? undefined : elfFiles.open(here);
      if (kind?.isPositionIndependent && isWanted(kind)) return { path, kind };
    }
    return undefined;
  };
  const cached = readLibraryCache(root).filter((entry) => isLibraryName(entry.name, name));
  return firstOf(cached.map(({ path }) => path)) ?? firstOf(inFolders(name, root, arch));
}

/** In the order of the loader's folders; in each the name itself first, then as ldconfig(8) would have them. */
function inFolders(name: string, root: string, arch: Arch): readonly string[] {
  return libraryDirs(arch).flatMap((dir) => {
    const files = namesIn(pathInRoot(root, dir)).filter((file) => isLibraryName(file, name));
    return files
      .sort((a, b) => Number(b === name) - Number(a === name) || byVersion(a, b))
      .map((file) => join(dir, file));
  });
}

/** Newest first, and `libown.so.2`, by which programs ask for it, before `libown.so.2.0.1`; those without a version are for the linker, and last. */
function byVersion(a: string, b: string): number {
  const [left, right] = [versionOf(a), versionOf(b)];
  if (left.length === 0 || right.length === 0) return right.length - left.length || (a < b ? -1 : 1);
  for (const [i, number] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (other !== number) return other - number;
  }
  return left.length - right.length;
}

function versionOf(file: string): readonly number[] {
  return /\.so\.(\d+(?:\.\d+)*)$/.exec(file)?.[1]?.split('.').map(Number) ?? [];
}

/** `libc` names `libc.so.6` and `libc-2.31.so`, not `libcrypt.so.1`. */
export function isLibraryName(file: string, name: string): boolean {
  return (
    file === name ||
    file.startsWith(`${name}.so`) ||
    file.startsWith(`${name}.`) ||
    (/^-[\d.]+\.so$/.test(file.slice(name.length)) && file.startsWith(name))
  );
}
