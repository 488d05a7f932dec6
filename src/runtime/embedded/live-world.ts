import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, type Task, taskAddress, type World } from '../../embedded/index.ts';
import { wallNs } from '../wall-clock.ts';
import { readText } from './task-facts.ts';

const NS_PER_MS = 1_000_000n;
/** /proc/uptime counts hundredths of a second; less than this between two clocks says nothing. */
const UPTIME_RESOLUTION_NS = 50n * NS_PER_MS;
/** The kernel's ticks as most distributions build it (CONFIG_HZ=250). */
const JIFFY_NS = 4n * NS_PER_MS;
/** bpf_get_current_comm() gives so many bytes at most. Source: TASK_COMM_LEN less the NUL. */
const MAX_COMM = 15;

/** This process on this host, asked through Node.js alone: nothing here is Linux's only, and no foreign function is called. */
export function liveWorld(): World {
  const monotonic = (): bigint => process.hrtime.bigint();
  const suspendedNs = timeSuspendedNs(monotonic());
  const task = ownTask();
  return {
    now(clock: Clock): bigint {
      switch (clock) {
        case 'monotonic':
        case 'coarse':
          return monotonic();
        case 'boot':
          return monotonic() + suspendedNs;
        case 'tai':
          return wallNs();
        case 'jiffies':
          return monotonic() / JIFFY_NS;
      }
    },
    random: () => Math.floor(Math.random() * 2 ** 32),
    ownTask: () => task,
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    soon: (callback) => void setImmediate(callback),
  };
}

/** What the boot clock has counted and the monotonic clock has not; 0 where it cannot be told. Source: proc_uptime(5). */
function timeSuspendedNs(monotonicNs: bigint): bigint {
  const seconds = Number(readText('/proc/uptime')?.split(' ')[0]);
  if (!Number.isFinite(seconds)) return 0n;
  const difference = BigInt(Math.round(seconds * 1000)) * NS_PER_MS - monotonicNs;
  return difference > UPTIME_RESOLUTION_NS ? difference : 0n;
}

/** The main thread of this process. Programs run on it, so nothing of this changes while one does. */
export function ownTask(): Task {
  const comm = readText('/proc/self/comm')?.trimEnd() ?? process.title;
  return {
    pid: process.pid,
    tid: process.pid,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    comm: Buffer.from(comm).toString('latin1').slice(0, MAX_COMM),
    cgroupId: cgroupIdOf('self'),
    address: taskAddress(process.pid),
  };
}

/** The id of a process's cgroup in the unified hierarchy: the inode of its directory; 0 when there is none. Source: cgroups(7). */
export function cgroupIdOf(pid: number | 'self'): bigint {
  const path = /^0::(.*)$/m.exec(readText(`/proc/${pid}/cgroup`) ?? '')?.[1];
  if (path === undefined) return 0n;
  for (const root of ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']) {
    try {
      return statSync(join(root, path), { bigint: true }).ino;
    } catch {
      // Not mounted there.
    }
  }
  return 0n;
}
