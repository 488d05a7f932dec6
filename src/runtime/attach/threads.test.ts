import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attachment } from '../../kernel/index.ts';
import { attachToThreads } from './threads.ts';

/** Attaches while these threads are seen, one list after the other; the last stays. Gives what was attached to, and how it ended. */
function attachDuring(...lists: readonly (readonly number[])[]): string[] {
  const events: string[] = [];
  let look = 0;
  const threadsNow = (): readonly number[] => {
    const threads = lists[Math.min(look++, lists.length - 1)] ?? [];
    if (threads.length === 0) throw new Error('gone');
    return threads;
  };
  try {
    attachToThreads(threadsNow, (threads) => {
      events.push(threads.join());
      const attachment = new Attachment([]);
      attachment[Symbol.dispose] = () => void events.push('undone');
      return attachment;
    });
  } catch (error) {
    events.push(String(error));
  }
  return events;
}

test('threads that start while a process is attached to make it begin anew, those that end do not', () => {
  assert.deepEqual(attachDuring([1, 2]), ['1,2']);
  assert.deepEqual(attachDuring([1, 2], [1]), ['1,2']);
  assert.deepEqual(attachDuring([1, 2], [1, 3], [1, 3, 4], [4]), ['1,2', 'undone', '1,3,4']);
  assert.deepEqual(attachDuring([1], []), ['1', 'undone', 'Error: gone']);
});

test('a process that starts threads all the time is attached to at last', () => {
  const everNew = Array.from({ length: 100 }, (_unused, thread) => [thread]);
  const events = attachDuring(...everNew);
  assert.ok(events.length < 20);
  assert.notEqual(events.at(-1), 'undone');
});
