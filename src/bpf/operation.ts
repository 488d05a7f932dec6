import { pseudoCalls } from './flags.ts';
import { type Insn, LD_IMM64 } from './insn.ts';
import {
  type AccessSize,
  type AluOp,
  type AtomicOp,
  aluOps,
  atomicOps,
  BPF_CALL,
  BPF_END,
  BPF_EXIT,
  BPF_FETCH,
  BPF_JA,
  BPF_JCOND,
  BPF_LOAD_ACQ,
  BPF_NEG,
  BPF_STORE_REL,
  type JumpOp,
  jumpOps,
  modeBits,
  opClasses,
} from './opcodes.ts';

/** The second operand of arithmetic, comparisons and stores. */
export type Operand =
  | { readonly kind: 'reg'; readonly reg: number }
  | { readonly kind: 'imm'; readonly imm: number };

/**
 * What an instruction means, with its bits taken apart: the form that the disassembler, the machine and the verifier switch over, so
 * that opcode bytes are understood in one place. Offsets of jumps count slots from the next instruction.
 */
export type Operation =
  | {
      readonly kind: 'alu';
      readonly op: AluOp;
      readonly width: 32 | 64;
      readonly dst: number;
      readonly operand: Operand;
    }
  | { readonly kind: 'neg'; readonly width: 32 | 64; readonly dst: number }
  /** `dst = (s<bits>)src`, kept to `width` bits. */
  | {
      readonly kind: 'movsx';
      readonly width: 32 | 64;
      readonly bits: 8 | 16 | 32;
      readonly dst: number;
      readonly src: number;
    }
  /** `le` and `be` convert from and to the host's order; `swap` always swaps. */
  | {
      readonly kind: 'endian';
      readonly to: 'le' | 'be' | 'swap';
      readonly bits: 16 | 32 | 64;
      readonly dst: number;
    }
  | {
      readonly kind: 'load';
      readonly size: AccessSize;
      readonly signed: boolean;
      readonly dst: number;
      readonly base: number;
      readonly off: number;
    }
  | {
      readonly kind: 'store';
      readonly size: AccessSize;
      readonly base: number;
      readonly off: number;
      readonly value: Operand;
    }
  | {
      readonly kind: 'atomic';
      readonly op: AtomicOp;
      readonly fetch: boolean;
      readonly size: 4 | 8;
      readonly base: number;
      readonly off: number;
      readonly src: number;
    }
  | {
      readonly kind: 'load-acquire';
      readonly size: AccessSize;
      readonly dst: number;
      readonly base: number;
      readonly off: number;
    }
  | {
      readonly kind: 'store-release';
      readonly size: AccessSize;
      readonly base: number;
      readonly off: number;
      readonly src: number;
    }
  /** `pseudo` is a row of `pseudoLoads` or 0. */
  | { readonly kind: 'ld-imm64'; readonly dst: number; readonly pseudo: number; readonly value: bigint }
  /** Packet access of classic BPF: `index` is the register of the indirect form. */
  | {
      readonly kind: 'ld-packet';
      readonly size: 1 | 2 | 4;
      readonly index: number | undefined;
      readonly imm: number;
    }
  | {
      readonly kind: 'jump';
      readonly op: JumpOp;
      readonly width: 32 | 64;
      readonly dst: number;
      readonly operand: Operand;
      readonly off: number;
    }
  /** `long` is gotol. */
  | { readonly kind: 'goto'; readonly off: number; readonly long: boolean }
  | { readonly kind: 'may-goto'; readonly off: number }
  | { readonly kind: 'call-helper'; readonly id: number }
  | { readonly kind: 'call-subprog'; readonly off: number }
  | { readonly kind: 'call-kfunc'; readonly btfId: number; readonly btfFdIndex: number }
  | { readonly kind: 'exit' };

const sizesByBits: readonly AccessSize[] = [4, 2, 1, 8];

// Tables keyed by the bits, made once from the rows of opcodes.ts.
const aluByCode = new Map<number, AluOp>();
for (const [name, row] of Object.entries(aluOps)) aluByCode.set((row.code << 16) | row.off, name as AluOp);
const jumpsByCode = new Map<number, JumpOp>();
for (const [name, row] of Object.entries(jumpOps)) jumpsByCode.set(row.code, name as JumpOp);
const atomicsByImm = new Map<number, AtomicOp>();
for (const [name, row] of Object.entries(atomicOps)) atomicsByImm.set(row.imm, name as AtomicOp);

/** Takes an instruction apart; undefined when the instruction set has none with these bits. */
export function operationOf(insn: Insn): Operation | undefined {
  const opClass = insn.opcode & 0x07;
  switch (opClass) {
    case opClasses.BPF_ALU:
      return arithmetic(insn, 32);
    case opClasses.BPF_ALU64:
      return arithmetic(insn, 64);
    case opClasses.BPF_JMP:
      return branch(insn, 64);
    case opClasses.BPF_JMP32:
      return branch(insn, 32);
    default:
      return memory(insn, opClass);
  }
}

function operandOf(insn: Insn): Operand {
  return insn.opcode & 0x08 ? { kind: 'reg', reg: insn.src } : { kind: 'imm', imm: insn.imm };
}

function arithmetic(insn: Insn, width: 32 | 64): Operation | undefined {
  const { dst, src, off, imm, opcode } = insn;
  const code = opcode & 0xf0;
  const isRegister = (opcode & 0x08) !== 0;
  if (code === BPF_NEG) return isRegister || off !== 0 ? undefined : { kind: 'neg', width, dst };
  if (code === BPF_END) {
    if (imm !== 16 && imm !== 32 && imm !== 64) return undefined;
    if (width === 64) return isRegister ? undefined : { kind: 'endian', to: 'swap', bits: imm, dst };
    return { kind: 'endian', to: isRegister ? 'be' : 'le', bits: imm, dst };
  }
  if (code === aluOps.mov.code && isRegister && off !== 0) {
    const known = off === 8 || off === 16 || (off === 32 && width === 64);
    return known ? { kind: 'movsx', width, bits: off, dst, src } : undefined;
  }
  const op = aluByCode.get((code << 16) | (off & 0xffff));
  return op === undefined ? undefined : { kind: 'alu', op, width, dst, operand: operandOf(insn) };
}

function branch(insn: Insn, width: 32 | 64): Operation | undefined {
  const { opcode, dst, src, off, imm } = insn;
  const code = opcode & 0xf0;
  const isRegister = (opcode & 0x08) !== 0;
  if (code === BPF_JA) {
    if (isRegister) return undefined;
    return width === 64 ? { kind: 'goto', off, long: false } : { kind: 'goto', off: imm, long: true };
  }
  if (width === 64 && !isRegister) {
    switch (code) {
      case BPF_JCOND:
        return src === 0 ? { kind: 'may-goto', off } : undefined;
      case BPF_EXIT:
        return { kind: 'exit' };
      case BPF_CALL:
        if (src === 0) return { kind: 'call-helper', id: imm };
        if (src === pseudoCalls.BPF_PSEUDO_CALL) return { kind: 'call-subprog', off: imm };
        if (src === pseudoCalls.BPF_PSEUDO_KFUNC_CALL)
          return { kind: 'call-kfunc', btfId: imm, btfFdIndex: off };
        return undefined;
    }
  }
  const op = jumpsByCode.get(code);
  return op === undefined ? undefined : { kind: 'jump', op, width, dst, operand: operandOf(insn), off };
}

function memory(insn: Insn, opClass: number): Operation | undefined {
  const { opcode, dst, src, off, imm } = insn;
  const mode = opcode & 0xe0;
  // Two bits index a table of four rows.
  const size = sizesByBits[(opcode >> 3) & 3]!;
  switch (opClass) {
    case opClasses.BPF_LD:
      if (opcode === LD_IMM64) {
        return insn.imm64 === undefined
          ? undefined
          : { kind: 'ld-imm64', dst, pseudo: src, value: insn.imm64 };
      }
      if (size === 8 || (mode !== modeBits.BPF_ABS && mode !== modeBits.BPF_IND)) return undefined;
      return { kind: 'ld-packet', size, index: mode === modeBits.BPF_IND ? src : undefined, imm };
    case opClasses.BPF_LDX:
      if (mode === modeBits.BPF_MEM) return { kind: 'load', size, signed: false, dst, base: src, off };
      if (mode === modeBits.BPF_MEMSX && size !== 8)
        return { kind: 'load', size, signed: true, dst, base: src, off };
      return undefined;
    case opClasses.BPF_ST:
      if (mode !== modeBits.BPF_MEM) return undefined;
      return { kind: 'store', size, base: dst, off, value: { kind: 'imm', imm } };
    case opClasses.BPF_STX:
      if (mode === modeBits.BPF_MEM)
        return { kind: 'store', size, base: dst, off, value: { kind: 'reg', reg: src } };
      if (mode !== modeBits.BPF_ATOMIC) return undefined;
      if (imm === BPF_LOAD_ACQ) return { kind: 'load-acquire', size, dst, base: src, off };
      if (imm === BPF_STORE_REL) return { kind: 'store-release', size, base: dst, off, src };
      return readModifyWrite(insn, size);
    default:
      return undefined;
  }
}

function readModifyWrite(insn: Insn, size: AccessSize): Operation | undefined {
  const op = atomicsByImm.get(insn.imm & ~BPF_FETCH);
  const fetch = (insn.imm & BPF_FETCH) !== 0;
  if (op === undefined || (size !== 4 && size !== 8) || (!fetch && !atomicOps[op].plain)) return undefined;
  return { kind: 'atomic', op, fetch, size, base: insn.dst, off: insn.off, src: insn.src };
}
