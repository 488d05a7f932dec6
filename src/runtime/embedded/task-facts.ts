import { readFileSync } from 'node:fs';
import type { TaskFacts } from '../../embedded/index.ts';

/** Fields of proc_pid_stat(5). */
const PPID = 4;
const TTY_NR = 7;

/** What /proc says of a thread now; undefined when it is gone, or where there is no /proc. */
export function taskFacts(tid: number): TaskFacts | undefined {
  const stat = readText(`/proc/${tid}/stat`);
  const status = readText(`/proc/${tid}/status`);
  if (stat === undefined || status === undefined) return undefined;
  const pid = Number(/^Tgid:\s+(\d+)/m.exec(status)?.[1] ?? tid);
  const comm = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  return {
    tid,
    pid,
    comm,
    parentPid: Number(statField(stat, PPID) ?? 0),
    terminal: Number(statField(stat, TTY_NR) ?? 0),
  };
}

/** A field of /proc/PID/stat by its number from 3 on. The name in parentheses, field 2, may hold anything. */
export function statField(stat: string, field: number): string | undefined {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[field - 3];
}

/** A file of /proc as a binary string; undefined when the thread is gone. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
