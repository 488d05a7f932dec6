import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { ByteWriter, errnos } from '../base/index.ts';
import { Mapping } from '../kernel/index.ts';

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
    refuseOthers(statSync(path));
    // Windows has neither flag.
    const noLinks = followsLinks ? 0 : (constants.O_NOFOLLOW ?? 0);
    const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | noLinks);
    try {
      const stat = fstatSync(fd);
      refuseOthers(stat);
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

  /**
   * All of it, as pages of the system's own memory: nothing is copied. For a file that nobody else can cut short: to read what is gone is a crash.
   *
   * @throws KernelError
   */
  map(): ArrayBuffer {
    return new Mapping(this.#fd, this.stat.size, { private: true }).buffer;
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** What a script may include or import at most: vmlinux.h has 4 MB. */
const MAX_WHOLE_BYTES = 256 << 20;
/** What is read at most of files that do not tell their size, as those of /proc and /sys. */
const UNTOLD_BYTES = 1 << 20;

/** All of a file, and whether anybody may write to it. @throws as `PlainFile.open`, and NotPlainError for one that is too large. */
export function readWhole(
  path: string,
  limit = MAX_WHOLE_BYTES,
): { readonly bytes: Uint8Array; readonly worldWritable: boolean } {
  using file = PlainFile.open(path);
  const { size, mode } = file.stat;
  if (size > limit) throw tooLarge(limit);
  const bytes = file.read(0, size || UNTOLD_BYTES);
  if (size === 0 && bytes.length === UNTOLD_BYTES) throw tooLarge(UNTOLD_BYTES);
  return { bytes, worldWritable: (mode & 0o002) !== 0 };
}

/** Read at a time of what has no size. */
const PIECE_BYTES = 1 << 16;
/** Nothing by its usual name, null(4), and descriptors of ours: standard input, and what a shell opened for `<(…)`. Source: proc_pid_fd(5), bash(1). */
const nothingOrOurs = /^\/(dev\/(null|stdin|fd\/\d+)|proc\/(self|thread-self)\/fd\/\d+)$/;

/**
 * All of a file that the user names, or of a descriptor that this process was started with: a pipe behind one of those is read to its end. Any other
 * pipe is refused, since perhaps nobody ever writes to it, and so are devices other than /dev/null.
 *
 * @throws the system's error, and NotPlainError for something else than a file and for more than `limit` bytes.
 */
export function readNamed(path: string | number, limit: number): Uint8Array {
  if (typeof path === 'number') return readToEnd(path, limit);
  if (nothingOrOurs.test(path)) {
    const fd = openSync(path, constants.O_RDONLY);
    try {
      return readToEnd(fd, limit);
    } finally {
      closeSync(fd);
    }
  }
  return readWhole(path, limit).bytes;
}

/** Whether it can be read, without reading it. @throws what `readNamed` would throw, but for its size. */
export function checkNamed(path: string): void {
  if (nothingOrOurs.test(path)) accessSync(path, constants.R_OK);
  else PlainFile.open(path)[Symbol.dispose]();
}

function readToEnd(fd: number, limit: number): Uint8Array {
  const whole = new ByteWriter(PIECE_BYTES);
  const piece = new Uint8Array(PIECE_BYTES);
  for (;;) {
    const got = readSync(fd, piece, 0, piece.length, null);
    if (got === 0) return whole.finish();
    if (whole.length + got > limit) throw tooLarge(limit);
    whole.bytes(piece.subarray(0, got));
  }
}

function tooLarge(limit: number): NotPlainError {
  return new NotPlainError(`Is larger than ${limit >> 20} MB`);
}

/** In the words of system errors, with which they are shown. */
function refuseOthers(stat: Stats): void {
  if (stat.isFile()) return;
  if (stat.isDirectory()) throw new NotPlainError(errnos.EISDIR.text);
  throw new NotPlainError(
    `Is ${stat.isFIFO() ? 'a pipe' : stat.isSocket() ? 'a socket' : 'a device'} and no file`,
  );
}

/** A folder, a pipe or a device stands where a file was to be, or a file that is too large. */
export class NotPlainError extends Error {
  override readonly name = 'NotPlainError';
}

/** Whether an error is about the file: it is gone, not ours to read, or no plain file. */
export function isFileError(error: unknown): boolean {
  return error instanceof NotPlainError || (error instanceof Error && 'errno' in error);
}
