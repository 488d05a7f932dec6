import { type Block, type Cfg, edgesOf, loopDepths } from '../ir/index.ts';

export interface BlockOrder {
  readonly blocks: readonly Block[];
  /** Which of them are cold; they are the last ones. */
  readonly isCold: readonly boolean[];
}

/**
 * The order in which blocks are numbered, allocated and laid out: a definition stands before what it dominates, loops stay
 * together where they can, cold blocks come last.
 *
 * Depth first; what is visited first ends up later. So the edge that leaves a loop is visited before the one that stays:
 *
 *     head ──▶ body ──▶ head        visited: head, exit…, body…        order: head, body…, exit…
 *       └────▶ exit
 */
export function orderBlocks(cfg: Cfg): BlockOrder {
  const depths = loopDepths(cfg);
  const postorder: number[] = [];
  const seen = new Uint8Array(cfg.order.length);
  const stack: { place: number; succs: readonly number[]; left: number }[] = [];
  const visit = (place: number): void => {
    if (seen[place] === 1) return;
    seen[place] = 1;
    const succs = cfg.succs[place]!;
    const [first, second] = succs;
    const leavesFirst = first !== undefined && second !== undefined && depths[first]! < depths[second]!;
    stack.push({ place, succs: leavesFirst ? [second, first] : succs, left: succs.length });
  };
  visit(0);
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    if (top.left > 0) {
      visit(top.succs[--top.left]!);
    } else {
      postorder.push(top.place);
      stack.pop();
    }
  }
  const warm = warmPlaces(cfg);
  const order = postorder.reverse();
  const places = [
    ...order.filter((place) => warm[place] === 1),
    ...order.filter((place) => warm[place] === 0),
  ];
  return {
    blocks: places.map((place) => cfg.order[place]!),
    isCold: places.map((place) => warm[place] === 0),
  };
}

/** 1 for blocks that are reached without taking a cold side. */
function warmPlaces(cfg: Cfg): Uint8Array {
  const warm = new Uint8Array(cfg.order.length);
  const work = [0];
  warm[0] = 1;
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    const { end } = cfg.order[place]!;
    edgesOf(end).forEach((edge, index) => {
      if (end.kind === 'branch' && end.cold === (index === 0 ? 'ifTrue' : 'ifFalse')) return;
      const to = cfg.placeOf[edge.block]!;
      if (warm[to] === 1) return;
      warm[to] = 1;
      work.push(to);
    });
  }
  return warm;
}
