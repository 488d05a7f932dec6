import { onceForEach } from '../../base/index.ts';
import type { Func } from './func.ts';

/** Names of the functions that a function calls or passes as callbacks. */
export const calleesOf = onceForEach(findCallees);

function findCallees(func: Func): ReadonlySet<string> {
  const names = new Set<string>();
  for (const block of func.blocks) {
    for (const insn of block.insns)
      if (insn.op === 'callFunc' || insn.op === 'funcAddr') names.add(insn.name);
  }
  return names;
}
