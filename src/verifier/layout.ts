import {
  decodeInsns,
  InsnDecodeError,
  type Operation,
  operationOf,
  pseudoLoads,
  slotsOf,
} from '../bpf/index.ts';
import type { Prog } from '../program/index.ts';
import type { KernelProfile } from './kernel-profile.ts';
import { type RefusalKind, RefusedError } from './refusal.ts';

/** An instruction taken apart; `unknown` has bits that no instruction has. */
export type Step = Operation | { readonly kind: 'unknown'; readonly opcode: number };

/** A function: slots `start` to `end` (exclusive). */
export interface FuncLayout {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  /** Verified by itself: its parameters are any numbers. */
  readonly isGlobal: boolean;
  readonly params: number;
}

/** The shape of a prog, checked as the kernel does before it follows a single way. */
export interface Layout {
  /** By slot; undefined for the second slot of ld_imm64. */
  readonly steps: readonly (Step | undefined)[];
  readonly funcs: readonly FuncLayout[];
  /** Function of every slot. */
  readonly funcOf: Int32Array;
  /** Where ways can meet: targets of jumps. */
  readonly isTarget: Uint8Array;
  /** A bit per register that is still read from here on. */
  readonly live: Int32Array;
}

function refuse(insn: number, kind: RefusalKind, text: string): never {
  throw new RefusedError({ insn, kind, text });
}

/** Takes a prog apart. @throws RefusedError when its shape alone has it refused. */
export function layOut(prog: Prog, kernel: KernelProfile): Layout {
  const steps = readSteps(prog);
  const count = steps.length;
  if (count === 0) refuse(0, 'structure', 'the prog has no instructions');
  if (count > kernel.maxInsns)
    refuse(
      kernel.maxInsns,
      'size',
      `the prog has ${count} instructions; this kernel takes ${kernel.maxInsns}`,
    );
  const funcs = findFuncs(prog, steps);
  const funcOf = new Int32Array(count);
  for (const [index, { start, end }] of funcs.entries()) funcOf.fill(index, start, end);
  const isTarget = new Uint8Array(count);
  for (const { start, end } of funcs) {
    for (let slot = start; slot < end; slot++) {
      const to = jumpTarget(steps[slot], slot);
      if (to === undefined) continue;
      if (to < start || to >= end)
        refuse(slot, 'structure', `the jump goes to slot ${to}, outside of its function`);
      isTarget[to] = 1;
      if (to <= slot && !kernel.abilities.loops) refuse(slot, 'loop', 'this kernel takes no loops');
    }
    const last = lastStep(steps, start, end);
    const kind = steps[last]?.kind;
    if (kind !== 'exit' && kind !== 'goto')
      refuse(last, 'structure', 'the function goes on behind its last instruction');
  }
  checkReached(steps, funcs);
  return { steps, funcs, funcOf, isTarget, live: findLive(steps, funcs) };
}

function lastStep(steps: readonly (Step | undefined)[], start: number, end: number): number {
  return steps[end - 1] === undefined && end - 2 >= start ? end - 2 : end - 1;
}

function readSteps(prog: Prog): (Step | undefined)[] {
  const steps: (Step | undefined)[] = [];
  try {
    for (const insn of decodeInsns(prog.insns)) {
      const isKnown = insn.dst <= 10 && insn.src <= 10;
      steps.push((isKnown ? operationOf(insn) : undefined) ?? { kind: 'unknown', opcode: insn.opcode });
      if (slotsOf(insn) === 2) steps.push(undefined);
    }
  } catch (error) {
    if (error instanceof InsnDecodeError) refuse(error.slot, 'instruction', error.message);
    throw error;
  }
  return steps;
}

/** The function that an instruction calls or takes the address of. */
export function funcTarget(step: Step | undefined, slot: number): number | undefined {
  if (step?.kind === 'call-subprog') return slot + 1 + step.off;
  if (step?.kind === 'ld-imm64' && step.pseudo === pseudoLoads.BPF_PSEUDO_FUNC)
    return slot + 1 + Number(BigInt.asIntN(32, step.value));
  return undefined;
}

function findFuncs(prog: Prog, steps: readonly (Step | undefined)[]): FuncLayout[] {
  const starts = new Set([0]);
  for (const [slot, step] of steps.entries()) {
    const to = funcTarget(step, slot);
    if (to === undefined) continue;
    if (steps[to] === undefined) refuse(slot, 'structure', `there is no function at slot ${to}`);
    starts.add(to);
  }
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((start, index) => {
    const known = prog.funcs.find((func) => func.insn === start);
    return {
      start,
      end: sorted[index + 1] ?? steps.length,
      name: known?.name ?? `function at ${start}`,
      isGlobal: known?.isGlobal ?? false,
      params: known?.params ?? 5,
    };
  });
}

function jumpTarget(step: Step | undefined, slot: number): number | undefined {
  if (step?.kind === 'jump' || step?.kind === 'goto' || step?.kind === 'may-goto') return slot + 1 + step.off;
  return undefined;
}

/** Slots that may come next in the same function. */
function successors(steps: readonly (Step | undefined)[], slot: number): number[] {
  const step = steps[slot];
  const next = slot + (step?.kind === 'ld-imm64' ? 2 : 1);
  if (step?.kind === 'exit') return [];
  const to = jumpTarget(step, slot);
  if (to === undefined) return [next];
  return step?.kind === 'goto' ? [to] : [next, to];
}

/** Every instruction must be on some way, and no way may enter the second slot of ld_imm64. */
function checkReached(steps: readonly (Step | undefined)[], funcs: readonly FuncLayout[]): void {
  const reached = new Uint8Array(steps.length);
  for (const { start } of funcs) {
    const pending = [start];
    for (let slot = pending.pop(); slot !== undefined; slot = pending.pop()) {
      if (reached[slot] === 1) continue;
      reached[slot] = 1;
      for (const next of successors(steps, slot)) {
        if (next < steps.length && steps[next] === undefined)
          refuse(next - 1, 'structure', 'a jump goes into the middle of this instruction');
        if (next < steps.length) pending.push(next);
      }
    }
  }
  for (let slot = 0; slot < steps.length; slot++) {
    if (steps[slot] !== undefined && reached[slot] === 0)
      refuse(slot, 'structure', 'no way leads to this instruction');
  }
}

const ARGUMENTS = 0b11_1110;
const LOST_IN_CALLS = 0b11_1111;

/** Registers read and written by an instruction, as bits. */
function effects(step: Step | undefined): { readonly reads: number; readonly writes: number } {
  const bit = (reg: number): number => 1 << reg;
  const operand = (of: { kind: string; reg?: number }): number => (of.kind === 'reg' ? bit(of.reg!) : 0);
  switch (step?.kind) {
    case 'alu':
      return {
        reads: operand(step.operand) | (step.op === 'mov' ? 0 : bit(step.dst)),
        writes: bit(step.dst),
      };
    case 'neg':
    case 'endian':
      return { reads: bit(step.dst), writes: bit(step.dst) };
    case 'movsx':
      return { reads: bit(step.src), writes: bit(step.dst) };
    case 'load':
    case 'load-acquire':
      return { reads: bit(step.base), writes: bit(step.dst) };
    case 'store':
      return { reads: bit(step.base) | operand(step.value), writes: 0 };
    case 'store-release':
      return { reads: bit(step.base) | bit(step.src), writes: 0 };
    case 'atomic': {
      const isCompare = step.op === 'cmpxchg';
      return { reads: bit(step.base) | bit(step.src) | (isCompare ? 1 : 0), writes: 0 };
    }
    case 'ld-imm64':
      return { reads: 0, writes: bit(step.dst) };
    case 'ld-packet':
      return { reads: bit(6) | (step.index === undefined ? 0 : bit(step.index)), writes: LOST_IN_CALLS };
    case 'jump':
      return { reads: bit(step.dst) | operand(step.operand), writes: 0 };
    case 'call-helper':
    case 'call-subprog':
    case 'call-kfunc':
      return { reads: ARGUMENTS, writes: LOST_IN_CALLS };
    case 'exit':
      return { reads: 1, writes: 0 };
    default:
      return { reads: 0, writes: 0 };
  }
}

function findLive(steps: readonly (Step | undefined)[], funcs: readonly FuncLayout[]): Int32Array {
  const live = new Int32Array(steps.length);
  for (const { start, end } of funcs) {
    for (let isChanged = true; isChanged; ) {
      isChanged = false;
      for (let slot = end - 1; slot >= start; slot--) {
        if (steps[slot] === undefined) continue;
        let after = 0;
        for (const next of successors(steps, slot)) after |= live[next] ?? 0;
        const { reads, writes } = effects(steps[slot]);
        const before = (after & ~writes) | reads;
        if (before !== live[slot]) {
          live[slot] = before;
          isChanged = true;
        }
      }
    }
  }
  return live;
}
