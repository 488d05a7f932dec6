/** Paths as text: the compiler knows no file system. */

/** The folder of a path; empty for a bare name, as for a script that came from standard input. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash) || '/';
}

/** The last part of a path. */
export function fileOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A path seen from a folder. */
export function pathIn(folder: string, path: string): string {
  if (folder === '' || path.startsWith('/')) return path;
  return folder.endsWith('/') ? folder + path : `${folder}/${path}`;
}

/** Without `.`, `..` and doubled slashes, so that one file has one name. */
export function plainPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/');
}
