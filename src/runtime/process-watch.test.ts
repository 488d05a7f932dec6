import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { errnos } from '../base/index.ts';
import { Epoll, KernelError } from '../kernel/index.ts';
import { ProcessWatch, ProcessWatchError } from './process-watch.ts';

test('a watch that cannot be set up leaves nothing open', (t) => {
  t.mock.method(Epoll.prototype, 'add', () => {
    throw new KernelError('epoll_ctl', errnos.ENOSPC.number);
  });
  const before = readdirSync('/proc/self/fd').length;
  assert.throws(() => new ProcessWatch(process.pid), { name: 'ProcessWatchError', message: /epoll_ctl/ });
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

test('a process that is not there cannot be watched', () => {
  assert.throws(() => new ProcessWatch(0x3fffff), ProcessWatchError);
});
