import { writeSync } from 'node:fs';
import { systemErrorText } from './system-error.ts';

/** What was to be written cannot be: a full disk, mostly. The message is ready to be shown. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

const EAGAIN_PAUSE_MS = 2;

/**
 * Writes all of the bytes to a descriptor.
 *
 * @param what the file, for messages
 * @returns false when the reader of a pipe has gone
 * @throws OutputError
 */
export function writeWhole(fd: number, bytes: Uint8Array, what: string): boolean {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // Another program made the pipe or terminal we share non-blocking: wait until its reader has caught up.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EAGAIN_PAUSE_MS);
      else if (code === 'EPIPE') return false;
      else if (code !== 'EINTR')
        throw new OutputError(`Failed to write ${what}: ${systemErrorText(error)}`, { cause: error });
    }
  }
  return true;
}
