import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Fd } from '../kernel/index.ts';

/** Below this many, closing them takes less time than is noticed. */
const WORTH_A_PROCESS = 3;

/**
 * Leaves perf events whose progs are stopped to a process of their own, which closes them by ending when we have ended.
 *
 * Closing a tracepoint's event takes 35 ms, one after another, and a process that exits has to do it before it is gone: a script on all
 * 600 system calls would end after 20 s. Nobody waits for the helper, and nothing runs any more: its events have no prog.
 */
export function closeLater(events: readonly Fd[]): void {
  const fds = events.filter((fd) => fd.isOpen).map((fd) => fd.raw);
  if (fds.length < WORTH_A_PROCESS) return; // closed when this process ends
  const helper = spawn('/bin/sh', ['-c', 'read -r line'], {
    // Not our own streams: whoever reads them waits for their end.
    stdio: ['pipe', 'ignore', 'ignore', ...fds],
    detached: true,
    cwd: '/',
    env: {},
  });
  helper.on('error', () => undefined); // without it they are closed when this process ends, as slowly as anywhere
  // Our end of its pipe is closed when we end, which is what it waits for.
  (helper.stdin as Socket | null)?.unref();
  helper.unref();
}
