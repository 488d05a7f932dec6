import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
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

test('the end of a process is told, also when it was there before a thread could wait for it', async () => {
  const child = spawn('cat');
  using watch = new ProcessWatch(child.pid ?? 0);
  child.kill();
  await watch.ended;
});

test('a watch that is given up is told as an end', async () => {
  const watch = new ProcessWatch(process.pid);
  watch[Symbol.dispose]();
  await watch.ended;
});

test('a process that is not there cannot be watched', () => {
  assert.throws(() => new ProcessWatch(0x3fffff), ProcessWatchError);
});
