import { readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Symbolic links followed on the way to one file, as the kernel does. Source: include/linux/namei.h, MAXSYMLINKS. */
const MAX_LINKS = 40;

/** `/proc/PID/root` when the process sees other files than we do, else ''. */
export function foreignRoot(pid: number | undefined): string {
  if (pid === undefined) return '';
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt')
      ? ''
      : `/proc/${pid}/root`;
  } catch {
    return ''; // could not be compared: the paths we see are all there is
  }
}

/**
 * A path as somebody means it whose files begin at `root`, with links followed there: a link to `/etc/alternatives/java` leads to that file of the
 * container, and `..` not out of it. Undefined for links in a circle. What does not exist is left as it is.
 */
export function pathInRoot(root: string, path: string): string | undefined {
  if (root === '') return path;
  let links = 0;
  let found: string[] = [];
  const rest = path.split('/');
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      found.pop();
      continue;
    }
    const target = linkTarget(join(root, ...found, part));
    if (target === undefined) {
      found.push(part);
      continue;
    }
    if (++links > MAX_LINKS) return undefined;
    if (target.startsWith('/')) found = [];
    rest.unshift(...target.split('/'));
  }
  return join(root, ...found);
}

/** A path through the root of a process, and the part that the process itself would write. */
export function splitForeignPath(path: string): { readonly root: string; readonly inside: string } {
  const root = /^\/proc\/\d+\/root(?=\/)/.exec(path)?.[0] ?? '';
  return { root, inside: path.slice(root.length) };
}

/** Where a file really is. A path through the root of a process stays as it is: links would be taken for ours. */
export function realPath(path: string): string {
  if (splitForeignPath(path).root !== '') return path;
  try {
    return realpathSync(path);
  } catch {
    return path; // it is gone: what the path says is all there is
  }
}

/** Undefined for what is no link. */
function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
