import {
  type Block,
  type BlockId,
  cfgOf,
  definitionsOf,
  type Edge,
  type Func,
  type Insn,
  noValue,
  type Terminator,
  type ValueId,
} from '../ir/index.ts';
import type { Pass } from './pass.ts';

/**
 * Turns a branch that only chooses a value into a select, which needs no jump around the other side.
 *
 *     branch v1 b1 b2
 *     b1: v2 = const 5; jump b3(v2)       ->  v2 = const 5
 *     b2: jump b3(v0)                         v4 = select v1 v2 v0
 *     b3(v4): …                               jump b3, which needs no parameter
 *
 * Only when one number is chosen: of several, each select would test again.
 */
export const selectDiamonds: Pass = {
  name: 'select-diamonds',
  run(func: Func): Func {
    if (!func.blocks.some(({ end }) => isEvenBranch(end))) return func;
    const cfg = cfgOf(func);
    const definitions = definitionsOf(func);
    let { valueCount } = func;
    const changed = new Map<Block, Block>();
    const blockOf = (id: BlockId): Block => cfg.order[cfg.placeOf[id]!]!;
    const predCount = (id: BlockId): number => cfg.preds[cfg.placeOf[id]!]!.length;

    /** Where an edge leads through a block with nothing but constants, and these constants. */
    const arm = (edge: Edge): { readonly to: Edge; readonly insns: readonly Insn[] } => {
      const block = blockOf(edge.block);
      const isTransparent =
        block.end.kind === 'jump' &&
        predCount(edge.block) === 1 &&
        block.params.length === 0 &&
        block.insns.every((insn) => insn.op === 'const');
      return isTransparent && block.end.kind === 'jump'
        ? { to: block.end.to, insns: block.insns }
        : { to: edge, insns: [] };
    };

    for (const block of cfg.order) {
      const { end } = block;
      if (!isEvenBranch(end)) continue;
      const whenTrue = arm(end.ifTrue);
      const whenFalse = arm(end.ifFalse);
      if (whenTrue.to.block !== whenFalse.to.block || whenTrue.to.block === block.id) continue;
      const differing = whenTrue.to.args.flatMap((value, index) =>
        value === whenFalse.to.args[index] ? [] : [index],
      );
      const [chosen] = differing;
      if (differing.length !== 1 || chosen === undefined) continue;
      const [a, b] = [whenTrue.to.args[chosen]!, whenFalse.to.args[chosen]!];
      if (!isNumber(definitions, a) || !isNumber(definitions, b)) continue;
      const id = valueCount++ as ValueId;
      const select: Insn = { id, op: 'select', args: [end.cond, a, b], at: end.at };
      const jump: Terminator = {
        kind: 'jump',
        to: { block: whenTrue.to.block, args: whenTrue.to.args.with(chosen, id) },
        at: end.at,
      };
      changed.set(block, {
        ...block,
        insns: [...block.insns, ...whenTrue.insns, ...whenFalse.insns, select],
        end: jump,
      });
    }
    if (changed.size === 0) return func;
    // The arms are not reached any more; their constants are defined in the block now, so they have to go at once.
    const blocks = func.blocks.map((block) => changed.get(block) ?? block);
    const reached = new Set(cfgOf({ ...func, blocks, valueCount }).order);
    return { ...func, blocks: blocks.filter((block) => reached.has(block)), valueCount };
  },
};

/** Whether both ways of a branch are taken often. */
function isEvenBranch(end: Terminator): end is Terminator & { readonly kind: 'branch' } {
  return end.kind === 'branch' && end.cold === undefined;
}

/** Whether a value is certainly not an address: pointers are chosen by branches, so that each keeps its kind. */
function isNumber(definitions: readonly (Insn | undefined)[], value: ValueId): boolean {
  const insn = definitions[value];
  if (insn === undefined || insn.id === noValue) return false;
  switch (insn.op) {
    case 'add':
    case 'sub':
      return insn.args.every((arg) => isNumber(definitions, arg));
    case 'select':
      return true;
    case 'slot':
    case 'mapFd':
    case 'mapValue':
    case 'ksym':
    case 'funcAddr':
    case 'call':
    case 'callFunc':
    case 'callKfunc':
      return false;
    case 'load':
      // Eight bytes can be a pointer that the verifier knows.
      return insn.size < 8;
    default:
      return true;
  }
}
