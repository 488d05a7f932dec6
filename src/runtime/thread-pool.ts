import { MAX_CLOSING } from '../kernel/index.ts';

/** What libuv starts when nobody asks for a number. Source: libuv, src/threadpool.c. */
const USUAL_THREADS = 4;
/** While links are closed, records and the end of the process of `-p` are waited for. */
const OTHER_WAITS = 2;
const VARIABLE = 'UV_THREADPOOL_SIZE';

/** libuv's pool is one per process, and keeps the size that it is started with. */
const pool: { attachments: number | undefined; isStarted: boolean } = {
  attachments: undefined,
  isStarted: false,
};

/** Says how many attachments the pool's threads will have to detach, before the first of them is needed. */
export function planThreads(attachments: number): void {
  pool.attachments = attachments;
}

/** Whether it is known by now how many threads there have to be; what waits without a thread until then spares the run from having too few. */
export function areThreadsPlanned(): boolean {
  return pool.isStarted || pool.attachments !== undefined;
}

/** Sets the size of the pool, to be called just before its first use; later calls change nothing. A size set by the user stays. */
export function startThreads(): void {
  if (pool.isStarted) return;
  pool.isStarted = true;
  if (process.env[VARIABLE] !== undefined) return;
  process.env[VARIABLE] = String(threadsFor(pool.attachments ?? 0));
  // libuv reads it when the first work is queued; commands that we start must not see it.
  setImmediate(() => delete process.env[VARIABLE]);
}

/**
 * Each thread waits in the kernel while a link is closed, and the waits of all of them end together: 60 tracepoints are detached in 100 ms by
 * 48 threads, in 600 ms by 4 and in 2 s one by one. libuv starts them all at once and keeps them, so there are no more than links.
 */
export function threadsFor(attachments: number): number {
  return Math.max(USUAL_THREADS, Math.min(attachments, MAX_CLOSING) + OTHER_WAITS);
}
