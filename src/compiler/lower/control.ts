import type { BlockId, ValueId } from '../ir/index.ts';
import type { FuncContext } from './func-context.ts';

/** Runs `then` where `condition` is not 0, `otherwise` elsewhere. */
export function branch(
  f: FuncContext,
  condition: ValueId,
  then: () => void,
  otherwise?: () => void,
  cold?: 'then' | 'otherwise',
): void {
  const { b } = f;
  const thenBlock = b.newBlock();
  const join = b.newBlock();
  const otherBlock = otherwise === undefined ? join : b.newBlock();
  b.branch(condition, thenBlock, otherBlock, coldEdge(cold));
  b.enter(thenBlock);
  then();
  if (!b.isEnded) b.jump(join);
  if (otherwise !== undefined) {
    b.enter(otherBlock);
    otherwise();
    if (!b.isEnded) b.jump(join);
  }
  b.enter(join);
}

/** The value of `then` where `condition` is not 0, that of `otherwise` elsewhere; only one of them runs. */
export function choose(
  f: FuncContext,
  condition: ValueId,
  then: () => ValueId,
  otherwise: () => ValueId,
  cold?: 'then' | 'otherwise',
): ValueId {
  const { b } = f;
  const thenBlock = b.newBlock();
  const otherBlock = b.newBlock();
  const join = b.newBlock();
  const result = b.blockParam(join);
  b.branch(condition, thenBlock, otherBlock, coldEdge(cold));
  b.enter(thenBlock);
  joinWith(then());
  b.enter(otherBlock);
  joinWith(otherwise());
  b.enter(join);
  return result;

  function joinWith(value: ValueId): void {
    if (!b.isEnded) b.jump(join, [value]);
  }
}

function coldEdge(cold: 'then' | 'otherwise' | undefined): { readonly cold?: 'ifTrue' | 'ifFalse' } {
  if (cold === undefined) return {};
  return { cold: cold === 'then' ? 'ifTrue' : 'ifFalse' };
}

/** What the rounds of `repeat` are given. */
export interface Round {
  /** 0 in the first. */
  readonly index: ValueId;
  /** Ends the loop where `when` is not 0. */
  readonly leaveWhen: (when: ValueId) => void;
  /** Ends the block, and with it the loop or the round. */
  readonly leave: () => void;
  readonly next: () => void;
}

/**
 * Runs `body` up to `count` times: as a loop that the verifier can count along with, or repeated in place where the target has no
 * loops. What the rounds hand on goes through builder variables.
 */
export function repeat(f: FuncContext, count: number, body: (round: Round) => void): void {
  if (f.prog.program.target.has('bounded-loops')) loop(f, count, body);
  else unroll(f, count, body);
}

/** @param endOfRound what is done last in every round, however the body ended it. */
export function loop(
  f: FuncContext,
  count: number,
  body: (round: Round) => void,
  endOfRound?: () => void,
): void {
  const { b } = f;
  const head = b.newBlock();
  const inside = b.newBlock();
  const next = b.newBlock();
  const done = b.newBlock();
  const counter = b.declareVariable(b.const(0));
  b.jump(head);
  b.moveTo(head);
  const index = b.readVariable(counter);
  b.branch(b.compare('ult', index, b.const(count)), inside, done);
  b.enter(inside);
  body(roundAt(f, index, next, done));
  if (!b.isEnded) b.jump(next);
  b.enter(next);
  endOfRound?.();
  b.writeVariable(counter, b.addConst(index, 1));
  b.jump(head);
  b.sealBlock(head);
  b.enter(done);
}

export function unroll(f: FuncContext, count: number, body: (round: Round) => void): void {
  const { b } = f;
  const done = b.newBlock();
  for (let i = 0; i < count && !b.isEnded; i++) {
    const next = b.newBlock();
    body(roundAt(f, b.const(i), next, done));
    if (!b.isEnded) b.jump(next);
    b.enter(next);
  }
  if (!b.isEnded) b.jump(done);
  b.enter(done);
}

function roundAt(f: FuncContext, index: ValueId, next: BlockId, done: BlockId): Round {
  const { b } = f;
  return {
    index,
    leaveWhen: (when) => {
      const stay = b.newBlock();
      b.branch(when, done, stay);
      b.enter(stay);
    },
    leave: () => b.jump(done),
    next: () => b.jump(next),
  };
}
