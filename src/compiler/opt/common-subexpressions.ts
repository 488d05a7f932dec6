import {
  type Block,
  cfgOf,
  dominatorsOf,
  type Func,
  type Insn,
  isRepeatable,
  opFacts,
  type ValueId,
  walkDominated,
  withBody,
} from '../ir/index.ts';
import { type Pass, Replacements } from './pass.ts';

/**
 * Uses a value again instead of computing it again, where the first computation dominates the second.
 *
 *     v1 = call get_current_pid_tgid() stable
 *     …
 *     v7 = call get_current_pid_tgid() stable     ->  v1
 *     v8 = load.8 v0+16                           (v0 is the ctx, which nothing changes: an earlier load of it serves)
 *
 * The dominator tree is walked with a table that has a layer per block on the path from the entry.
 */
export const commonSubexpressions: Pass = {
  name: 'common-subexpressions',
  run(func: Func): Func {
    const cfg = cfgOf(func);
    const tree = dominatorsOf(cfg);
    const ctx = func.role === 'prog' ? func.params[0] : undefined;
    const replacements = new Replacements();
    const known = new Map<string, ValueId>();
    const changed = new Map<Block, readonly Insn[]>();

    /** Enters the block's values; returns what to take out again. */
    const enter = (block: Block): string[] => {
      const added: string[] = [];
      let list: Insn[] | undefined;
      block.insns.forEach((original, index) => {
        const insn = replacements.inInsn(original);
        const isShared = isRepeatable(insn) || (insn.op === 'load' && insn.args[0] === ctx);
        if (isShared) {
          const key = keyOf(insn);
          const found = known.get(key);
          if (found !== undefined) {
            replacements.set(insn.id, found);
            list ??= block.insns.slice(0, index);
            return;
          }
          known.set(key, insn.id);
          added.push(key);
        }
        if (insn !== original) list ??= block.insns.slice(0, index);
        list?.push(insn);
      });
      if (list !== undefined) changed.set(block, list);
      return added;
    };

    walkDominated(tree, (place) => {
      const added = enter(cfg.order[place]!);
      return () => {
        for (const key of added) known.delete(key);
      };
    });
    if (replacements.isEmpty) return func;
    const blocks = func.blocks.map((block) => {
      const insns = changed.get(block);
      return insns === undefined ? block : withBody(block, insns);
    });
    return replacements.inFunc({ ...func, blocks });
  },
};

/** Equal for instructions that compute the same. */
function keyOf(insn: Insn): string {
  switch (insn.op) {
    case 'const':
      return `#${insn.value}`;
    case 'slot':
      return `s${insn.slot}`;
    case 'mapFd':
      return `m${insn.map}`;
    case 'mapValue':
      return `v${insn.map}+${insn.off}`;
    case 'ksym':
    case 'funcAddr':
      return `${insn.op} ${insn.name}`;
    case 'call':
      return `call ${insn.helper} ${insn.args.join(' ')}`;
    case 'load':
      return `load${insn.size}${insn.signed ? 's' : ''} ${insn.args[0]}+${insn.off}`;
    default: {
      const { op, args } = insn;
      if (args.length !== 2) return `${op} ${args.join(' ')}`;
      const a = args[0]!;
      const b = args[1]!;
      return opFacts(op).commutative && a > b ? `${op} ${b} ${a}` : `${op} ${a} ${b}`;
    }
  }
}
