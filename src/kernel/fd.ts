import { close, closeAsync } from './sys/index.ts';

/** An owned file descriptor. Closing twice is a no-op; using one after close throws. */
export class Fd implements Disposable {
  #raw: number;

  constructor(raw: number) {
    this.#raw = raw;
  }

  /** The number, for calls that take it while this object lives. @throws Error after it was closed. */
  get raw(): number {
    if (this.#raw < 0) throw new Error('a file descriptor was used after it was closed');
    return this.#raw;
  }

  get isOpen(): boolean {
    return this.#raw >= 0;
  }

  [Symbol.dispose](): void {
    const raw = this.#raw;
    this.#raw = -1;
    // An error of close(2) leaves nothing to do: the descriptor is gone all the same.
    if (raw >= 0) close(raw);
  }

  /** Closes on another thread. */
  async closeAsync(): Promise<void> {
    const raw = this.#raw;
    this.#raw = -1;
    if (raw >= 0) await closeAsync(raw);
  }
}
