/** Blocks of machine code: which there are, their order, and one list of instructions made of all. */
import { type Block, cfgOf, type Edge, edgesOf, type Func } from '../ir/index.ts';
import type { MachineBlock, MachineFunc, MachineInsn } from './machine.ts';
import { orderBlocks } from './order.ts';

/** A block of its own for a critical edge. */
interface SplitEdge {
  readonly index: number;
  readonly edge: Edge;
}

interface BlockNumbers {
  /** The blocks of the function, in the order of their code but for cold ones. */
  readonly order: readonly Block[];
  /** By place in `order`: the edges out of it that get a block. */
  readonly splits: readonly (readonly SplitEdge[])[];
  /** By id of a block: its number. */
  readonly indexOf: Int32Array;
  readonly count: number;
  /** Blocks from here on are cold. */
  readonly warmCount: number;
}

/** Numbers a block, then the blocks for its critical edges; those on a cold edge together with the cold blocks. */
export function numberBlocks(func: Func): BlockNumbers {
  const cfg = cfgOf(func);
  const { blocks: order, isCold } = orderBlocks(cfg);
  const predCount = new Int32Array(func.blockCount);
  for (const block of order) for (const edge of edgesOf(block.end)) predCount[edge.block]!++;

  const indexOf = new Int32Array(func.blockCount).fill(-1);
  const splits: { readonly index: number; readonly edge: Edge }[][] = order.map(() => []);
  const coldById = new Uint8Array(func.blockCount);
  order.forEach((block, place) => {
    if (isCold[place]) coldById[block.id] = 1;
  });
  let count = 0;
  let warmCount = 0;
  for (const wantsCold of [false, true]) {
    order.forEach((block, place) => {
      if (isCold[place] === wantsCold) indexOf[block.id] = count++;
      const { end } = block;
      if (end.kind !== 'branch') return;
      for (const edge of [end.ifTrue, end.ifFalse]) {
        if (predCount[edge.block]! < 2) continue;
        const isColdEdge =
          isCold[place] === true ||
          coldById[edge.block] === 1 ||
          end.cold === (edge === end.ifTrue ? 'ifTrue' : 'ifFalse');
        if (isColdEdge === wantsCold) splits[place]!.push({ index: count++, edge });
      }
    });
    if (!wantsCold) warmCount = count;
  }
  return { order, splits, indexOf, count, warmCount };
}

/** One list of the blocks' instructions, and where each lies in it. Every list ends in a terminator. */
export function joinBlocks(
  lists: readonly MachineInsn[][],
  warmCount: number,
): Pick<MachineFunc, 'insns' | 'blocks'> {
  const insns: MachineInsn[] = [];
  const preds: number[][] = lists.map(() => []);
  const bounds = lists.map((list, index) => {
    const from = insns.length;
    for (const insn of list) insns.push(insn);
    const end = list[list.length - 1]!;
    if (end.kind === 'jump') preds[end.to.block]!.push(index);
    if (end.kind === 'branch') preds[end.ifTrue.block]!.push(index);
    if (end.kind === 'branch') preds[end.ifFalse.block]!.push(index);
    return { from, to: insns.length };
  });
  const blocks = bounds.map(
    (bound, index): MachineBlock => ({
      from: bound.from,
      to: bound.to,
      preds: preds[index]!,
      loopEnd: preds[index]!.reduce(
        (last, pred) => (pred >= index && pred < warmCount ? Math.max(last, pred) : last),
        -1,
      ),
      isCold: index >= warmCount,
    }),
  );
  return { insns, blocks };
}
