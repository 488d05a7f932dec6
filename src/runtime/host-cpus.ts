import { cpus } from 'node:os';
import { onlineCpus, possibleCpuCount } from '../kernel/index.ts';

/** The processors of this host: how many there can be, and the numbers of those that are there. */
export interface HostCpus {
  readonly possible: number;
  readonly online: readonly number[];
}

/** As Linux says in /sys; elsewhere processors have no numbers of their own, and those that are there are counted. @throws KernelError */
export function hostCpus(): HostCpus {
  if (process.platform === 'linux') return { possible: possibleCpuCount(), online: onlineCpus() };
  const count = Math.max(cpus().length, 1);
  return { possible: count, online: Array.from({ length: count }, (_unused, cpu) => cpu) };
}
