import { unreachable } from '../../base/index.ts';
import type { AccessSize, AluOp, AtomicOp, HelperName, JumpOp } from '../../bpf/index.ts';
import type { Line } from '../ir/index.ts';

/** A virtual register: the ValueId it came from, or a number above them for one made by selection. */
export type VReg = number;
/** No register: the other form of the operand (immediate, frame) is meant. */
export const NONE = -1;

/** What can be made anywhere without reading a register: never spilled, made again instead. */
export type Remat =
  | { readonly kind: 'const'; readonly value: bigint }
  /** The address of a byte of a stack slot. */
  | { readonly kind: 'frame'; readonly slot: number; readonly off: number }
  | { readonly kind: 'map'; readonly map: number }
  | { readonly kind: 'map-value'; readonly map: number; readonly off: number }
  | { readonly kind: 'ksym'; readonly name: string }
  | { readonly kind: 'func'; readonly name: string };

/** The map number that stands for the prog's own scratch map. */
export const SCRATCH_MAP = -1;

/** An operand that may be anywhere: in a register, in memory, or made on the spot. */
export type Operand = VReg | Remat;

/** An argument that is `base` + off. Only for addresses that are passed often, so that each need not be kept: those of scratch bytes. */
export interface OffsetOperand {
  readonly kind: 'offset';
  readonly base: VReg;
  readonly off: number;
}

/** Where a memory access goes: `base` + off, or, with base NONE, `off` bytes into a stack slot. */
export interface Place {
  readonly base: VReg;
  readonly slot: number;
  readonly off: number;
}

export type CallTarget =
  | { readonly kind: 'helper'; readonly name: HelperName }
  | { readonly kind: 'func'; readonly name: string }
  | { readonly kind: 'kfunc'; readonly name: string }
  /** A fetching atomic behaves like a call for the allocator: fixed registers, and it is rare. See `emit`. */
  | {
      readonly kind: 'atomic';
      readonly op: AtomicOp;
      readonly size: 4 | 8;
      readonly off: number;
    };

export interface MachineEdge {
  /** Index of the block in `MachineFunc.blocks`. */
  readonly block: number;
  readonly operands: readonly Operand[];
}

/** A condition: `a op b`, or `a op imm` with b NONE. */
export interface Condition {
  readonly op: JumpOp;
  readonly a: VReg;
  readonly b: VReg;
  readonly imm: number;
}

export type UnaryMachineOp =
  | 'neg'
  | 'zext32'
  | 'sext8'
  | 'sext16'
  | 'sext32'
  | 'swap16'
  | 'swap32'
  | 'swap64';

/** A BPF instruction, or a few, with virtual registers. */
export type MachineInsn = { readonly at: Line | undefined } & (
  | { readonly kind: 'label'; readonly block: number; readonly params: readonly VReg[] }
  | { readonly kind: 'set'; readonly dst: VReg; readonly value: Remat }
  /** dst = a op b, or a op imm with b NONE. */
  | {
      readonly kind: 'alu';
      readonly op: AluOp;
      readonly dst: VReg;
      readonly a: VReg;
      readonly b: VReg;
      readonly imm: number;
    }
  | { readonly kind: 'unary'; readonly op: UnaryMachineOp; readonly dst: VReg; readonly a: VReg }
  | {
      readonly kind: 'load';
      readonly size: AccessSize;
      readonly signed: boolean;
      readonly dst: VReg;
      readonly place: Place;
    }
  | {
      readonly kind: 'store';
      readonly size: AccessSize;
      readonly place: Place;
      readonly b: VReg;
      readonly imm: number;
    }
  /** An atomic without a result. */
  | {
      readonly kind: 'atomic';
      readonly op: AtomicOp;
      readonly size: 4 | 8;
      readonly place: Place;
      readonly b: VReg;
    }
  /** dst = condition ? x : y. */
  | {
      readonly kind: 'select';
      readonly dst: VReg;
      readonly test: Condition;
      readonly x: Operand;
      readonly y: Operand;
    }
  | {
      readonly kind: 'call';
      readonly target: CallTarget;
      readonly operands: readonly (Operand | OffsetOperand)[];
      /** NONE when nothing uses the result. */
      readonly dst: VReg;
    }
  | { readonly kind: 'jump'; readonly to: MachineEdge }
  | {
      readonly kind: 'branch';
      readonly test: Condition;
      readonly ifTrue: MachineEdge;
      readonly ifFalse: MachineEdge;
    }
  | { readonly kind: 'exit'; readonly operand: Operand }
);

export interface MachineBlock {
  /** Index of its label in `MachineFunc.insns`, and of the instruction after its terminator. */
  readonly from: number;
  readonly to: number;
  readonly preds: readonly number[];
  /** For the head of a loop: index of the last warm block that jumps back to it; else -1. */
  readonly loopEnd: number;
  /** Seldom reached: numbered, and laid out, behind all others. */
  readonly isCold: boolean;
}

export interface MachineFunc {
  readonly name: string;
  readonly insns: readonly MachineInsn[];
  /** In the order of their instructions, entry first. No edge is critical. */
  readonly blocks: readonly MachineBlock[];
  readonly vregCount: number;
  /** By VReg: how to make its value anywhere, where that is possible. */
  readonly remats: readonly (Remat | undefined)[];
}

/** The register a call passes operand number `index` in. */
export function argRegister(target: CallTarget, index: number): number {
  // A fetching atomic: the address in r1, the value in r2; cmpxchg (address, expected, value) expects `expected` in r0.
  if (target.kind === 'atomic' && target.op === 'cmpxchg') return [1, 0, 2][index]!;
  return index + 1;
}

/** The register a call leaves its result in. */
export function resultRegister(target: CallTarget): number {
  return target.kind === 'atomic' && target.op !== 'cmpxchg' ? 2 : 0;
}

/** Edges of a terminator. */
export function machineEdges(insn: MachineInsn): readonly MachineEdge[] {
  if (insn.kind === 'jump') return [insn.to];
  if (insn.kind === 'branch') return [insn.ifTrue, insn.ifFalse];
  return [];
}

/**
 * How an instruction reads a register.
 *
 * - reg: it must be in a register, which the result may take over.
 * - late: it must be in a register, and the result must be in another one.
 * - any: it may also be in memory.
 * - late-any: it may be in memory, and the result must be in another register.
 */
export type UseKind = 'reg' | 'late' | 'any' | 'late-any';

/** Calls `use` for every register that the instruction reads. */
export function forEachUse(insn: MachineInsn, use: (vreg: VReg, kind: UseKind) => void): void {
  switch (insn.kind) {
    case 'label':
    case 'set':
      return;
    case 'alu':
      use(insn.a, 'reg');
      // dst = a; dst -= b must not destroy b first. Commutative operations swap instead.
      if (insn.b !== NONE) use(insn.b, isCommutative(insn.op) ? 'reg' : 'late');
      return;
    case 'unary':
      use(insn.a, 'reg');
      return;
    case 'load':
      if (insn.place.base !== NONE) use(insn.place.base, 'reg');
      return;
    case 'store':
    case 'atomic':
      if (insn.place.base !== NONE) use(insn.place.base, 'reg');
      if (insn.b !== NONE) use(insn.b, 'reg');
      return;
    case 'select':
      // dst = x; if (test) skip; dst = y: dst is written before the test and y are read.
      use(insn.test.a, 'late');
      if (insn.test.b !== NONE) use(insn.test.b, 'late');
      if (typeof insn.x === 'number') use(insn.x, 'any');
      if (typeof insn.y === 'number') use(insn.y, 'late-any');
      return;
    case 'call':
      for (const operand of insn.operands) {
        if (typeof operand === 'number') use(operand, 'any');
        else if (operand.kind === 'offset') use(operand.base, 'any');
      }
      return;
    case 'jump':
      for (const operand of insn.to.operands) if (typeof operand === 'number') use(operand, 'any');
      return;
    case 'branch':
      use(insn.test.a, 'reg');
      if (insn.test.b !== NONE) use(insn.test.b, 'reg');
      for (const operand of insn.ifTrue.operands) if (typeof operand === 'number') use(operand, 'any');
      for (const operand of insn.ifFalse.operands) if (typeof operand === 'number') use(operand, 'any');
      return;
    case 'exit':
      if (typeof insn.operand === 'number') use(insn.operand, 'any');
      return;
    default:
      unreachable(insn);
  }
}

/** The register the instruction defines, if it defines exactly one; labels define their parameters. */
export function definedBy(insn: MachineInsn): VReg {
  switch (insn.kind) {
    case 'set':
    case 'alu':
    case 'unary':
    case 'load':
    case 'select':
    case 'call':
      return insn.dst;
    default:
      return NONE;
  }
}

export function isCommutative(op: AluOp): boolean {
  return op === 'add' || op === 'mul' || op === 'and' || op === 'or' || op === 'xor';
}
