import { readdirSync } from 'node:fs';
import { errnos } from '../../base/index.ts';
import { type Attachment, isKernelError, KernelError } from '../../kernel/index.ts';

/** A process that starts threads all the time may start one during each round. */
const MAX_ROUNDS = 8;

/**
 * Attaches to all threads of a process, each of which hands on to those that it starts from then on.
 *
 * A thread that appeared meanwhile was started either by one that was attached to already, and is covered, or by one whose turn was still to
 * come, or that ended before it came, and is not; attaching to a covered one would show everything it does twice. Nobody can tell the two
 * apart, so it is all done anew.
 *
 * @param attach throws ESRCH when all of the threads have ended.
 * @throws KernelError: ESRCH when the process ended before any thread was attached to.
 */
export function attachToThreads(
  pid: number,
  attach: (threads: readonly number[]) => Attachment,
  threadsNow: (pid: number) => readonly number[] = threadsOf,
): Attachment {
  for (let round = 1; ; round++) {
    const threads = new Set(threadsNow(pid));
    const attachment = attachToLiving([...threads], attach);
    let isDone = round === MAX_ROUNDS;
    try {
      isDone ||= threadsNow(pid).every((thread) => threads.has(thread));
    } finally {
      if (!isDone) attachment?.[Symbol.dispose]();
    }
    if (isDone && attachment !== undefined) return attachment;
    if (isDone) {
      throw new KernelError('perf_event_open', errnos.ESRCH.number, { detail: `process ${pid} has ended` });
    }
  }
}

/** undefined: all of them have ended. */
function attachToLiving(
  threads: readonly number[],
  attach: (threads: readonly number[]) => Attachment,
): Attachment | undefined {
  if (threads.length === 0) return undefined;
  try {
    return attach(threads);
  } catch (error) {
    if (isKernelError(error, 'ESRCH')) return undefined;
    throw error;
  }
}

/** The first thread is among them until the process is gone, even when it has ended; none then. */
function threadsOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task`;
  try {
    return readdirSync(path).map(Number);
  } catch (cause) {
    const error = KernelError.fromNode(`read ${path}`, cause);
    // Which of the two it is hangs on whether it went before opening or before reading.
    if (error.is('ENOENT', 'ESRCH')) return [];
    throw error;
  }
}
