import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type ChildEnd, ChildError, resolveCommand, terminate } from '../child-command.ts';

/** Tells its pid on descriptor 4, waits for a line on descriptor 3 (or its end: we are gone), and becomes the command. */
const HOLD_SCRIPT = 'echo $$ >&4; exec 4>&-; read -r go <&3 || exit 0; exec 3<&-; exec "$@"';
/**
 * Starts the holder, and stays to wait for it. What a shell has to say of a child that a signal ended goes nowhere; the redirections of a simple command
 * are dash's own while it waits, so that they are made in a subshell.
 */
const PARENT_SCRIPT =
  'hold=$1; shift; exec 5>&2 2>/dev/null; (exec 2>&5 5>&-; exec /bin/sh -c "$hold" tetrace "$@"); exit $?';

/**
 * The command of `-c` for ptrace: started at once so that it has a pid, held before its exec until the probes are attached.
 *
 * It is a grandchild: Node.js asks for the status of its own children whenever one changes, and would take the stops that the tracer waits for.
 * The shell between does that waiting instead.
 */
export class TracedChild implements Disposable {
  readonly kind = 'traced';
  /** The program that it will be. */
  readonly path: string;
  readonly pid: number;
  readonly #gate: Writable;
  readonly #ended: Promise<ChildEnd>;
  #end: ChildEnd | undefined;
  /** As the tracer saw it; the shell between tells signals as codes. */
  #seenEnd: ChildEnd | undefined;

  private constructor(path: string, pid: number, parent: ChildProcess) {
    this.path = path;
    this.pid = pid;
    this.#gate = parent.stdio[3] as Writable; // a pipe, see start()
    this.#gate.on('error', () => undefined); // the child ended first: its end is reported below
    this.#ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        this.#end = this.#seenEnd ?? { code: code ?? undefined, signal: signal ?? undefined };
        resolve(this.#end);
      };
      if (parent.exitCode !== null || parent.signalCode !== null) end(parent.exitCode, parent.signalCode);
      parent.on('exit', end);
    });
  }

  /** @throws ChildError when the command is not there or cannot be run. */
  static async start(command: string): Promise<TracedChild> {
    const { path, args } = resolveCommand(command);
    const argv = ['-c', PARENT_SCRIPT, 'tetrace', HOLD_SCRIPT, path, ...args];
    const parent = spawn('/bin/sh', argv, {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe', 'pipe'],
    });
    const pid = await firstNumber(parent);
    if (pid === undefined) throw new ChildError('Failed to fork child: /bin/sh could not be started');
    return new TracedChild(path, pid, parent);
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

  /** Tells what the tracer saw of its end. */
  noteEnd(end: ChildEnd): void {
    this.#seenEnd = end;
  }

  /** SIGTERM; then SIGKILL when it is still there after a second. */
  async terminate(): Promise<void> {
    if (!this.#end) await terminate((signal) => this.#signal(signal), this.#ended);
  }

  [Symbol.dispose](): void {
    if (!this.#end) this.#signal('SIGKILL');
    this.#gate.destroy();
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(this.pid, signal);
    } catch {
      // It ended just now.
    }
  }
}

/** The number in the first line that the child writes to descriptor 4; undefined when it ends without one. */
function firstNumber(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve) => {
    child.on('error', () => resolve(undefined));
    const pipe = child.stdio[4] as Readable; // asked for as a pipe
    let text = '';
    pipe?.setEncoding('latin1');
    pipe?.on('data', (piece: string) => {
      text += piece;
      if (!text.includes('\n')) return;
      pipe.destroy();
      resolve(Number(text.split('\n')[0]));
    });
    pipe?.on('end', () => resolve(undefined));
  });
}
