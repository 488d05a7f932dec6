import { definitionsOf, type Func, type Insn, type ValueId, withBody } from '../ir/index.ts';
import { constantOf, mapKeeping, type Pass } from './pass.ts';

/**
 * Moves constant additions into the offset of the access. For ctx this is not a matter of speed: the verifier refuses arithmetic on it.
 *
 *     v1 = const 16
 *     v2 = add v0 v1
 *     v3 = load.8 v2+8        ->  v3 = load.8 v0+24
 */
export const foldAddresses: Pass = {
  name: 'fold-addresses',
  run(func: Func): Func {
    const definitions = definitionsOf(func);
    const reach = (address: ValueId, off: number): { base: ValueId; off: number } => {
      let base = address;
      let total = off;
      for (let insn = definitions[base]; insn?.op === 'add'; insn = definitions[base]) {
        const step = constantOf(definitions, insn.args[1]);
        if (step === undefined || step < -0x8000n || step > 0x7fffn) break;
        const next = total + Number(step);
        if (next < -0x8000 || next > 0x7fff) break;
        total = next;
        base = insn.args[0]!;
      }
      return { base, off: total };
    };
    const change = (insn: Insn): Insn => {
      switch (insn.op) {
        case 'load':
        case 'store':
        case 'atomic':
        case 'zero': {
          const { base, off } = reach(insn.args[0]!, insn.off);
          return base === insn.args[0] ? insn : { ...insn, args: [base, ...insn.args.slice(1)], off };
        }
        case 'copy': {
          const to = reach(insn.args[0]!, insn.off);
          const from = reach(insn.args[1]!, insn.fromOff);
          if (to.base === insn.args[0] && from.base === insn.args[1]) return insn;
          return { ...insn, args: [to.base, from.base], off: to.off, fromOff: from.off };
        }
        default:
          return insn;
      }
    };
    let changed = false;
    const blocks = func.blocks.map((block) => {
      const insns = mapKeeping(block.insns, change);
      if (insns === block.insns) return block;
      changed = true;
      return withBody(block, insns);
    });
    return changed ? { ...func, blocks } : func;
  },
};
