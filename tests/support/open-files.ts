import { readdirSync, readlinkSync } from 'node:fs';

/** The names of what this process has open, as /proc shows them: those that match, sorted. */
export function openFiles(pattern: RegExp): string[] {
  return readdirSync('/proc/self/fd')
    .flatMap((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return []; // the descriptor of this very directory
      }
    })
    .filter((name) => pattern.test(name))
    .toSorted();
}
