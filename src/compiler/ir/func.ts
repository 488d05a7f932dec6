import type { Brand } from '../../base/index.ts';
import type { HelperName } from '../../bpf/index.ts';
import { type AtomicKind, atomics, type BinaryOp, type CompareOp, opFacts, type UnaryOp } from './op.ts';

/** A value: defined once, by an instruction, a block parameter or a function parameter. Dense from 0 within a Func. */
export type ValueId = Brand<number, 'ValueId'>;
/** A basic block; the number names it and says nothing about its place. Less than `Func.blockCount`. */
export type BlockId = Brand<number, 'BlockId'>;
/** A temporary in memory; an index of `Func.slots`. */
export type SlotId = Brand<number, 'SlotId'>;

/** The `id` of an instruction without a result. */
export const noValue = -1 as ValueId;

/** A place in the script: an index into a table that whoever builds the IR keeps. The IR only carries it along. */
export type Line = number;

export type MemorySize = 1 | 2 | 4 | 8;
/** What an address is known to be a multiple of (of the address the range starts at). */
export type Alignment = MemorySize;

/**
 * What a helper call may do.
 *
 * - stable: no effect, and the same result all through one event (pid_tgid, the current task, …): one call serves all.
 * - reads: no effect, but the result may differ from call to call; it may be removed when nothing uses the result.
 * - writes: anything.
 */
export type CallEffect = 'stable' | 'reads' | 'writes';

interface Shared {
  /** What it defines, or `noValue`. */
  readonly id: ValueId;
  readonly args: readonly ValueId[];
  readonly at: Line | undefined;
}

export type Insn =
  | (Shared & { readonly op: BinaryOp | UnaryOp | CompareOp | 'select' })
  /** The value as a signed 64-bit number. */
  | (Shared & { readonly op: 'const'; readonly value: bigint })
  | (Shared & { readonly op: 'slot' | 'slotStart'; readonly slot: SlotId })
  | (Shared & { readonly op: 'mapFd'; readonly map: number })
  | (Shared & { readonly op: 'mapValue'; readonly map: number; readonly off: number })
  | (Shared & { readonly op: 'ksym' | 'funcAddr' | 'callFunc' | 'callKfunc'; readonly name: string })
  | (Shared & {
      readonly op: 'load';
      readonly size: MemorySize;
      readonly signed: boolean;
      readonly off: number;
    })
  | (Shared & { readonly op: 'store'; readonly size: MemorySize; readonly off: number })
  | (Shared & {
      readonly op: 'atomic';
      readonly kind: AtomicKind;
      readonly size: 4 | 8;
      readonly off: number;
    })
  | (Shared & {
      readonly op: 'copy';
      readonly bytes: number;
      readonly off: number;
      readonly fromOff: number;
      /** Of both addresses, offsets included. */
      readonly align: Alignment;
    })
  | (Shared & {
      readonly op: 'zero';
      readonly bytes: number;
      readonly off: number;
      readonly align: Alignment;
    })
  | (Shared & { readonly op: 'call'; readonly helper: HelperName; readonly effect: CallEffect });

/** Where control goes, with the arguments for the block's parameters. */
export interface Edge {
  readonly block: BlockId;
  readonly args: readonly ValueId[];
}

/** How a block ends; `To` is an edge to another one. */
export type TerminatorTo<To> =
  | { readonly kind: 'jump'; readonly to: To; readonly at: Line | undefined }
  /** `ifTrue` where cond is not 0. */
  | {
      readonly kind: 'branch';
      readonly cond: ValueId;
      readonly ifTrue: To;
      readonly ifFalse: To;
      /** Which way is seldom taken; it is laid out away from the main path. */
      readonly cold: 'ifTrue' | 'ifFalse' | undefined;
      readonly at: Line | undefined;
    }
  | { readonly kind: 'return'; readonly value: ValueId; readonly at: Line | undefined };

export type Terminator = TerminatorTo<Edge>;

export interface Block {
  readonly id: BlockId;
  readonly params: readonly ValueId[];
  readonly insns: readonly Insn[];
  readonly end: Terminator;
}

/** Bytes for the length of a run of the function. What they hold at the start is unknown. */
export interface Slot {
  readonly bytes: number;
  readonly align: Alignment;
  /** The kernel wants it on the stack whatever its size: an open-coded iterator, what a callback is given. */
  readonly onStack?: true;
}

/** prog: an entry point, its only parameter is the ctx. subprog: called by name; takes and gives numbers. callback: called by a helper. */
export type FuncRole = 'prog' | 'subprog' | 'callback';

/**
 * A function in SSA form. Blocks have parameters where other IRs have phis:
 *
 *     func count(v0) prog {
 *       slot s0 8 align 8
 *     b0:
 *       v1 = call get_current_pid_tgid() stable
 *       v2 = const 32
 *       v3 = lshr v1 v2
 *       branch v3 b1(v3) b2
 *     b1(v4):
 *       …
 */
export interface Func {
  readonly name: string;
  readonly role: FuncRole;
  readonly params: readonly ValueId[];
  /** In the order they were made; the first is the entry, which nothing jumps to and which has no parameters. */
  readonly blocks: readonly Block[];
  readonly slots: readonly Slot[];
  /** One more than the largest ValueId and BlockId in use, or more. */
  readonly valueCount: number;
  readonly blockCount: number;
}

/** The edges that leave a block, in order. */
export function edgesOf<To>(end: TerminatorTo<To>): readonly To[] {
  switch (end.kind) {
    case 'jump':
      return [end.to];
    case 'branch':
      return [end.ifTrue, end.ifFalse];
    case 'return':
      return [];
  }
}

/** Whether an instruction may go when nothing uses its result. */
export function isRemovable(insn: Insn): boolean {
  if (insn.op === 'call') return insn.effect !== 'writes';
  return opFacts(insn.op).effect !== 'write';
}

/** Whether an equal instruction that dominates it can stand for it, whatever happens in between. */
export function isRepeatable(insn: Insn): boolean {
  if (insn.op === 'call') return insn.effect === 'stable';
  return opFacts(insn.op).effect === 'none';
}

/** Whether an instruction may change memory. */
export function writesMemory(insn: Insn): boolean {
  if (insn.op === 'call') return insn.effect === 'writes';
  return opFacts(insn.op).effect === 'write' && insn.op !== 'slotStart';
}

/** Number of operands an instruction must have, or undefined for up to `MAX_CALL_ARGS`. */
export function argCount(insn: Insn): number | undefined {
  if (insn.op === 'atomic') return atomics[insn.kind].args;
  const { args } = opFacts(insn.op);
  return args === 'any' ? undefined : args;
}
