import { readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

/** The names the command answers to. Under bpftrace's name it speaks of itself as bpftrace does. */
export type InvokedName = 'tetrace' | 'bpftrace';

/** The name from the path the process was started by: a link named `bpftrace` makes it bpftrace. */
export function invokedName(startedAs: string | undefined): InvokedName {
  return startedAs !== undefined && basename(startedAs) === 'bpftrace' ? 'bpftrace' : 'tetrace';
}

/**
 * Gives every thread of this process the command's name, which is what `comm`, `ps -C` and `pkill` see. The command line stays as it
 * is (`process.title` would overwrite it), so `ps` still shows the arguments.
 */
export function nameThreads(name: InvokedName): void {
  try {
    for (const thread of readdirSync('/proc/self/task'))
      writeFileSync(`/proc/self/task/${thread}/comm`, name);
  } catch {
    // No /proc, or a thread that has just ended: the name is a courtesy.
  }
}
