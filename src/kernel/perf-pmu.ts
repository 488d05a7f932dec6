import { KernelError, readSystemFile } from './sys/index.ts';

/**
 * The perf event type of a dynamic event source (`kprobe`, `uprobe`); undefined where the kernel has none. Linux 4.17.
 *
 * @throws KernelError when sysfs cannot be read for another reason.
 */
export function pmuType(name: 'kprobe' | 'uprobe'): number | undefined {
  const path = `/sys/bus/event_source/devices/${name}/type`;
  try {
    return Number(readSystemFile(path).toString('latin1'));
  } catch (error) {
    const wrapped = KernelError.fromNode(`read ${path}`, error);
    if (wrapped.is('ENOENT', 'ENOTDIR')) return undefined;
    throw wrapped;
  }
}
