import { join } from 'node:path';
import { type LoaderCacheEntry, loaderCacheArch, readLoaderCache } from '../elf/index.ts';
import type { Arch } from '../program/index.ts';
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

/** `libc` or `libssl.so.3`, as the dynamic loader of those would find it whose files begin at `root`: the path that they have for it. */
export function installedLibrary(name: string, arch: Arch, root: string): string | undefined {
  const cached = readLibraryCache(root).filter((entry) => isLibraryName(entry.name, name));
  const wanted = loaderCacheArch[arch];
  const entry = cached.find(({ flags }) => (flags & 0xff00) === wanted) ?? cached[0];
  if (entry) return entry.path;
  for (const dir of libraryDirs(arch)) {
    const match = namesIn(pathInRoot(root, dir)).find((file) => isLibraryName(file, name));
    if (match !== undefined) return join(dir, match);
  }
  return undefined;
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
