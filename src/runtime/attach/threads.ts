import { readdirSync } from 'node:fs';
import { type Attachment, KernelError } from '../../kernel/index.ts';

/** A process that starts threads all the time may start one during each round. */
const MAX_ROUNDS = 8;

/**
 * Attaches to all threads of a process, each of which hands on to those that it starts from then on.
 *
 * A thread that appeared meanwhile was started either by one that was attached to already, and is covered, or by one whose turn was still to
 * come, and is not; attaching to a covered one would show everything it does twice. Nobody can tell the two apart, so it is all done anew.
 */
export function attachToThreads(
  threadsNow: () => readonly number[],
  attach: (threads: readonly number[]) => Attachment,
): Attachment {
  for (let round = 1; ; round++) {
    const threads = new Set(threadsNow());
    const attachment = attach([...threads]);
    try {
      if (round === MAX_ROUNDS || threadsNow().every((thread) => threads.has(thread))) return attachment;
    } catch (error) {
      attachment[Symbol.dispose]();
      throw error;
    }
    attachment[Symbol.dispose]();
  }
}

/** @throws KernelError when there is no such process. */
export function threadsOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task`;
  try {
    return readdirSync(path).map(Number);
  } catch (error) {
    throw KernelError.fromNode(`read ${path}`, error);
  }
}
