import { readdirSync } from 'node:fs';

/** The files below a folder whose name ends with `ending`, sorted, as paths that begin with `dir`; none when there is no such folder. */
export function listFiles(dir: string, ending: string): string[] {
  let entries: ReturnType<typeof readFolder>;
  try {
    entries = readFolder(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .flatMap((entry) => {
      const path = `${dir}/${entry.name}`;
      if (entry.isDirectory()) return listFiles(path, ending);
      return entry.name.endsWith(ending) ? [path] : [];
    })
    .sort();
}

function readFolder(dir: string) {
  return readdirSync(dir, { withFileTypes: true });
}
