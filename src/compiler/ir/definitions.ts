import { onceForEach } from '../../base/index.ts';
import { type Func, type Insn, noValue } from './func.ts';
import { emptyTable } from './table.ts';

/** By value: the instruction that defines it; undefined for parameters. */
export type Definitions = readonly (Insn | undefined)[];

/** Found once for each function. A pass that goes on to define values works on a copy. */
export const definitionsOf = onceForEach(findDefinitions);

function findDefinitions(func: Func): Definitions {
  const definitions = emptyTable<Insn>(func.valueCount);
  for (const block of func.blocks) {
    for (const insn of block.insns) if (insn.id !== noValue) definitions[insn.id] = insn;
  }
  return definitions;
}
