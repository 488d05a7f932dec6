import type { ReadStream } from 'node:tty';

/** Attributes off, cursor shown, back from the alternate screen. Source: ECMA-48 and xterm's control sequences. */
const RESTORE = '\x1b[0m\x1b[?25h\x1b[?1049l';
const CTRL_C = 3;

/**
 * A terminal lent to a program that draws on it: keys are not echoed and are read away (the program sees them elsewhere), so that none is left
 * for the shell. However the process ends, the terminal is as it was before.
 */
export class GameTerminal implements Disposable {
  readonly #input: ReadStream;
  readonly #write: (text: string) => void;
  readonly #onExit = (): void => this.#giveBack(true);
  #isLent = true;

  /**
   * @param write puts text on the terminal at once
   * @param interrupt called for Ctrl-C, which is an ordinary key as long as the terminal is lent
   */
  constructor(input: ReadStream, write: (text: string) => void, interrupt: () => void) {
    this.#input = input;
    this.#write = write;
    process.on('exit', this.#onExit);
    input.setRawMode(true);
    input.on('data', (keys: Buffer) => {
      if (keys.includes(CTRL_C)) interrupt();
    });
    input.resume();
  }

  /** The program left the screen in order by itself. */
  [Symbol.dispose](): void {
    this.#giveBack(false);
  }

  /** Restores the screen too: the program was cut short. */
  restore(): void {
    this.#giveBack(true);
  }

  #giveBack(screenToo: boolean): void {
    if (!this.#isLent) return;
    this.#isLent = false;
    process.off('exit', this.#onExit);
    if (screenToo) this.#write(RESTORE);
    this.#input.setRawMode(false);
    this.#input.removeAllListeners('data');
    this.#input.pause();
  }
}
