import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errnos } from '../../base/index.ts';
import { Attachment, KernelError } from '../../kernel/index.ts';
import { attachToThreads } from './threads.ts';

/**
 * Attaches while these threads are seen, one list after the other; the last stays. Those below 0 have ended since. Gives what was attached to,
 * and how it ended.
 */
function attachDuring(...lists: readonly (readonly number[])[]): string[] {
  const events: string[] = [];
  let look = 0;
  const threadsNow = (): readonly number[] => lists[Math.min(look++, lists.length - 1)] ?? [];
  try {
    attachToThreads(
      7,
      (threads) => {
        const living = threads.filter((thread) => thread > 0);
        if (living.length === 0) throw new KernelError('perf_event_open', errnos.ESRCH.number);
        events.push(living.join());
        const attachment = new Attachment([]);
        attachment[Symbol.dispose] = () => void events.push('undone');
        return attachment;
      },
      threadsNow,
    );
  } catch (error) {
    events.push(String(error));
  }
  return events;
}

test('threads that start while a process is attached to make it begin anew, those that end do not', () => {
  assert.deepEqual(attachDuring([1, 2]), ['1,2']);
  assert.deepEqual(attachDuring([1, 2], [1]), ['1,2']);
  assert.deepEqual(attachDuring([1, 2], [1, 3], [1, 3, 4], [4]), ['1,2', 'undone', '1,3,4']);
  assert.deepEqual(attachDuring([1], []), ['1']);
});

test('all threads that were listed may end, as long as one that they started lives', () => {
  const gone = 'KernelError: perf_event_open: No such process [ESRCH] (process 7 has ended)';
  assert.deepEqual(attachDuring([-1, -2], [-1, 3], [-1, 3]), ['3']);
  assert.deepEqual(attachDuring([-1, -2], [-1]), [gone]);
  assert.deepEqual(attachDuring([-1], []), [gone]);
  assert.deepEqual(attachDuring([]), [gone]);
});

test('a process that starts threads all the time is attached to at last', () => {
  const everNew = Array.from({ length: 100 }, (_unused, thread) => [thread]);
  const events = attachDuring(...everNew);
  assert.ok(events.length < 20);
  assert.notEqual(events.at(-1), 'undone');
});
