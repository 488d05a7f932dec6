import { existsSync, readdirSync } from 'node:fs';

/**
 * Where a C compiler looks for `<header>` by itself, in its order: what was installed locally, the compiler's own headers (`stddef.h`),
 * those of the architecture, the rest. Directories that do not exist are left out.
 *
 * @param machine as `uname -m` says
 */
export function systemIncludeDirs(machine: string): readonly string[] {
  const triplet = `${machine}-linux-gnu`;
  return [
    '/usr/local/include',
    ...newestVersion(`/usr/lib/gcc/${triplet}`),
    `/usr/include/${triplet}`,
    '/usr/include',
  ].filter((path) => existsSync(path));
}

function newestVersion(dir: string): readonly string[] {
  try {
    const versions = readdirSync(dir).filter((name) => /^\d/.test(name));
    const newest = versions.sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b)).at(-1);
    return newest === undefined ? [] : [`${dir}/${newest}/include`];
  } catch {
    return []; // no compiler is installed
  }
}
