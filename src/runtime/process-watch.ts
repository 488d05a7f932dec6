import { errnoText } from '../base/index.ts';
import { Epoll, Fd, isKernelError, pidfdOpen, ResourceStack } from '../kernel/index.ts';
import { areThreadsPlanned, startThreads } from './thread-pool.ts';

/** The process of `-p` cannot be watched; the message is ready to be shown. */
export class ProcessWatchError extends Error {
  override readonly name = 'ProcessWatchError';
}

/** How long one wait of the watching thread lasts; it is ended early when the watch is. */
const WAIT_MS = 60_000;
/** How often it is looked while no thread can wait: until the probes are attached. */
const LOOK_MS = 100;

/** Watches for the end of a process that is not our child, through a pidfd: a reused pid is never taken for it. */
export class ProcessWatch implements Disposable {
  readonly pid: number;
  readonly #epoll: Epoll;
  readonly #resources: ResourceStack;
  #isDisposed = false;
  #endLook: () => void = () => undefined;
  /** Resolves when the process has ended; also when the watch is disposed of. */
  readonly ended: Promise<void>;

  /** @throws ProcessWatchError when there is no such process, or nothing to watch it with. */
  constructor(pid: number) {
    this.pid = pid;
    const pidfd = pidfdOpen(pid);
    if (pidfd < 0) {
      throw new ProcessWatchError(`Failed to attach to pid: Unable to open pidfd (${errnoText(-pidfd)})`);
    }
    using resources = new ResourceStack();
    const { raw } = resources.use(new Fd(pidfd));
    try {
      this.#epoll = resources.use(new Epoll());
      this.#epoll.add(raw);
    } catch (cause) {
      if (!isKernelError(cause)) throw cause;
      throw new ProcessWatchError(`Failed to attach to pid: ${cause.message}`, { cause });
    }
    this.#resources = resources.move();
    this.ended = this.#watch();
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#resources[Symbol.dispose]();
    this.#endLook();
  }

  async #watch(): Promise<void> {
    while (!this.#isDisposed) {
      const readable = await (areThreadsPlanned() ? this.#waitInThread() : this.#lookLater());
      if (readable.length > 0) return;
    }
  }

  #waitInThread(): Promise<readonly number[]> {
    startThreads();
    return this.#epoll.wait(WAIT_MS);
  }

  async #lookLater(): Promise<readonly number[]> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.#endLook = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return this.#epoll.poll();
  }
}
