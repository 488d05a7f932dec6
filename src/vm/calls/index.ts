import { type HelperName, helperIds } from '../../bpf/index.ts';
import type { HelperCall } from './call.ts';
import { kfuncs } from './kfuncs.ts';
import { loopCalls } from './loops.ts';
import { mapCalls } from './maps.ts';
import { memoryCalls } from './memory.ts';
import { outputCalls } from './output.ts';
import { stackCalls } from './stacks.ts';
import { taskCalls } from './task.ts';
import { timeCalls } from './time.ts';

export type { HelperCall } from './call.ts';
export { end as endReservation } from './output.ts';

/** The helpers the machine has, by name. bpf_tail_call is there as well, but the engines do it themselves. */
const byName: Readonly<Partial<Record<HelperName, HelperCall>>> = {
  ...mapCalls,
  ...outputCalls,
  ...memoryCalls,
  ...taskCalls,
  ...timeCalls,
  ...stackCalls,
  ...loopCalls,
};

/** The helpers the machine has, by the number in the call instruction. */
export const helperCalls: readonly (HelperCall | undefined)[] = (() => {
  const calls: (HelperCall | undefined)[] = [];
  // Object.entries forgets that the keys are helper names.
  for (const [name, call] of Object.entries(byName) as [HelperName, HelperCall][])
    calls[helperIds[name]] = call;
  return calls;
})();

/** Whether progs may call this helper. */
export function hasHelper(id: number): boolean {
  return helperCalls[id] !== undefined || id === helperIds.tail_call;
}

/** The names of the helpers, for documentation and for whoever chooses between them. */
export function helperNames(): HelperName[] {
  return [...(Object.keys(byName) as HelperName[]), 'tail_call'];
}

const namesInOrder = Object.keys(kfuncs);

/** The kernel functions, in the order that `kfuncIndex` numbers. */
export const kfuncCalls: readonly HelperCall[] = Object.values(kfuncs);

export function kfuncIndex(name: string): number | undefined {
  const index = namesInOrder.indexOf(name);
  return index < 0 ? undefined : index;
}

/** The names of the kernel functions. */
export function kfuncNames(): readonly string[] {
  return namesInOrder;
}
