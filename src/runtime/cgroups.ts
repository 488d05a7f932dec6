import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BoundedCache } from '../base/index.ts';
import { globToRegExp } from './path-glob.ts';

const MAX_CACHED_PATHS = 4096;
/** CGROUP2_SUPER_MAGIC and CGROUP_SUPER_MAGIC. Source: uapi/linux/magic.h. */
const CGROUP_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x6367_7270, 0x0027_e0eb]);

interface Hierarchy {
  /** `unified` for cgroup2, else the name of the mount point's directory. */
  readonly name: string;
  readonly root: string;
}

/** Control groups: ids of directories and directories of ids. An id is the directory's inode number. Source: fs/kernfs, 64-bit kernels. */
export class Cgroups {
  readonly #mounts: string;
  #hierarchies: readonly Hierarchy[] | undefined;
  readonly #paths = new BoundedCache<string, string>(MAX_CACHED_PATHS);

  constructor(mounts = '/proc/self/mounts') {
    this.#mounts = mounts;
  }

  /** The id of a cgroup directory; undefined when there is none. */
  id(path: string): bigint | undefined {
    return isCgroup(path) ? inodeOf(path) : undefined;
  }

  /** `unified:/a/b`, one per hierarchy that matches the filter, joined by commas: cgroup2 first, then the others by name. */
  path(id: bigint, filter: string): string {
    const matcher = filter === '' ? undefined : globToRegExp(filter);
    this.#hierarchies ??= readHierarchies(this.#mounts);
    return this.#hierarchies
      .filter(({ name }) => matcher === undefined || matcher.test(name))
      .map((hierarchy) => `${hierarchy.name}:${this.#pathIn(hierarchy, id)}`)
      .join(',');
  }

  #pathIn(hierarchy: Hierarchy, id: bigint): string {
    const key = `${hierarchy.root}\n${id}`;
    const known = this.#paths.get(key);
    // Ids are not used again while the kernel runs, but the directory may be gone.
    if (known !== undefined && inodeOf(join(hierarchy.root, known)) === id) return known;
    const found = findById(hierarchy.root, id);
    if (found === undefined) return known ?? '';
    const path = found === hierarchy.root ? '/' : found.slice(hierarchy.root.length);
    this.#paths.set(key, path);
    return path;
  }
}

function readHierarchies(mounts: string): readonly Hierarchy[] {
  const unified: Hierarchy[] = [];
  const others: Hierarchy[] = [];
  for (const line of readFileSync(mounts, 'utf8').split('\n')) {
    const [, escaped, type] = line.split(' ');
    if (escaped === undefined) continue;
    const root = escaped.replaceAll(/\\([0-7]{3})/g, (_whole, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (type === 'cgroup2') unified.push({ name: 'unified', root });
    if (type === 'cgroup') others.push({ name: basename(root), root });
  }
  return [...oneOfEach(unified), ...oneOfEach(others)];
}

/** By name; a hierarchy that is mounted in several places shows the same directories in all. */
function oneOfEach(hierarchies: readonly Hierarchy[]): readonly Hierarchy[] {
  const byName = new Map<string, Hierarchy>();
  for (const hierarchy of hierarchies) {
    if (!byName.has(hierarchy.name)) byName.set(hierarchy.name, hierarchy);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Breadth first: services lie near the root. */
function findById(root: string, id: bigint): string | undefined {
  const queue = [root];
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    if (inodeOf(directory) === id) return directory;
    try {
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        if (entry.isDirectory()) queue.push(join(directory, entry.name));
      }
    } catch {
      // Removed while we walked.
    }
  }
  return undefined;
}

function isCgroup(path: string): boolean {
  try {
    return CGROUP_FILE_SYSTEMS.has(statfsSync(path).type) && statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function inodeOf(path: string): bigint | undefined {
  try {
    return statSync(path, { bigint: true }).ino;
  } catch {
    return undefined;
  }
}
