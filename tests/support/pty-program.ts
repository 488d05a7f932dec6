import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/**
 * A program in a terminal whose every byte is kept, in order: for what draws faster than a screen can be looked at. Disposing ends it.
 *
 * The terminal is that of script(1); it does not echo what is typed.
 */
export class PtyProgram implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number>;
  #output = '';

  constructor(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // `script -c` takes a line for the shell; the words come to it as variables, so that nothing in them is read as shell.
    const words = argv.map((word, index) => [`WORD_${index}`, word] as const);
    const line = `stty -echo && exec ${words.map(([name]) => `"$${name}"`).join(' ')}`;
    this.#child = spawn('script', ['-qfec', line, '/dev/null'], {
      env: { ...process.env, SHELL: '/bin/sh', ...env, ...Object.fromEntries(words) },
      stdio: 'pipe',
    });
    this.#child.stdout.setEncoding('latin1');
    this.#child.stdout.on('data', (text: string) => {
      this.#output += text;
    });
    // Keys that are typed when it has just ended.
    this.#child.stdin.on('error', () => undefined);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code) => resolve(code ?? 1));
    });
  }

  /** What it has written so far. */
  get output(): string {
    return this.#output;
  }

  /** Types a text; every call is one write to the terminal. */
  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Waits until `matches` holds for the output. @throws Error with the end of the output when the program ends before, or never writes it */
  async waitForOutput(matches: RegExp, timeoutMs = 120_000): Promise<void> {
    const until = Date.now() + timeoutMs;
    const end = this.#ended.then(() => undefined);
    let hasEnded = false;
    void end.then(() => {
      hasEnded = true;
    });
    while (!matches.test(this.#output)) {
      if (hasEnded || Date.now() > until)
        throw new Error(`the output never matched ${matches}; it ends in\n${this.#output.slice(-2000)}`);
      await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  }

  /** Waits until it has ended; the result is its exit code. @throws Error when it still runs after `timeoutMs` */
  async waitForExit(timeoutMs = 120_000): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = (): Error =>
        new Error(`still running after ${timeoutMs} ms\n${this.#output.slice(-2000)}`);
      timer = setTimeout(() => reject(error()), timeoutMs);
    });
    return await Promise.race([this.#ended, late]).finally(() => clearTimeout(timer));
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGTERM');
  }
}
