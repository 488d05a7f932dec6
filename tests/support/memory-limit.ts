import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group that may use 16 MiB of memory, in whichever hierarchy has that controller. Disposing removes it; it has to be empty. */
export class MemoryLimit implements Disposable {
  /** What a process writes its number to in order to be in the group. */
  readonly procs: string;
  readonly #folder: string;

  constructor() {
    const isFirstVersion = existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes');
    if (!isFirstVersion) writeFileSync('/sys/fs/cgroup/cgroup.subtree_control', '+memory');
    this.#folder = join('/sys/fs/cgroup', isFirstVersion ? 'memory' : '.', `tetrace-${process.pid}`);
    mkdirSync(this.#folder);
    this.procs = join(this.#folder, 'cgroup.procs');
    const limit = isFirstVersion ? 'memory.limit_in_bytes' : 'memory.max';
    writeFileSync(join(this.#folder, limit), String(16 << 20));
  }

  [Symbol.dispose](): void {
    rmdirSync(this.#folder);
  }
}

/** Why there can be no such group; undefined when there can. */
export function missingMemoryLimit(): string | undefined {
  const isThere =
    existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes') ||
    existsSync('/sys/fs/cgroup/cgroup.controllers');
  return isThere ? undefined : 'this machine has no memory control groups';
}
