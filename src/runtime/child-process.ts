import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { type ChildEnd, ChildError, findInPath, resolveCommand, terminate } from './child-command.ts';

/** What waits before the command: one line on descriptor 3 lets it run, the end of the pipe (we are gone) does not. */
export const HOLD_SCRIPT = 'read -r go <&3 || exit 0; exec 3<&-; exec "$@"';

/**
 * The command of `-c`: started at once so that it has a pid, held before its exec until the probes are attached.
 *
 * A shell holds it, and the command replaces that shell, so the pid stays. Where setpriv(1) is installed the command gets SIGTERM when
 * we die in a way that leaves us no time to send it.
 */
export class HeldChild implements Disposable {
  readonly kind = 'held';
  /** The program that it will be. */
  readonly path: string;
  readonly #process: ChildProcess;
  readonly #gate: Writable;
  #end: ChildEnd | undefined;
  readonly #ended: Promise<ChildEnd>;

  /** @throws ChildError when the command is not there or cannot be run. */
  constructor(command: string) {
    const { path, args: words } = resolveCommand(command);
    this.path = path;
    const [setpriv] = findInPath('setpriv');
    const hold = ['/bin/sh', '-c', HOLD_SCRIPT, 'tetrace', path, ...words];
    const argv = setpriv === undefined ? hold : [setpriv, '--pdeathsig', 'TERM', '--', ...hold];
    const [program = '/bin/sh', ...args] = argv;
    this.#process = spawn(program, args, { stdio: ['inherit', 'inherit', 'inherit', 'pipe'] });
    // Descriptor 3 was asked for as a pipe just above; a spawn that failed has none.
    this.#gate = this.#process.stdio[3] as Writable;
    this.#gate?.on('error', () => undefined); // the child ended first: its end is reported below
    this.#ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        this.#end = { code: code ?? undefined, signal: signal ?? undefined };
        resolve(this.#end);
      };
      this.#process.on('exit', end);
      this.#process.on('error', () => end(127, null));
    });
    if (this.#process.pid === undefined)
      throw new ChildError(`Failed to fork child: ${program} could not be started`);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }
  /** How it ended; undefined while it runs. */
  get end(): ChildEnd | undefined {
    return this.#end;
  }
  /** Resolves when it has ended. */
  get ended(): Promise<ChildEnd> {
    return this.#ended;
  }

  /** Lets the command run. */
  release(): void {
    this.#gate.end('\n');
  }

  /** SIGTERM; then SIGKILL when it is still there after a second. */
  async terminate(): Promise<void> {
    if (!this.#end) await terminate((signal) => this.#process.kill(signal), this.#ended);
  }

  [Symbol.dispose](): void {
    if (!this.#end) this.#process.kill('SIGKILL');
    this.#gate.destroy();
  }
}
