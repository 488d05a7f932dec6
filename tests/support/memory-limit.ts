import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './trace-load.ts';

/** A control group that may use 16 MiB of memory, in whichever hierarchy has that controller. Disposing removes it; it has to be empty. */
class MemoryLimit implements Disposable {
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

/** Lets a shell take memory until the kernel kills it for that; its pid. */
export async function exhaustMemory(): Promise<number> {
  using limit = new MemoryLimit();
  // A string that doubles until there is no room for it.
  const script = `echo $$ > ${limit.procs}; text=xxxxxxxxxxxxxxxx; while :; do text=$text$text; done`;
  const { pid } = await runProgram(['sh', '-c', script]);
  return pid;
}

/** Why there can be no such group; undefined when there can. */
export function missingMemoryLimit(): string | undefined {
  const isThere =
    existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes') ||
    existsSync('/sys/fs/cgroup/cgroup.controllers');
  return isThere ? undefined : 'this machine has no memory control groups';
}
