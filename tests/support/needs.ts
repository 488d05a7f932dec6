import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { FeatureProbe, openVmlinuxBtf } from '../../src/kernel/index.ts';
import { missingMemoryLimit } from './memory-limit.ts';

/** What a script or its load needs beyond tracepoints: of the kernel, or as a program. */
export type Need =
  | 'kprobe'
  | 'fentry'
  | 'all kernel symbols'
  | 'memory limits'
  | 'error injection'
  | { readonly program: string }
  | { readonly library: string };

/** A program on the PATH. */
export const program = (name: string): Need => ({ program: name });

/** Whether this machine has what a script needs; the reason when it has not. */
export function missingNeed(need: Need): string | undefined {
  if (typeof need === 'object' && 'library' in need) {
    const found = libraryDirs.some(
      (dir) => existsSync(dir) && readdirSync(dir).some((file) => file.startsWith(need.library)),
    );
    return found ? undefined : `needs the library ${need.library}`;
  }
  if (typeof need === 'object') {
    const found = (process.env['PATH'] ?? '').split(':').some((dir) => existsSync(`${dir}/${need.program}`));
    return found ? undefined : `needs the program ${need.program}`;
  }
  switch (need) {
    case 'kprobe':
      return existsSync('/sys/bus/event_source/devices/kprobe') ? undefined : 'this kernel has no kprobes';
    case 'fentry':
      return new FeatureProbe(openVmlinuxBtf).has('fentry') ? undefined : 'this kernel refuses fentry';
    case 'all kernel symbols':
      return / avenrun$/m.test(readFileSync('/proc/kallsyms', 'utf8'))
        ? undefined
        : 'this kernel names its functions only, not its data (CONFIG_KALLSYMS_ALL)';
    case 'error injection':
      return existsSync('/sys/kernel/debug/error_injection/list')
        ? missingNeed('kprobe')
        : 'this kernel injects no errors (CONFIG_FUNCTION_ERROR_INJECTION)';
    case 'memory limits':
      return missingMemoryLimit();
  }
}

const libraryDirs = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib'];
