import { errnos } from '../../base/index.ts';
import { stackFlags } from '../../bpf/index.ts';
import type { Core } from '../core.ts';
import type { HelperCall } from './call.ts';

/** Helpers that take stacks. Source: kernel/bpf/stackmap.c. */
export const stackCalls = {
  get_stackid(core) {
    const map = core.map(2, 'get_stackid');
    if (map.kind !== 'stacks') return core.badArgument('get_stackid', 2, 'stack trace map');
    const flags = core.low(3);
    const known =
      stackFlags.BPF_F_SKIP_FIELD_MASK |
      stackFlags.BPF_F_USER_STACK |
      stackFlags.BPF_F_FAST_STACK_CMP |
      stackFlags.BPF_F_REUSE_STACKID;
    if (core.high(3) !== 0 || (flags & ~known) !== 0) return core.return(-errnos.EINVAL.number);
    const frames = framesOf(core, flags, map.spec.valueSize / 8) ?? [];
    core.return(frames.length === 0 ? -errnos.EFAULT.number : map.store(frames, flags));
  },

  /** bpf_get_stack(ctx, buffer, size, flags): bytes written; the rest of the buffer is zeroed. */
  get_stack: (core) => core.return(copyStack(core)),
  /** bpf_get_task_stack(task, buffer, size, flags): the machine knows the current task's stack only. */
  get_task_stack(core) {
    if (core.value(1) === core.environment.task().address) return core.return(copyStack(core));
    const size = core.size(3, 'get_task_stack');
    const at = core.locate(2, size, 'write');
    core.memory.bytes.fill(0, at, at + size);
    core.return(-errnos.EFAULT.number);
  },
} as const satisfies Record<string, HelperCall>;

function copyStack(core: Core): number {
  const size = core.size(3, 'get_stack');
  const at = core.locate(2, size, 'write');
  core.memory.bytes.fill(0, at, at + size);
  const flags = core.low(4);
  const known = stackFlags.BPF_F_SKIP_FIELD_MASK | stackFlags.BPF_F_USER_STACK;
  if (core.high(4) !== 0 || (flags & ~known) !== 0 || size % 8 !== 0) return -errnos.EINVAL.number;
  const frames = framesOf(core, flags, size / 8);
  if (frames === undefined) return -errnos.EFAULT.number;
  const count = Math.min(frames.length, size / 8);
  for (let index = 0; index < count; index++)
    core.memory.view.setBigUint64(at + index * 8, frames[index]!, true);
  return count * 8;
}

/** The frames that flags ask for; the low 8 bits say how many of the innermost to leave out. undefined when there are not so many. */
function framesOf(core: Core, flags: number, count: number): readonly bigint[] | undefined {
  core.charge(STACK_COST);
  const space = (flags & stackFlags.BPF_F_USER_STACK) !== 0 ? 'user' : 'kernel';
  const skipped = flags & stackFlags.BPF_F_SKIP_FIELD_MASK;
  const frames = core.environment.stack(space, skipped + count);
  return frames.length < skipped ? undefined : frames.slice(skipped);
}

/** What walking a stack costs, in instructions. */
const STACK_COST = 200;
