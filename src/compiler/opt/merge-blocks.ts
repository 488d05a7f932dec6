import {
  type Block,
  type BlockId,
  cfgOf,
  edgesOf,
  type Func,
  noValue,
  printInsn,
  printTerminator,
  type ValueId,
} from '../ir/index.ts';
import { type Pass, usedOutside } from './pass.ts';

/**
 * Keeps one of several blocks that do the same and go on to the same place. From the ends of the function backwards, so that blocks
 * become equal once their successors are one.
 *
 *     b4:  v7 = const 0              b9:  v12 = const 0
 *          return v7                      return v12           ->  b9 is gone, what went there goes to b4
 *
 * Line references are not compared: the block that stays keeps its own.
 */
export const mergeEqualBlocks: Pass = {
  name: 'merge-equal-blocks',
  run(func: Func): Func {
    // The entry stays.
    if (func.blocks.length < 3) return func;
    const { order } = cfgOf(func);
    const outside = usedOutside(func.blocks, func.valueCount);
    /** Merged block -> the one that stands for it. */
    const standFor = new Map<BlockId, BlockId>();
    /** By shape: the first block that has it, until a second one comes; then all of them by their text. */
    const byShape = new Map<number, Block | Map<string, Block>>();
    for (let place = order.length - 1; place > 0; place--) {
      const block = order[place]!;
      const isPrivate =
        block.params.every((param) => outside[param] === 0) &&
        block.insns.every((insn) => insn.id === noValue || outside[insn.id] === 0) &&
        !accessesThroughParam(block);
      if (!isPrivate) continue;
      // Blocks of different shape are told apart without writing them down.
      let shape = block.insns.length * 31 + block.params.length;
      for (const insn of block.insns)
        shape = (Math.imul(shape, 31) + insn.op.length * 7 + insn.op.charCodeAt(0)) | 0;
      for (const edge of edgesOf(block.end))
        shape = (Math.imul(shape, 31) + (standFor.get(edge.block) ?? edge.block)) | 0;
      const found = byShape.get(shape);
      if (found === undefined) {
        byShape.set(shape, block);
        continue;
      }
      const byText = found instanceof Map ? found : new Map([[describe(found, standFor), found]]);
      byShape.set(shape, byText);
      const text = describe(block, standFor);
      const equal = byText.get(text);
      if (equal === undefined) byText.set(text, block);
      else standFor.set(block.id, equal.id);
    }
    if (standFor.size === 0) return func;
    const redirect = (id: BlockId): BlockId => standFor.get(id) ?? id;
    const blocks = func.blocks
      .filter((block) => !standFor.has(block.id))
      .map((block): Block => {
        const { end } = block;
        if (!edgesOf(end).some((edge) => standFor.has(edge.block))) return block;
        if (end.kind === 'jump')
          return { ...block, end: { ...end, to: { ...end.to, block: redirect(end.to.block) } } };
        if (end.kind !== 'branch') return block;
        return {
          ...block,
          end: {
            ...end,
            ifTrue: { ...end.ifTrue, block: redirect(end.ifTrue.block) },
            ifFalse: { ...end.ifFalse, block: redirect(end.ifFalse.block) },
          },
        };
      });
    return { ...func, blocks };
  },
};

/**
 * Whether a parameter is the address of an access. Two such blocks can be passed pointers of different kinds, and the verifier wants
 * one kind per instruction ("same insn cannot be used with different pointers").
 */
function accessesThroughParam(block: Block): boolean {
  return block.insns.some((insn) => 'off' in insn && insn.args.some((value) => block.params.includes(value)));
}

/** The block as text in which its own values are numbered from 0, and merged successors are named by what stands for them. */
function describe(block: Block, standFor: ReadonlyMap<BlockId, BlockId>): string {
  const numbers = new Map<ValueId, number>();
  const own = (value: ValueId): ValueId => {
    const number = numbers.get(value);
    // Own values are told from others by their sign.
    return (number === undefined ? value : -2 - number) as ValueId;
  };
  for (const param of block.params) numbers.set(param, numbers.size);
  const lines: string[] = [String(block.params.length)];
  for (const insn of block.insns) {
    if (insn.id !== noValue) numbers.set(insn.id, numbers.size);
    lines.push(
      printInsn({
        ...insn,
        id: insn.id === noValue ? noValue : own(insn.id),
        args: insn.args.map(own),
        at: undefined,
      }),
    );
  }
  const edge = (to: { readonly block: BlockId; readonly args: readonly ValueId[] }) => ({
    block: standFor.get(to.block) ?? to.block,
    args: to.args.map(own),
  });
  const { end } = block;
  switch (end.kind) {
    case 'jump':
      lines.push(printTerminator({ ...end, to: edge(end.to), at: undefined }));
      break;
    case 'branch':
      lines.push(
        printTerminator({
          ...end,
          cond: own(end.cond),
          ifTrue: edge(end.ifTrue),
          ifFalse: edge(end.ifFalse),
          cold: undefined,
          at: undefined,
        }),
      );
      break;
    case 'return':
      lines.push(printTerminator({ ...end, value: own(end.value), at: undefined }));
      break;
  }
  return lines.join('\n');
}
