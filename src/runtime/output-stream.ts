import { writeSync } from 'node:fs';

/** How much is gathered before it is written, in characters. */
const BLOCK_CHARS = 1 << 16;

/**
 * A descriptor written synchronously in large blocks: few writes keep a tracer that watches writes from feeding itself.
 *
 * Text is a binary string (one character per byte). What is buffered goes out with `flush()`.
 */
export class OutputStream {
  readonly #fd: number;
  readonly #blockChars: number;
  #pending: string[] = [];
  #pendingChars = 0;
  #broken = false;

  /** @param options.unbuffered every write goes out at once. */
  constructor(fd: number, options: { readonly unbuffered?: boolean } = {}) {
    this.#fd = fd;
    this.#blockChars = options.unbuffered ? 1 : BLOCK_CHARS;
  }

  /** The reader has gone (EPIPE): everything written since is dropped. */
  get isBroken(): boolean {
    return this.#broken;
  }

  write(text: string): void {
    if (text === '' || this.#broken) return;
    this.#pending.push(text);
    this.#pendingChars += text.length;
    if (this.#pendingChars >= this.#blockChars) this.flush();
  }

  /** @throws the system's error when the descriptor takes no more (a full disk), except for a reader that has gone. */
  flush(): void {
    if (this.#pendingChars === 0) return;
    const bytes = Buffer.from(this.#pending.join(''), 'latin1');
    this.#pending = [];
    this.#pendingChars = 0;
    let done = 0;
    while (done < bytes.length && !this.#broken) {
      try {
        done += writeSync(this.#fd, bytes, done);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        // Another program made the pipe or terminal we share non-blocking: wait until its reader has caught up.
        if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EAGAIN_PAUSE_MS);
        else if (code === 'EPIPE') this.#broken = true;
        else if (code !== 'EINTR') throw error;
      }
    }
  }
}

const EAGAIN_PAUSE_MS = 2;
