import {
  type Block,
  type BlockId,
  cfgOf,
  definitionsOf,
  dominatorsOf,
  type Edge,
  type Func,
  type Insn,
  type Terminator,
  type ValueId,
  walkDominated,
  withArgs,
  withBody,
} from '../ir/index.ts';
import { constantOf, MAX_THREADED_INSNS, type Pass } from './pass.ts';

/**
 * Uses what a branch has shown in the blocks that only one of its sides leads to.
 *
 *     b0:  v2 = eq v1 7            (v3 = const 7)
 *          branch v2 b1 b2
 *     b1:  v4 = add v1 v0      ->  v4 = add v3 v0
 *          branch v2 b3 b4     ->  jump b3
 */
export const knownConditions: Pass = {
  name: 'known-conditions',
  run(func: Func): Func {
    if (!func.blocks.some(({ end }) => end.kind === 'branch')) return func;
    const cfg = cfgOf(func);
    const tree = dominatorsOf(cfg);
    const definitions = definitionsOf(func);
    /** Conditions whose outcome is known on the path to the current block, and values known to equal a constant. */
    const truths = new Map<ValueId, boolean>();
    const equals = new Map<ValueId, ValueId>();
    const changed = new Map<Block, Block>();
    // Passing a constant where a value is at hand only pays if the block's own branch can then be decided.
    const choosesSoon = new Set<BlockId>();
    for (const block of cfg.order) {
      if (block.params.length > 0 && block.end.kind === 'branch' && block.insns.length <= MAX_THREADED_INSNS)
        choosesSoon.add(block.id);
    }

    const learn = (cond: ValueId, outcome: boolean): (() => void) => {
      const undo: (() => void)[] = [];
      const note = (value: ValueId, isTrue: boolean): void => {
        if (truths.has(value)) return;
        truths.set(value, isTrue);
        undo.push(() => truths.delete(value));
        const test = definitions[value];
        if (test === undefined || (test.op !== 'eq' && test.op !== 'ne')) return;
        const [subject, other] = test.args as [ValueId, ValueId];
        const constant = constantOf(definitions, other);
        if (constant === undefined) return;
        if ((test.op === 'eq') === isTrue) {
          if (equals.has(subject)) return;
          equals.set(subject, other);
          undo.push(() => equals.delete(subject));
          if (constant === 0n) note(subject, false);
        } else if (constant === 0n) {
          note(subject, true);
        }
      };
      note(cond, outcome);
      return () => {
        for (const each of undo.reverse()) each();
      };
    };

    const rewrite = (block: Block): void => {
      if (truths.size === 0) return;
      const known = (value: ValueId): ValueId => equals.get(value) ?? value;
      let isChanged = false;
      const insns = block.insns.map((insn): Insn => {
        if (!insn.args.some((value) => equals.has(value))) return insn;
        isChanged = true;
        return withArgs(insn, insn.args.map(known));
      });
      const end = knownEnd(block.end, truths, known, (id) => choosesSoon.has(id));
      if (isChanged || end !== block.end) changed.set(block, withBody(block, insns, end));
    };

    walkDominated(tree, (place) => {
      let leave = (): void => {};
      const [pred, other] = cfg.preds[place]!;
      if (pred !== undefined && other === undefined) {
        const { end } = cfg.order[pred]!;
        if (end.kind === 'branch') leave = learn(end.cond, end.ifTrue.block === cfg.order[place]!.id);
      }
      rewrite(cfg.order[place]!);
      return leave;
    });
    if (changed.size === 0) return func;
    return { ...func, blocks: func.blocks.map((block) => changed.get(block) ?? block) };
  },
};

function knownEnd(
  end: Terminator,
  truths: ReadonlyMap<ValueId, boolean>,
  known: (value: ValueId) => ValueId,
  choosesSoon: (block: BlockId) => boolean,
): Terminator {
  const knownArgs = ({ block, args }: Edge): readonly ValueId[] =>
    choosesSoon(block) && args.some((value) => known(value) !== value) ? args.map(known) : args;
  switch (end.kind) {
    case 'return': {
      const value = known(end.value);
      return value === end.value ? end : { ...end, value };
    }
    case 'jump': {
      const args = knownArgs(end.to);
      return args === end.to.args ? end : { ...end, to: { ...end.to, args } };
    }
    case 'branch': {
      const outcome = truths.get(end.cond);
      if (outcome !== undefined) return { kind: 'jump', to: outcome ? end.ifTrue : end.ifFalse, at: end.at };
      const whenTrue = knownArgs(end.ifTrue);
      const whenFalse = knownArgs(end.ifFalse);
      if (whenTrue === end.ifTrue.args && whenFalse === end.ifFalse.args) return end;
      return {
        ...end,
        ifTrue: { ...end.ifTrue, args: whenTrue },
        ifFalse: { ...end.ifFalse, args: whenFalse },
      };
    }
  }
}
