import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

/** A file that is open for reading; closing twice is a no-op. */
export class PlainFile implements Disposable {
  readonly stat: Stats;
  #fd: number;

  private constructor(fd: number, stat: Stats) {
    this.#fd = fd;
    this.stat = stat;
  }

  /**
   * Opens what has to be a plain file. Whoever owns the folder may have put something else there, also just now: a pipe would be waited for,
   * and opening a device can do something. `followsLinks: false` refuses a symbolic link in the place of the file as well.
   *
   * @throws the system's error, and NotPlainError for something else than a file.
   */
  static open(path: string, { followsLinks = true } = {}): PlainFile {
    if (!statSync(path).isFile()) throw new NotPlainError(`${path} is no plain file`);
    // Windows has neither flag.
    const noLinks = followsLinks ? 0 : (constants.O_NOFOLLOW ?? 0);
    const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | noLinks);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw new NotPlainError(`${path} is no plain file`);
      return new PlainFile(fd, stat);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** What tells this content of this file from others. */
  get identity(): string {
    const { dev, ino, size, mtimeMs } = this.stat;
    return `${dev}:${ino}:${size}:${mtimeMs}`;
  }

  /** As many of `count` bytes as there are from an offset on. */
  read(offset: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    let done = 0;
    while (done < count) {
      const got = readSync(this.#fd, bytes, done, count - done, offset + done);
      if (got === 0) return bytes.subarray(0, done);
      done += got;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** What a script may include or import at most: vmlinux.h has 4 MB. */
const MAX_WHOLE_BYTES = 256 << 20;
/** Asked for where a file does not tell its size, as those of /proc and /sys. */
const UNTOLD_BYTES = 1 << 20;

/** All of a file that a script names, and whether anybody may write to it. @throws as `PlainFile.open`, and NotPlainError for one that is too large. */
export function readWhole(path: string): { readonly bytes: Uint8Array; readonly worldWritable: boolean } {
  using file = PlainFile.open(path);
  const { size, mode } = file.stat;
  if (size > MAX_WHOLE_BYTES) throw new NotPlainError(`${path} is larger than ${MAX_WHOLE_BYTES >> 20} MB`);
  return { bytes: file.read(0, size || UNTOLD_BYTES), worldWritable: (mode & 0o002) !== 0 };
}

/** A folder, a pipe or a device stands where a file was to be. */
export class NotPlainError extends Error {
  override readonly name = 'NotPlainError';
}

/** Whether an error is about the file: it is gone, not ours to read, or no plain file. */
export function isFileError(error: unknown): boolean {
  return error instanceof NotPlainError || (error instanceof Error && 'errno' in error);
}
