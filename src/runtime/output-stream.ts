import { closeSync, openSync } from 'node:fs';
import { writeWhole } from './write-whole.ts';

/** How much is gathered before it is written, in characters. */
const BLOCK_CHARS = 1 << 16;

const STDOUT = 1;
const STDERR = 2;

/** How much is written at once. */
export interface OutputOptions {
  /** Every write goes out at once. */
  readonly unbuffered?: boolean;
}

/**
 * A descriptor written synchronously in large blocks: few writes keep a tracer that watches writes from feeding itself.
 *
 * Text is a binary string (one character per byte). What is buffered goes out with `flush()`, not when a stream is disposed of: that closes a file
 * that was opened for it.
 */
export class OutputStream implements Disposable {
  readonly #fd: number;
  readonly #what: string;
  readonly #blockChars: number;
  #pending: string[] = [];
  #pendingChars = 0;
  #broken = false;
  #isOpen = true;

  private constructor(fd: number, what: string, options: OutputOptions) {
    this.#fd = fd;
    this.#what = what;
    this.#blockChars = options.unbuffered ? 1 : BLOCK_CHARS;
  }

  static stdout(options: OutputOptions = {}): OutputStream {
    return new OutputStream(STDOUT, 'to standard output', options);
  }
  static stderr(options: OutputOptions = {}): OutputStream {
    return new OutputStream(STDERR, 'to standard error', options);
  }
  /** Writes a file anew. @throws the system's error */
  static toFile(path: string, options: OutputOptions = {}): OutputStream {
    return new OutputStream(openSync(path, 'w', 0o644), `"${path}"`, options);
  }

  /** The reader has gone (EPIPE): everything written since is dropped. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /** @throws OutputError, as `flush` does */
  write(text: string): void {
    if (text === '' || this.#broken) return;
    this.#pending.push(text);
    this.#pendingChars += text.length;
    if (this.#pendingChars >= this.#blockChars) this.flush();
  }

  /** @throws OutputError when the descriptor takes no more (a full disk), except for a reader that has gone. */
  flush(): void {
    if (this.#pendingChars === 0) return;
    const bytes = Buffer.from(this.#pending.join(''), 'latin1');
    this.#pending = [];
    this.#pendingChars = 0;
    if (!this.#broken) this.#broken = !writeWhole(this.#fd, bytes, this.#what);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen || this.#fd === STDOUT || this.#fd === STDERR) return;
    this.#isOpen = false;
    closeSync(this.#fd);
  }
}
