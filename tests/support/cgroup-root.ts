import { readFileSync } from 'node:fs';

/** Where cgroup v2 is mounted here: beside the older hierarchies it has a directory of its own. */
export const cgroupRoot: string =
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , type]) => type === 'cgroup2')?.[1] ?? '/sys/fs/cgroup';
