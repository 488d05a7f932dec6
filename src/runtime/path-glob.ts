import { existsSync, readdirSync } from 'node:fs';
import { pathInRoot } from './foreign-root.ts';

/** Whether a path has characters that `expandGlob` gives a meaning to. */
export function hasGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

/** A shell pattern for one file name as a regular expression over the whole name: `*`, `?`, `[a-z]`, `[!a]`, `[[:digit:]_]`. Source: glob(7). */
export function globToRegExp(pattern: string): RegExp {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    const set = char === '[' ? setAt(pattern, i + 1) : undefined;
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (set) {
      source += `[${set.source}]`;
      i = set.close;
    } else source += char.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
  }
  return new RegExp(`^${source}$`, 's');
}

/** The classes of glob(7) in the C locale, as they stand in the brackets of a regular expression. */
const classes: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\0-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: ' \\t-\\r',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/**
 * A set from behind its opening bracket, for a regular expression; undefined when nothing closes it. A bracket that comes first is one of its
 * characters; a range that goes backwards and a class that nobody knows hold none.
 */
function setAt(
  pattern: string,
  start: number,
): { readonly source: string; readonly close: number } | undefined {
  const isNegated = pattern[start] === '!' || pattern[start] === '^';
  const first = isNegated ? start + 1 : start;
  let source = isNegated ? '^' : '';
  for (let at = first; at < pattern.length; ) {
    if (pattern[at] === ']' && at > first) return { source, close: at };
    const from = memberAt(pattern, at);
    at = from.end;
    if (from.kind === 'class') {
      if (Object.hasOwn(classes, from.name)) source += classes[from.name];
      continue;
    }
    const hasEnd = pattern[at] === '-' && at + 1 < pattern.length && pattern[at + 1] !== ']';
    const to = hasEnd ? memberAt(pattern, at + 1) : from;
    if (to.kind === 'class') {
      source += literal(from.char);
      continue;
    }
    at = to.end;
    if (from.char <= to.char) source += `${literal(from.char)}-${literal(to.char)}`;
  }
  return undefined;
}

type Member = { readonly end: number } & (
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'class'; readonly name: string }
);

/** A character of a set, as itself, `[.a.]` or `[=a=]`, or a class, `[:alpha:]`. */
function memberAt(pattern: string, at: number): Member {
  const [whole = '', mark, text = ''] = /^\[([:.=])(.+?)\1\]/s.exec(pattern.slice(at)) ?? [];
  if (mark === ':') return { kind: 'class', name: text, end: at + whole.length };
  if (text.length === 1) return { kind: 'char', char: text, end: at + whole.length };
  return { kind: 'char', char: pattern.charAt(at), end: at + 1 };
}

function literal(char: string): string {
  return char.replace(/[\\\]^-]/, '\\$&');
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
