import { errnos, viewOf } from '../../base/index.ts';
import { checked } from './error.ts';
import { syscall, syscallAsync } from './ffi.ts';
import { close, read } from './files.ts';

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const EFD_FLAGS = 0o2000000 | 0o4000; // CLOEXEC, NONBLOCK
const MAX_EVENTS = 64;

/** struct epoll_event is packed on x86_64 only. Source: uapi/linux/eventpoll.h. */
const layout = process.arch === 'x64' ? { size: 12, data: 4 } : { size: 16, data: 8 };

/** Waits until one of a set of descriptors is readable, on another thread, so that the event loop goes on. */
export class Epoll implements Disposable {
  readonly #epoll: number;
  /** Made readable by `wake()`; a wait that nobody needs any more would otherwise last until its timeout. */
  readonly #wakeup: number;
  #pending: Promise<number> | undefined;
  #isClosed = false;

  /** @throws KernelError */
  constructor() {
    this.#epoll = checked('epoll_create1', syscall('epoll_create1', [EPOLL_CLOEXEC]));
    const wakeup = syscall('eventfd2', [0, EFD_FLAGS]);
    if (wakeup < 0) close(this.#epoll);
    this.#wakeup = checked('eventfd2', wakeup);
    try {
      this.add(this.#wakeup);
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  /** Also waits for `fd`. It is forgotten when it is closed. @throws KernelError */
  add(fd: number): void {
    const event = new Uint8Array(new ArrayBuffer(layout.size));
    const view = viewOf(event);
    view.setUint32(0, EPOLLIN, true);
    view.setInt32(layout.data, fd, true);
    checked('epoll_ctl', syscall('epoll_ctl', [this.#epoll, EPOLL_CTL_ADD, fd, event]));
  }

  /** The descriptors that are readable now, without waiting; none when this is closed. @throws KernelError */
  poll(): number[] {
    return this.#ask(0);
  }

  /** Resolves to the readable descriptors; to none after `timeoutMs` or `wake()`. One wait at a time. */
  async wait(timeoutMs: number): Promise<number[]> {
    if (this.#isClosed) return [];
    if (this.#pending !== undefined) throw new Error('an epoll wait is under way already');
    const events = new Uint8Array(new ArrayBuffer(layout.size * MAX_EVENTS));
    this.#pending = syscallAsync('epoll_pwait', [this.#epoll, events, MAX_EVENTS, timeoutMs, 0, 8]);
    try {
      return this.#readable(events, await this.#pending);
    } finally {
      this.#pending = undefined;
      if (this.#isClosed) this.#close();
    }
  }

  /** Ends a wait that is under way. */
  wake(): void {
    const one = new Uint8Array(new ArrayBuffer(8));
    one[0] = 1;
    syscall('write', [this.#wakeup, one, 8]);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // The other thread still uses the descriptor: it is closed when that wait has ended.
    if (this.#pending !== undefined) this.wake();
    else this.#close();
  }

  #ask(timeoutMs: number): number[] {
    if (this.#isClosed) return [];
    const events = new Uint8Array(new ArrayBuffer(layout.size * MAX_EVENTS));
    const count = syscall('epoll_pwait', [this.#epoll, events, MAX_EVENTS, timeoutMs, 0, 8]);
    if (count === -errnos.EINTR.number) return [];
    return this.#readable(events, checked('epoll_pwait', count));
  }

  #readable(events: Uint8Array, count: number): number[] {
    const view = viewOf(events);
    const fds: number[] = [];
    for (let index = 0; index < count; index++) {
      const fd = view.getInt32(index * layout.size + layout.data, true);
      if (fd === this.#wakeup) read(fd, new Uint8Array(new ArrayBuffer(8)));
      else fds.push(fd);
    }
    return fds;
  }

  #close(): void {
    close(this.#wakeup);
    close(this.#epoll);
  }
}
