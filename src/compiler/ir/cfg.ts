import { lazily, onceForEach, present } from '../../base/index.ts';
import { type Block, type BlockId, type Edge, edgesOf, type Func } from './func.ts';
import { emptyTable } from './table.ts';

/** The shape of a function: its reachable blocks in reverse postorder, with their predecessors. */
export interface Cfg {
  /** Reachable blocks, entry first; a block stands before its successors except along back edges. */
  readonly order: readonly Block[];
  /** Place in `order` by BlockId; -1 where unreachable. */
  readonly placeOf: Int32Array;
  /** By place: places of the blocks whose edges come in (reachable ones only), once per edge. */
  readonly preds: readonly (readonly number[])[];
  /** By place: places of the successors, in the order of the terminator's edges. */
  readonly succs: readonly (readonly number[])[];
}

/**
 * The reachable blocks and their order. Found once for each function: most passes ask for it and change nothing.
 *
 * Depth first without recursion; the true side of a branch is visited last, so it comes first in the order:
 * `block, then, else, join`.
 */
export const cfgOf = onceForEach(findCfg);

function findCfg(func: Func): Cfg {
  const blockOf = emptyTable<Block>(func.blockCount);
  for (const block of func.blocks) blockOf[block.id] = block;
  const state = new Int32Array(func.blockCount).fill(-2);
  const postorder: Block[] = [];
  const stack: { block: Block; edges: readonly Edge[]; left: number }[] = [];
  const visit = (id: BlockId): void => {
    if (state[id] !== -2) return;
    state[id] = -1;
    const block = present(blockOf[id], 'an edge goes to a block of the function');
    const edges = edgesOf(block.end);
    stack.push({ block, edges, left: edges.length });
  };
  visit(present(func.blocks[0], 'a function has an entry block').id);
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    if (top.left > 0) {
      visit(top.edges[--top.left]!.block);
    } else {
      postorder.push(top.block);
      stack.pop();
    }
  }
  const order = postorder.reverse();
  const placeOf = new Int32Array(func.blockCount).fill(-1);
  order.forEach((block, place) => {
    placeOf[block.id] = place;
  });
  const preds: number[][] = order.map(() => []);
  const succs = order.map((block, place) =>
    edgesOf(block.end).map((edge) => {
      const to = placeOf[edge.block]!;
      preds[to]!.push(place);
      return to;
    }),
  );
  return { order, placeOf, preds, succs };
}

/** The dominator tree over places of a `Cfg`. */
export interface Dominators {
  /** By place: the place of the immediate dominator; the entry's is itself. */
  readonly parent: Int32Array;
  /** By place: the blocks whose immediate dominator this is, in order. */
  readonly children: readonly (readonly number[])[];
  readonly spans: () => Spans;
}

/** By place: numbering of the dominator tree, so that `a` dominates `b` when its span includes b's. */
interface Spans {
  readonly enter: Int32Array;
  readonly leave: Int32Array;
}

/** The dominator tree, found once for each `Cfg`. Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm" (2001). */
export const dominatorsOf = onceForEach(findDominators);

function findDominators(cfg: Cfg): Dominators {
  const count = cfg.order.length;
  const parent = new Int32Array(count).fill(-1);
  parent[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let place = 1; place < count; place++) {
      let best = -1;
      for (const pred of cfg.preds[place]!) {
        if (parent[pred] === -1) continue;
        if (best === -1) {
          best = pred;
          continue;
        }
        let other = pred;
        while (best !== other) {
          while (best > other) best = parent[best]!;
          while (other > best) other = parent[other]!;
        }
      }
      if (parent[place] !== best) {
        parent[place] = best;
        changed = true;
      }
    }
  }
  const children: number[][] = cfg.order.map(() => []);
  for (let place = 1; place < count; place++) children[parent[place]!]!.push(place);
  return { parent, children, spans: lazily(() => numberTree(children)) };
}

function numberTree(children: Dominators['children']): Spans {
  const enter = new Int32Array(children.length);
  const leave = new Int32Array(children.length);
  let clock = 0;
  const stack: { place: number; next: number }[] = [{ place: 0, next: 0 }];
  enter[0] = clock++;
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const child = children[top.place]![top.next++];
    if (child === undefined) {
      leave[top.place] = clock++;
      stack.pop();
    } else {
      enter[child] = clock++;
      stack.push({ place: child, next: 0 });
    }
  }
  return { enter, leave };
}

/** Whether the block at place `a` is on every path from the entry to the block at place `b` (a block dominates itself). */
export function dominates(tree: Dominators, a: number, b: number): boolean {
  const { enter, leave } = tree.spans();
  return enter[a]! <= enter[b]! && leave[b]! <= leave[a]!;
}

/**
 * How many loops each block is in, by place. A loop is a back edge to a block that dominates its start, with all blocks
 * that reach the edge without passing that block.
 */
export function loopDepths(cfg: Cfg): Int32Array {
  const depth = new Int32Array(cfg.order.length);
  const mark = new Int32Array(cfg.order.length).fill(-1);
  for (let head = 0; head < cfg.order.length; head++) {
    const backwards = cfg.preds[head]!.filter((pred) => pred >= head);
    if (backwards.length === 0) continue;
    const work = backwards.filter((pred) => dominates(dominatorsOf(cfg), head, pred));
    if (work.length === 0) continue;
    mark[head] = head;
    depth[head]!++;
    for (let place = work.pop(); place !== undefined; place = work.pop()) {
      if (mark[place] === head) continue;
      mark[place] = head;
      depth[place]!++;
      work.push(...cfg.preds[place]!);
    }
  }
  return depth;
}

/**
 * Visits all blocks, each before those that it dominates: what was learnt on the way down is undone by what `enter` returns, when everything
 * below a block is done.
 */
export function walkDominated(tree: Dominators, enter: (place: number) => () => void): void {
  const stack: { readonly place: number; next: number; readonly leave: () => void }[] = [];
  const visit = (place: number): void => {
    stack.push({ place, next: 0, leave: enter(place) });
  };
  visit(0);
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const child = tree.children[top.place]![top.next++];
    if (child !== undefined) {
      visit(child);
      continue;
    }
    top.leave();
    stack.pop();
  }
}
