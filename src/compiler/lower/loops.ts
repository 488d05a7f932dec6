import { unreachable } from '../../base/index.ts';
import type { BlockId, ValueId } from '../ir/index.ts';
import type { TypedStatement } from '../typed/index.ts';
import { lowerStatements } from './blocks.ts';
import { lowerMapCallback, lowerRangeCallback } from './callback-loops.ts';
import { loop as boundedLoop, unroll } from './control.ts';
import { refuse } from './failure.ts';
import type { FuncContext, LoopContext } from './func-context.ts';
import { writeLocal } from './locals.ts';
import { everChanged, forget, forgetConstants, sometimesChanged } from './loop-forgetting.ts';
import { constantRounds, type Loop } from './loop-form.ts';
import { lowerScalar } from './lower-expr.ts';
import { lowerOutlined } from './outlined-loops.ts';
import { roundsOfRange } from './range-rounds.ts';
import { checkHelper } from './runtime-errors.ts';
import { isSigned } from './values.ts';

/** Most rounds of any loop. Source: include/linux/bpf_verifier.h, BPF_MAX_LOOPS. */
const MAX_ROUNDS = 8 * 1024 * 1024;
/** The iterator counts in a C int. */
const MAX_INT = 0x7fff_ffffn;

type RepeatLoop = Extract<Loop, { readonly kind: 'repeat' }>;
type WhileLoop = Extract<Loop, { readonly kind: 'while' }>;
type RangeLoop = Extract<Loop, { readonly kind: 'for-range' }>;

export function lowerLoop(f: FuncContext, loop: Loop): void {
  const form = f.prog.program.loopForms.of(loop);
  if (form.kind === 'impossible') refuse(loop.at, `this loop needs ${form.needs}, which this kernel lacks`);
  switch (loop.kind) {
    case 'repeat':
      if (form.kind === 'iterator') repeatWithIterator(f, loop);
      else if (form.kind === 'outlined') lowerOutlined(f, loop);
      else if (form.kind === 'unrolled') unroll(f, loop.count, () => lowerStatements(f, loop.body));
      else plainRepeat(f, loop);
      return;
    case 'while':
      if (form.kind === 'iterator') whileWithIterator(f, loop);
      else plainWhile(f, loop);
      return;
    case 'for-range':
      if (form.kind === 'callback') lowerRangeCallback(f, loop);
      else if (form.kind === 'iterator') rangeWithIterator(f, loop);
      else if (form.kind === 'outlined') lowerOutlined(f, loop);
      else if (form.kind === 'unrolled') unrolledRange(f, loop);
      else plainRange(f, loop);
      return;
    case 'for-map':
      lowerMapCallback(f, loop);
      return;
    default:
      unreachable(loop);
  }
}

/** Lowers a body inside a loop of this function. */
function inLoop(f: FuncContext, context: LoopContext, body: readonly TypedStatement[]): void {
  f.loops.push(context);
  lowerStatements(f, body);
  f.loops.pop();
}

function jumps(f: FuncContext, toBreak: BlockId, toContinue: BlockId): LoopContext {
  return { onBreak: () => f.b.jump(toBreak), onContinue: () => f.b.jump(toContinue) };
}

function plainRepeat(f: FuncContext, loop: RepeatLoop): void {
  const changed = sometimesChanged(f, loop.body);
  boundedLoop(
    f,
    loop.count,
    () => inLoop(f, { isCounted: true }, loop.body),
    () => forget(f, changed),
  );
}

function plainWhile(f: FuncContext, loop: WhileLoop): void {
  const { b } = f;
  const head = b.newBlock();
  const body = b.newBlock();
  const done = b.newBlock();
  b.jump(head);
  b.moveTo(head);
  b.branch(lowerScalar(f, loop.condition), body, done);
  b.enter(body);
  inLoop(f, jumps(f, done, head), loop.body);
  if (!b.isEnded) b.jump(head);
  b.sealBlock(head);
  b.enter(done);
}

function plainRange(f: FuncContext, loop: RangeLoop): void {
  const { b } = f;
  const end = lowerScalar(f, loop.to);
  const counter = b.declareVariable(lowerScalar(f, loop.from));
  const changed = sometimesChanged(f, loop.body);
  const head = b.newBlock();
  const body = b.newBlock();
  const next = b.newBlock();
  const done = b.newBlock();
  b.jump(head);
  b.moveTo(head);
  const index = b.readVariable(counter);
  b.branch(isBefore(f, loop, index, end), body, done);
  b.enter(body);
  writeLocal(f, loop.local, index);
  inLoop(f, { ...jumps(f, done, next), isCounted: true }, loop.body);
  if (!b.isEnded) b.jump(next);
  b.enter(next);
  forget(f, changed);
  b.writeVariable(counter, b.addConst(index, 1));
  b.jump(head);
  b.sealBlock(head);
  b.enter(done);
}

function isBefore(f: FuncContext, loop: RangeLoop, index: ValueId, end: ValueId): ValueId {
  return f.b.compare(isSigned(loop.from.type) ? 'slt' : 'ult', index, end);
}

function unrolledRange(f: FuncContext, loop: RangeLoop): void {
  const { b } = f;
  const from = lowerScalar(f, loop.from);
  unroll(f, constantRounds(loop.from, loop.to) ?? 0, ({ index, leave, next }) => {
    writeLocal(f, loop.local, b.binary('add', from, index));
    inLoop(f, { onBreak: leave, onContinue: next }, loop.body);
  });
}

/** Where the body of an iterator loop can go. */
interface IteratorBlocks {
  /** Number of the round, from 0. */
  readonly round: ValueId;
  readonly next: BlockId;
  /** The end of the loop, where the iterator is given back. */
  readonly finish: BlockId;
  readonly release: () => void;
}

/**
 * A loop around an open-coded iterator: the verifier goes round until it sees nothing new, however many rounds there are. The
 * iterator lives on the stack and has to be given back on every way out.
 *
 * Something new would be a counter whose value the verifier knows in every round, so what the body changes is made unknown first.
 */
function iterate(
  f: FuncContext,
  body: readonly TypedStatement[],
  rounds: ValueId,
  lowerBody: (blocks: IteratorBlocks) => void,
): void {
  const { b } = f;
  forgetConstants(f, everChanged(f, body));
  const iterator = b.slot(b.newSlot(8, 8, 'stack'));
  const started = b.callKfunc('bpf_iter_num_new', [iterator, b.const(0), rounds]);
  // Called what the helper for such loops is called, wherever it is not an iterator; it gives an int as well.
  checkHelper(f, 'loop', started, 'default');
  const head = b.newBlock();
  const inside = b.newBlock();
  const finish = b.newBlock();
  const release = (): void => {
    b.callKfunc('bpf_iter_num_destroy', [iterator]);
  };
  b.jump(head);
  b.moveTo(head);
  const current = b.callKfunc('bpf_iter_num_next', [iterator]);
  b.branch(b.compare('ne', current, b.const(0)), inside, finish);
  b.enter(inside);
  lowerBody({ round: b.load(4, current), next: head, finish, release });
  if (!b.isEnded) b.jump(head);
  b.sealBlock(head);
  b.enter(finish);
  release();
}

function repeatWithIterator(f: FuncContext, loop: RepeatLoop): void {
  iterate(f, loop.body, f.b.const(loop.count), ({ release }) => inLoop(f, { release }, loop.body));
}

function whileWithIterator(f: FuncContext, loop: WhileLoop): void {
  const { b } = f;
  iterate(f, loop.body, b.const(MAX_ROUNDS), ({ next, finish, release }) => {
    const body = b.newBlock();
    b.branch(lowerScalar(f, loop.condition), body, finish);
    b.enter(body);
    inLoop(f, { ...jumps(f, finish, next), release }, loop.body);
  });
}

/** The number of rounds is known before the first; more than the iterator can do are reported by its start. */
function rangeWithIterator(f: FuncContext, loop: RangeLoop): void {
  const { b } = f;
  const from = lowerScalar(f, loop.from);
  const count = roundsOfRange(f, loop, from, MAX_INT);
  iterate(f, loop.body, count, ({ round, next, finish, release }) => {
    writeLocal(f, loop.local, b.binary('add', from, round));
    inLoop(f, { ...jumps(f, finish, next), release }, loop.body);
  });
}
