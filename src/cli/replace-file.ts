import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * Writes beside the file and renames, so that a reader sees the old content or the new one, and never a half. A file that was there keeps its
 * mode, unless one is given; what is no file (a terminal, a pipe) is written to. A symbolic link to a file is replaced itself: what it names may
 * be chosen by somebody else, where others can write to the folder.
 *
 * @throws the error of the system call that failed; nothing is left behind.
 */
export function replaceFile(path: string, content: Uint8Array | string, mode?: number): void {
  const old = statSync(path, { throwIfNoEntry: false });
  if (old !== undefined && !old.isFile()) {
    writeFileSync(path, content);
    return;
  }
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  const fd = openSync(temporary, 'wx');
  try {
    try {
      writeFileSync(fd, content);
    } finally {
      closeSync(fd);
    }
    const wanted = mode ?? old?.mode;
    if (wanted !== undefined) chmodSync(temporary, wanted & 0o7777);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
