import { STACK_SIZE } from '../bpf/index.ts';
import type { Prog } from '../program/index.ts';
import type { Subject } from './here.ts';
import { funcTarget } from './layout.ts';
import { RefusedError } from './refusal.ts';

/** Refuses chains of calls whose frames together are larger than the stack. Source: check_max_stack_depth(). */
export function checkStackDepth(subject: Subject, depths: readonly (number | undefined)[]): void {
  const { layout, prog, kernel } = subject;
  const calls = layout.funcs.map(({ start, end }) => {
    const found: { readonly at: number; readonly func: number }[] = [];
    for (let slot = start; slot < end; slot++) {
      const to = funcTarget(layout.steps[slot], slot);
      if (to !== undefined) found.push({ at: slot, func: layout.funcOf[to]! });
    }
    return found;
  });
  const isPrivate = kernel.abilities.privateStacks && mayHavePrivateStacks(prog);
  const unit = kernel.abilities.privateStacks ? 16 : 32;
  const rounded = (func: number): number => Math.ceil(Math.max(1, depths[func] ?? 0) / unit) * unit;
  const visit = (func: number, above: number, frames: number, at: number): void => {
    if (frames > kernel.maxFrames)
      throw new RefusedError({
        insn: at,
        kind: 'structure',
        text: `functions are called more than ${kernel.maxFrames} deep`,
      });
    const total = above + rounded(func);
    if (total > STACK_SIZE && !isPrivate) {
      const text = `${frames} functions that call each other need ${total} bytes of stack together; there are ${STACK_SIZE}`;
      throw new RefusedError({ insn: at, kind: 'stack', text });
    }
    for (const call of calls[func]!) visit(call.func, total, frames + 1, call.at);
  };
  visit(0, 0, 1, 0);
}

/** Source: bpf_enable_priv_stack(). */
function mayHavePrivateStacks(prog: Prog): boolean {
  switch (prog.type) {
    case 'BPF_PROG_TYPE_KPROBE':
    case 'BPF_PROG_TYPE_TRACEPOINT':
    case 'BPF_PROG_TYPE_PERF_EVENT':
    case 'BPF_PROG_TYPE_RAW_TRACEPOINT':
      return true;
    case 'BPF_PROG_TYPE_TRACING':
      return prog.expectedAttachType !== 'BPF_TRACE_ITER';
    default:
      return false;
  }
}
