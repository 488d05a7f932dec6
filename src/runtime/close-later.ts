import { spawn } from 'node:child_process';
import type { Fd } from '../kernel/index.ts';

/** Below this many, closing them takes less time than is noticed. */
const WORTH_A_PROCESS = 3;

/**
 * Waits until the process $1 has given up its files. The program of a process that exits is gone from /proc just before its files are,
 * and also when it lingers as a zombie.
 */
const WAIT_SCRIPT = 'while [ -e "/proc/$1/exe" ]; do sleep 0.1 || sleep 1; done; sleep 1';

/**
 * Leaves perf events whose progs are stopped to a process of their own, which closes them by ending after we have ended.
 *
 * Closing a tracepoint's event takes 35 ms, one after another, and a process that exits has to do it before it is gone: a script on all
 * 360 system calls would end after 13 s. Nobody waits for the helper, and nothing runs any more: its events have no prog.
 */
export function closeLater(events: readonly Fd[]): void {
  const fds = events.filter((fd) => fd.isOpen).map((fd) => fd.raw);
  if (fds.length < WORTH_A_PROCESS) return; // closed when this process ends
  const helper = spawn('/bin/sh', ['-c', WAIT_SCRIPT, 'sh', String(process.pid)], {
    // Not our own streams: whoever reads them waits for their end.
    stdio: ['ignore', 'ignore', 'ignore', ...fds],
    detached: true,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  });
  helper.on('error', () => undefined); // without it they are closed when this process ends, as slowly as anywhere
  helper.unref();
}
