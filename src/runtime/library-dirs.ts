import { readFileSync } from 'node:fs';
import { type LoaderCacheEntry, readLoaderCache } from '../elf/index.ts';

/** Where libraries lie on systems without a loader cache (musl). */
export const libraryDirs: readonly string[] = ['/lib', '/usr/lib', '/usr/local/lib', '/lib64', '/usr/lib64'];

/** The libraries that the dynamic loader knows by name. */
export function readLibraryCache(): readonly LoaderCacheEntry[] {
  try {
    return readLoaderCache(readFileSync('/etc/ld.so.cache'));
  } catch {
    return []; // none on musl, and a damaged one serves nobody: the directories are searched instead
  }
}
