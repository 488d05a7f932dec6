import type { Here } from './here.ts';
import { constant } from './scalar.ts';
import { stackPlace } from './stack-access.ts';
import { none, opaque, pointerTo, type Value } from './values.ts';

/** Rounds of an iterator that are followed; what comes later is like them. */
const FOLLOWED_ROUNDS = 2;

/** Calls a kernel function by name: sets R0 and loses R1 to R5. */
export function callKfunc(here: Here, name: string | undefined): void {
  if (!here.abilities.kfuncs)
    here.refuse('helper', `this kernel's progs cannot call kernel functions (${name ?? 'unnamed'})`);
  const result = resultOf(here, name);
  for (let reg = 0; reg <= 5; reg++) here.frame.regs[reg] = none;
  here.frame.regs[0] = result;
}

function resultOf(here: Here, name: string | undefined): Value {
  switch (name) {
    case 'bpf_iter_num_new':
      return beginIterator(here);
    case 'bpf_iter_num_next':
      return nextOfIterator(here);
    case 'bpf_iter_num_destroy':
      return endIterator(here);
    case 'bpf_map_sum_elem_count':
    case 'bpf_session_is_return':
      return here.unknown();
    case 'bpf_rcu_read_lock':
    case 'bpf_rcu_read_unlock':
    case 'bpf_preempt_disable':
    case 'bpf_preempt_enable':
      return none;
    default:
      // It may write what it is given.
      for (let reg = 1; reg <= 5; reg++) {
        const value = here.frame.regs[reg]!;
        if (value.kind === 'pointer' && value.to.space === 'stack') here.doubt();
      }
      return opaque;
  }
}

function iteratorPlace(here: Here) {
  const value = here.read(1);
  if (value.kind === 'opaque') return here.doubt();
  if (value.kind !== 'pointer' || value.to.space !== 'stack' || value.variable !== undefined)
    return here.refuseIfSure('argument', 'R1 holds no place on the stack for an iterator', value);
  const { index, byte } = stackPlace(Number(value.off));
  const stack = here.state.frames[value.to.frame]?.stack;
  if (stack === undefined || byte !== 0) return here.doubt();
  if (index < 0 || index >= stack.length)
    return here.refuse('stack', `an iterator at offset ${value.off} of the stack is outside of it`);
  here.noteDepth(value, -Number(value.off));
  return { stack, index, iterator: stack[index]?.iterator };
}

function beginIterator(here: Here): Value {
  const { stack, index, iterator } = iteratorPlace(here);
  if (iterator !== undefined)
    here.refuse('reference', 'an iterator is begun where another one has not ended');
  here.read(2);
  here.read(3);
  const reference = here.freshId();
  here.state.references = new Map([...here.state.references, [reference, here.insn]]);
  stack[index] = { spill: undefined, size: 8, written: 0xff, zero: 0, iterator: { reference, rounds: 0 } };
  return here.unknown();
}

function nextOfIterator(here: Here): Value {
  const { stack, index, iterator } = iteratorPlace(here);
  const slot = stack[index];
  if (iterator === undefined || slot === undefined)
    return here.refuse('reference', 'an iterator is asked for the next number that was not begun');
  here.state.rounds++;
  if (iterator.rounds >= FOLLOWED_ROUNDS) return constant(0n);
  stack[index] = { ...slot, iterator: { ...iterator, rounds: iterator.rounds + 1 } };
  const to = { space: 'memory', size: 4, reference: 0, isRecord: false } as const;
  return { ...pointerTo(to), orNull: true, id: here.freshId() };
}

function endIterator(here: Here): Value {
  const { stack, index, iterator } = iteratorPlace(here);
  if (iterator === undefined) return here.refuse('reference', 'an iterator is ended that was not begun');
  const references = new Map(here.state.references);
  references.delete(iterator.reference);
  here.state.references = references;
  stack[index] = { spill: undefined, size: 8, written: 0xff, zero: 0 };
  return none;
}
