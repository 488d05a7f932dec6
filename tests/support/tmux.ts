import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TmuxOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A program in a terminal of its own: what it draws can be read, and keys typed. Disposing ends the program and its tmux server. */
export class TmuxSession implements Disposable {
  readonly #folder: string;
  readonly #socket: string;

  /** Starts `argv` in a terminal of 80 columns and 24 rows unless told otherwise. @throws Error when tmux cannot be started. */
  constructor(argv: readonly string[], { columns = 80, rows = 24, env = {}, cwd }: TmuxOptions = {}) {
    this.#folder = mkdtempSync(join(tmpdir(), 'tetrace-tmux-'));
    this.#socket = join(this.#folder, 'socket');
    const settings = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const place = cwd === undefined ? [] : ['-c', cwd];
    try {
      const size = ['-x', String(columns), '-y', String(rows)];
      // The pane stays when the program ends, so that its last screen can still be read. Set in the same call, before it can end.
      this.#tmux(
        'new-session',
        '-d',
        '-s',
        'test',
        ...size,
        ...settings,
        ...place,
        ...argv,
        ';',
        'set-option',
        '-g',
        'remain-on-exit',
        'on',
      );
    } catch (error) {
      rmSync(this.#folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Types keys, each by its tmux name (`Left`, `Space`, `C-c`) or as a character. */
  sendKeys(...keys: readonly string[]): void {
    this.#tmux('send-keys', '-t', 'test', ...keys);
  }

  /** Types a text as it is. */
  sendText(text: string): void {
    this.#tmux('send-keys', '-t', 'test', '-l', text);
  }

  /** The screen as lines of text; with `escapes`, including colours as escape sequences, and spaces at the ends of lines. */
  screen({ escapes = false }: { readonly escapes?: boolean } = {}): string {
    return this.#tmux('capture-pane', '-p', ...(escapes ? ['-e', '-N'] : []), '-t', 'test');
  }

  /** The terminal's device, for example /dev/pts/3. */
  terminal(): string {
    return this.#format('#{pane_tty}');
  }

  /** The pid of the program that was started. */
  pid(): number {
    return Number(this.#format('#{pane_pid}'));
  }

  /** What full-screen programs change, and have to change back. */
  state(): { readonly alternateScreen: boolean; readonly cursorShown: boolean } {
    const [alternate, cursor] = this.#format('#{alternate_on} #{cursor_flag}').split(' ');
    return { alternateScreen: alternate === '1', cursorShown: cursor === '1' };
  }

  /** The exit code of the program, 128 and the signal's number when one ended it; undefined while it runs. */
  exitCode(): number | undefined {
    const [dead, status, signal, server] = this.#format(
      '#{pane_dead}/#{pane_dead_status}/#{pane_dead_signal}/#{pid}',
    ).split('/');
    if (status) return Number(status);
    if (signal) return 128 + Number(signal);
    // The terminal is closed before tmux learns how the program ended; and tmux 3.3 can miss that signal for good.
    if (dead === '1') process.kill(Number(server), 'SIGCHLD');
    return undefined;
  }

  /**
   * Waits until the screen satisfies `matches`, and returns it.
   *
   * @throws Error with the last screen when `timeoutMs` is over; a guard against hanging, not a measurement.
   */
  async waitForScreen(
    matches: RegExp | ((screen: string) => boolean),
    {
      timeoutMs = 120_000,
      escapes = false,
    }: { readonly timeoutMs?: number; readonly escapes?: boolean } = {},
  ): Promise<string> {
    const accepts = typeof matches === 'function' ? matches : (screen: string) => matches.test(screen);
    const until = Date.now() + timeoutMs;
    for (;;) {
      const screen = this.screen({ escapes });
      if (accepts(screen)) return screen;
      if (Date.now() > until) throw new Error(`the screen never matched ${matches}; it is\n${screen}`);
      await this.#nextChange();
    }
  }

  /** Waits until the program has ended, and returns its exit code. */
  async waitForExit(timeoutMs = 120_000): Promise<number> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const code = this.exitCode();
      if (code !== undefined) return code;
      if (Date.now() > until)
        throw new Error(`still running after ${timeoutMs} ms; the screen is\n${this.screen()}`);
      await this.#nextChange();
    }
  }

  [Symbol.dispose](): void {
    try {
      this.#tmux('kill-server');
    } catch {
      // Gone already.
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** tmux has no event for "the screen changed"; asking it costs a few milliseconds, so that is how often it is asked. */
  #nextChange(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 30));
  }

  #format(format: string): string {
    return this.#tmux('display-message', '-p', '-t', 'test', format).trim();
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-f', '/dev/null', '-S', this.#socket, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      // A server started from inside another tmux must not talk to that one.
      env: { ...process.env, TMUX: '', TERM: 'screen-256color', LC_ALL: 'C.UTF-8' },
    });
  }
}
