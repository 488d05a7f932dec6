import { existsSync, readdirSync } from 'node:fs';
import { pathInRoot } from './foreign-root.ts';

/** Whether a path has characters that `expandGlob` gives a meaning to. */
export function hasGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

/** A shell pattern for one file name (`*`, `?`, `[a-z]`, `[!a]`) as a regular expression over the whole name. */
export function globToRegExp(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    const close = char === '[' ? pattern.indexOf(']', i + 2) : -1;
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (close > 0) {
      const set = pattern.slice(i + 1, close);
      const negated = set.startsWith('!') || set.startsWith('^');
      source += `[${negated ? '^' : ''}${setSource(negated ? set.slice(1) : set)}]`;
      i = close;
    } else source += char.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
  }
  return new RegExp(`^${source}$`, 's');
}

/** What stands between the brackets of a set, for a regular expression. A range that goes backwards holds no character, as in glob(7). */
function setSource(set: string): string {
  const literal = (char: string): string => char.replace(/[\\\]^-]/, '\\$&');
  return set.replaceAll(/(.)-(.)|./gs, (whole: string, from?: string, to?: string) => {
    if (from === undefined || to === undefined) return literal(whole);
    return from <= to ? `${literal(from)}-${literal(to)}` : '';
  });
}

/**
 * Paths that match a shell pattern, sorted. Names with a leading dot need one in the pattern; `..` and symbolic links are followed.
 *
 * @param root where the files begin of whom the pattern and the paths are meant for; '' for ours
 */
export function expandGlob(pattern: string, root = ''): string[] {
  const absolute = pattern.startsWith('/');
  let paths = [absolute ? '/' : ''];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    if (!hasGlob(part)) {
      paths = paths.map((path) => joinPart(path, part)).filter((path) => existsIn(root, path));
      continue;
    }
    const matcher = globToRegExp(part);
    paths = paths.flatMap((path) =>
      namesIn(pathInRoot(root, path === '' ? '.' : path))
        .filter((name) => matcher.test(name) && (part.startsWith('.') || !name.startsWith('.')))
        .map((name) => joinPart(path, name)),
    );
  }
  return paths.sort();
}

/** `.` and `..` stay as they were written: the path is shown. */
function joinPart(path: string, name: string): string {
  return path === '' || path.endsWith('/') ? path + name : `${path}/${name}`;
}

function existsIn(root: string, path: string): boolean {
  const here = pathInRoot(root, path);
  return here !== undefined && existsSync(here);
}

/** The names in a directory; none where there is no directory, or it is not ours to read. */
export function namesIn(directory: string | undefined): string[] {
  try {
    return directory === undefined ? [] : readdirSync(directory);
  } catch {
    return [];
  }
}
