import type { ResolveContext } from './context.ts';

/** Whether one link can stand at many places of a binary. Early ones cannot be held to one process (they miss its other threads). */
export function hasUprobeLinks({ target, options }: ResolveContext): boolean {
  return target.has('uprobe-multi') && (options.pid === undefined || target.has('uprobe-multi-pid'));
}
