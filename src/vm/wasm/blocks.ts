import { helperIds, type Operation } from '../../bpf/index.ts';
import { type Code, type FuncRange, INSN_WORDS } from '../decode.ts';

/** Instructions that run one after the other: indexes `start` to `end` (exclusive). Jumps and tail calls are the last instruction only. */
export interface Block {
  readonly start: number;
  readonly end: number;
  /** Blocks it goes on in, by index: none after exit; for a condition first the one it jumps to, then the next. */
  readonly successors: readonly number[];
}

/** A function's blocks, the entry first. Blocks that nothing reaches are there as well. */
export function findBlocks(code: Code, func: FuncRange): Block[] {
  const starts = new Set([func.start]);
  for (let index = func.start; index < func.end; index++) {
    const operation = code.operations[index]!;
    if (!endsBlock(operation)) continue;
    if (index + 1 < func.end) starts.add(index + 1);
    if (isJump(operation)) starts.add(jumpTarget(code, index));
  }
  const sorted = [...starts].sort((a, b) => a - b);
  const indexOf = new Map(sorted.map((start, index) => [start, index]));
  const blockAt = (insn: number): number => indexOf.get(insn)!; // every target was added above
  return sorted.map((start, index): Block => {
    const end = sorted[index + 1] ?? func.end;
    const last = code.operations[end - 1]!;
    switch (last.kind) {
      case 'exit':
        return { start, end, successors: [] };
      case 'goto':
        return { start, end, successors: [blockAt(jumpTarget(code, end - 1))] };
      case 'jump':
      case 'may-goto':
        return { start, end, successors: [blockAt(jumpTarget(code, end - 1)), blockAt(end)] };
      default:
        return { start, end, successors: [blockAt(end)] };
    }
  });
}

/** A tail call ends a block as well: when it has its effect, what follows does not run and must not be counted. */
function endsBlock(operation: Operation): boolean {
  if (operation.kind === 'call-helper') return operation.id === helperIds.tail_call;
  return isJump(operation) || operation.kind === 'exit';
}

function isJump(operation: Operation): boolean {
  return operation.kind === 'jump' || operation.kind === 'goto' || operation.kind === 'may-goto';
}

/** The instruction a jump goes to. */
function jumpTarget(code: Code, index: number): number {
  return code.words[index * INSN_WORDS + 1]! / INSN_WORDS;
}

/** What is known of a function's flow of control. */
export interface Flow {
  /** Reachable blocks in reverse postorder, and each block's place in it (-1: not reachable). */
  readonly order: readonly number[];
  readonly place: Int32Array;
  /** Blocks that a block is the immediate dominator of, in reverse postorder. */
  readonly dominated: readonly (readonly number[])[];
  /** Whether more than one edge leads to it from before it in the order. */
  readonly isMerge: readonly boolean[];
  /** Whether an edge leads back to it. */
  readonly isLoopHead: readonly boolean[];
  /** Whether every edge back goes to a block that dominates where it comes from. */
  readonly isReducible: boolean;
}

/** Source of the dominator algorithm: Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm. */
export function analyseFlow(blocks: readonly Block[]): Flow {
  const order = reversePostorder(blocks);
  const place = new Int32Array(blocks.length).fill(-1);
  order.forEach((block, index) => {
    place[block] = index;
  });
  const predecessors: number[][] = blocks.map(() => []);
  for (const block of order) for (const next of blocks[block]!.successors) predecessors[next]!.push(block);

  const dominator = new Int32Array(blocks.length).fill(-1);
  dominator[0] = 0;
  const intersect = (a: number, b: number): number => {
    let [left, right] = [a, b];
    while (left !== right) {
      while (place[left]! > place[right]!) left = dominator[left]!;
      while (place[right]! > place[left]!) right = dominator[right]!;
    }
    return left;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of order.slice(1)) {
      let found = -1;
      for (const before of predecessors[block]!)
        if (dominator[before] !== -1) found = found === -1 ? before : intersect(before, found);
      if (dominator[block] !== found) {
        dominator[block] = found;
        changed = true;
      }
    }
  }
  const dominates = (above: number, below: number): boolean => {
    let block = below;
    while (place[block]! > place[above]!) block = dominator[block]!;
    return block === above;
  };

  const dominated: number[][] = blocks.map(() => []);
  for (const block of order.slice(1)) dominated[dominator[block]!]!.push(block);
  let isReducible = true;
  const isMerge: boolean[] = [];
  const isLoopHead: boolean[] = [];
  for (const [block, befores] of predecessors.entries()) {
    const forward = befores.filter((before) => place[before]! < place[block]!);
    isMerge[block] = forward.length > 1;
    isLoopHead[block] = forward.length < befores.length;
    for (const before of befores)
      if (place[before]! >= place[block]! && !dominates(block, before)) isReducible = false;
  }
  return { order, place, dominated, isMerge, isLoopHead, isReducible };
}

function reversePostorder(blocks: readonly Block[]): number[] {
  const seen = new Uint8Array(blocks.length);
  const order: number[] = [];
  const stack: { readonly block: number; next: number }[] = [{ block: 0, next: 0 }];
  seen[0] = 1;
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const next = blocks[top.block]!.successors[top.next++];
    if (next === undefined) {
      order.push(top.block);
      stack.pop();
    } else if (seen[next] === 0) {
      seen[next] = 1;
      stack.push({ block: next, next: 0 });
    }
  }
  return order.reverse();
}
