import type { CodeWriter } from './binary.ts';
import type { Block, Flow } from './blocks.ts';

/** What the structurer asks of the translator. */
export interface BlockEmitter {
  /** Writes a block's instructions but for its last jump. */
  body(block: number): void;
  /** Writes the condition (i32) under which a block that has two successors goes to the first one. */
  condition(block: number): void;
  /** Writes the return of a block without successors. */
  leave(block: number): void;
}

/**
 * Writes a function's blocks with WebAssembly's structured control flow.
 *
 * A block is written inside its immediate dominator. One that several forward edges lead to is placed behind a `block` that encloses its
 * dominator's code, so that these edges are branches out of it; a loop's head is in a `loop`, edges back are branches to it:
 *
 *          A                 block            ;; around A, because D comes behind
 *         / \                  A  if  B  br 1
 *        B   C       =>           else C  br 1  end
 *         \ /                end
 *          D                 D
 *
 * Source: Ramsey, Beyond Relooper (ICFP 2022). Works for reducible control flow, which is all that structured sources give; other
 * functions go through `writeDispatch`. The recursion of the paper is a list of tasks here: progs can be long.
 */
export function writeStructured(
  blocks: readonly Block[],
  flow: Flow,
  code: CodeWriter,
  emit: BlockEmitter,
): void {
  /** What encloses the current place, innermost last: a loop's head, what follows a block, or -1 for an `if`. */
  const labels: number[] = [];
  const NO_TARGET = -1;
  const tasks: (() => void)[] = [];
  /** Tasks run in the order given here, before those that were added earlier. */
  const then = (...next: readonly (() => void)[]): void => {
    for (let index = next.length - 1; index >= 0; index--) tasks.push(next[index]!);
  };
  const enclose = (kind: 'block' | 'loop' | 'if', label: number): void => {
    code.open(kind);
    labels.push(label);
  };
  const close = (): void => {
    code.end();
    labels.pop();
  };

  const tree = (block: number): void => {
    const followers = flow.dominated[block]!.filter((child) => flow.isMerge[child]);
    if (flow.isLoopHead[block]) {
      enclose('loop', block);
      then(() => within(block, followers), close);
    } else {
      within(block, followers);
    }
  };
  /** The block, with `followers` behind it: the last of them outermost. */
  const within = (block: number, followers: readonly number[]): void => {
    const last = followers.at(-1);
    if (last === undefined) {
      inner(block);
      return;
    }
    enclose('block', last);
    then(
      () => within(block, followers.slice(0, -1)),
      close,
      () => tree(last),
    );
  };
  const inner = (block: number): void => {
    emit.body(block);
    const [first, second] = blocks[block]!.successors;
    if (first === undefined) {
      emit.leave(block);
    } else if (second === undefined) {
      branch(block, first);
    } else {
      emit.condition(block);
      enclose('if', NO_TARGET);
      then(
        () => branch(block, first),
        () => code.op('else'),
        () => branch(block, second),
        close,
      );
    }
  };
  const branch = (from: number, to: number): void => {
    const isBack = flow.place[to]! <= flow.place[from]!;
    if (isBack || flow.isMerge[to]) code.br(labels.length - 1 - labels.lastIndexOf(to));
    else tree(to);
  };

  then(() => tree(0));
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) task();
  // Every path returned or branched; the type checker wants to hear it.
  code.op('unreachable');
}

/**
 * Writes a function's blocks as the cases of one switch in one loop, for flow that no nesting expresses. `state` is the local that holds the next
 * block's place.
 */
export function writeDispatch(
  blocks: readonly Block[],
  flow: Flow,
  code: CodeWriter,
  emit: BlockEmitter,
  state: number,
): void {
  const { order, place } = flow;
  code.i32(0).set(state).open('loop');
  for (let index = 0; index < order.length; index++) code.open('block');
  code.get(state).brTable(
    order.map((_block, index) => index),
    order.length - 1,
  );
  for (const [index, block] of order.entries()) {
    // Here end the blocks of all cases up to this one; the loop is outside of the remaining ones.
    code.end();
    const loop = order.length - 1 - index;
    emit.body(block);
    const [first, second] = blocks[block]!.successors;
    if (first === undefined) {
      emit.leave(block);
    } else if (second === undefined) {
      code.i32(place[first]!).set(state).br(loop);
    } else {
      code.i32(place[first]!).i32(place[second]!);
      emit.condition(block);
      code.op('select').set(state).br(loop);
    }
  }
  code.end().op('unreachable');
}
