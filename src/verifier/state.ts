import { STACK_SIZE } from '../bpf/index.ts';
import type { Scalar } from './scalar.ts';
import { coversValue, none, type Pointer, type Value } from './values.ts';

const SLOTS_PER_FRAME = STACK_SIZE / 8;

/** Eight bytes of the stack. */
export interface StackSlot {
  /** What was stored at the start of the slot, `size` bytes of it, and is still there. */
  readonly spill: Value | undefined;
  readonly size: number;
  /** Bytes that were written, bit 0 the first. */
  readonly written: number;
  /** Bytes known to be 0. */
  readonly zero: number;
  /** An iterator lies here: its reference, and whether it can still give something. */
  readonly iterator?: { readonly reference: number; readonly rounds: number };
}

/** How a frame goes on when its function ends. */
export type Continuation =
  | { readonly kind: 'prog' }
  | { readonly kind: 'call'; readonly returnTo: number }
  /** A helper called the function: the helper's own result follows. */
  | { readonly kind: 'callback'; readonly returnTo: number; readonly result: Value };

export interface Frame {
  readonly regs: Value[];
  /** Slot 0 is bytes -8 to -1 of the frame pointer. */
  readonly stack: (StackSlot | undefined)[];
  /** Index of the function. */
  readonly func: number;
  readonly then: Continuation;
}

/** States that were kept on the way that is being followed, the last one first. */
export interface Ancestors {
  readonly kept: State;
  readonly before: Ancestors | undefined;
}

/** One way through a prog, up to a point. */
export interface State {
  insn: number;
  frames: Frame[];
  /** What was acquired and has to be given back: id -> slot of the call. */
  references: ReadonlyMap<number, number>;
  /** Instructions from the start of the function under test. */
  steps: number;
  /** Branches that can go either way. */
  forks: number;
  /** Times that a helper or kernel function that repeats code was met: such loops end by themselves. */
  rounds: number;
  ancestors: Ancestors | undefined;
}

export function newFrame(func: number, then: Continuation): Frame {
  const regs: Value[] = Array.from({ length: 11 }, () => none);
  const stack = new Array<StackSlot | undefined>(SLOTS_PER_FRAME).fill(undefined);
  return { regs, stack, func, then };
}

export function copyState(state: State): State {
  const frames = state.frames.map((frame) => ({
    ...frame,
    regs: frame.regs.slice(),
    stack: frame.stack.slice(),
  }));
  return { ...state, frames };
}

/** Changes every place that holds a value `change` gives something else for. */
export function mapValues(state: State, change: (value: Value) => Value): void {
  for (const { regs, stack } of state.frames) {
    for (let reg = 0; reg < 10; reg++) regs[reg] = change(regs[reg]!);
    for (let index = 0; index < stack.length; index++) {
      const slot = stack[index];
      if (slot?.spill === undefined) continue;
      const spill = change(slot.spill);
      if (spill !== slot.spill) stack[index] = { ...slot, spill };
    }
  }
}

/** All pointers of the same id become null or not null. */
export function settleNull(state: State, pointer: Pointer, isNull: boolean, zero: Scalar): void {
  mapValues(state, (value) => {
    if (value.kind !== 'pointer' || !value.orNull || value.id !== pointer.id) return value;
    return isNull ? zero : { ...value, orNull: false };
  });
  // What is null need not be given back.
  if (isNull && pointer.to.space === 'memory' && pointer.to.reference !== 0) {
    const references = new Map(state.references);
    references.delete(pointer.to.reference);
    state.references = references;
  }
}

/**
 * Whether everything that can happen from `b` on can happen from `a` on too. `isLive` has a bit per register that is still read in the
 * innermost frame.
 */
export function coversState(a: State, b: State, isLive: number): boolean {
  if (a.frames.length !== b.frames.length || a.references.size !== b.references.size) return false;
  for (let depth = a.frames.length - 1; depth >= 0; depth--) {
    const [x, y] = [a.frames[depth]!, b.frames[depth]!];
    if (x.func !== y.func || x.then.kind !== y.then.kind) return false;
    if (x.then.kind !== 'prog' && y.then.kind !== 'prog' && x.then.returnTo !== y.then.returnTo) return false;
    const isInnermost = depth === a.frames.length - 1;
    for (let reg = 0; reg < 10; reg++) {
      const isCompared = isInnermost ? (isLive & (1 << reg)) !== 0 : reg >= 6;
      if (isCompared && !coversValue(x.regs[reg]!, y.regs[reg]!)) return false;
    }
    for (let index = 0; index < x.stack.length; index++) {
      if (!coversSlot(x.stack[index], y.stack[index])) return false;
    }
  }
  return true;
}

function coversSlot(a: StackSlot | undefined, b: StackSlot | undefined): boolean {
  if (a === b || a === undefined) return true;
  if (b === undefined) return false;
  if ((a.written & ~b.written) !== 0 || (a.zero & ~b.zero) !== 0) return false;
  if (a.iterator?.reference !== b.iterator?.reference) return false;
  if (a.spill === undefined) return true;
  return b.spill !== undefined && a.size === b.size && coversValue(a.spill, b.spill);
}

/** Whether a value that the comparison above looked at is one that some kernel knows better. */
export function hasVague(state: State, isLive: number): boolean {
  for (const [depth, { regs, stack }] of state.frames.entries()) {
    const isInnermost = depth === state.frames.length - 1;
    for (let reg = 0; reg < 10; reg++) {
      const isCompared = isInnermost ? (isLive & (1 << reg)) !== 0 : reg >= 6;
      if (isCompared && isVagueValue(regs[reg]!)) return true;
    }
    if (stack.some((slot) => slot?.spill !== undefined && isVagueValue(slot.spill))) return true;
  }
  return false;
}

function isVagueValue(value: Value): boolean {
  if (value.kind === 'scalar') return value.isVague;
  return value.kind === 'pointer' && value.variable?.isVague === true;
}
