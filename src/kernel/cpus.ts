import { readFileSync } from 'node:fs';
import { KernelError } from './sys/index.ts';

/** Parses the kernel's CPU lists: `0-3,8` gives 0, 1, 2, 3, 8. @throws RangeError for anything else. */
export function parseCpuList(text: string): number[] {
  const cpus: number[] = [];
  for (const part of text.trim().split(',')) {
    if (part === '') continue;
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) throw new RangeError(`"${part}" is no range of CPUs`);
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
  }
  return cpus;
}

/** Numbers of the CPUs that are online. @throws KernelError */
export function onlineCpus(): number[] {
  return readCpuList('online');
}

/** How many rows a per-CPU value has: one more than the greatest possible CPU number. @throws KernelError */
export function possibleCpuCount(): number {
  return Math.max(...readCpuList('possible')) + 1;
}

function readCpuList(which: 'online' | 'possible'): number[] {
  const path = `/sys/devices/system/cpu/${which}`;
  try {
    return parseCpuList(readFileSync(path, 'latin1'));
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw KernelError.fromNode(`read ${path}`, error);
  }
}
