import { asI32, asU64 } from '../base/index.ts';
import { pseudoCalls, pseudoLoads } from './flags.ts';
import { type HelperName, helperIds } from './helper-ids.ts';
import {
  type AccessSize,
  type AluOp,
  type AtomicOp,
  accessSizes,
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
  sourceBits,
} from './opcodes.ts';

/**
 * One BPF instruction. `off` is a signed 16-bit and `imm` a signed 32-bit number.
 *
 * ld_imm64 (opcode 0x18) takes two 8-byte slots and alone has `imm64`: the unsigned value of both immediates, low half first. Its `imm`
 * repeats the low half.
 */
export interface Insn {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
  readonly imm64?: bigint;
}

/** The opcode of ld_imm64. */
export const LD_IMM64 = opClasses.BPF_LD | sizeBitsOf(8) | modeBits.BPF_IMM;

function sizeBitsOf(size: AccessSize): number {
  return accessSizes[size];
}

function insn(opcode: number, dst: number, src: number, off: number, imm: number): Insn {
  return { opcode, dst, src, off, imm };
}

/** 8-byte slots the instruction takes: 2 for ld_imm64, else 1. Jump offsets count slots. */
export function slotsOf(insn: Insn): 1 | 2 {
  return insn.opcode === LD_IMM64 ? 2 : 1;
}

/** `dst = dst op src`, 64 bits. */
export function alu64(op: AluOp, dst: number, src: number): Insn {
  return insn(opClasses.BPF_ALU64 | aluOps[op].code | sourceBits.BPF_X, dst, src, aluOps[op].off, 0);
}

/** `dst = dst op imm`, 64 bits; the immediate is sign-extended. */
export function alu64Imm(op: AluOp, dst: number, imm: number): Insn {
  return insn(opClasses.BPF_ALU64 | aluOps[op].code | sourceBits.BPF_K, dst, 0, aluOps[op].off, imm | 0);
}

/** `dst = dst op src` on the low 32 bits; the high half of dst becomes zero. */
export function alu32(op: AluOp, dst: number, src: number): Insn {
  return insn(opClasses.BPF_ALU | aluOps[op].code | sourceBits.BPF_X, dst, src, aluOps[op].off, 0);
}

/** `dst = dst op imm` on the low 32 bits; the high half of dst becomes zero. */
export function alu32Imm(op: AluOp, dst: number, imm: number): Insn {
  return insn(opClasses.BPF_ALU | aluOps[op].code | sourceBits.BPF_K, dst, 0, aluOps[op].off, imm | 0);
}

/** `dst = (sN)src`: sign-extends the low 8, 16 or 32 bits. cpu v4 (Linux 6.6). */
export function movsx64(bits: 8 | 16 | 32, dst: number, src: number): Insn {
  return insn(opClasses.BPF_ALU64 | aluOps.mov.code | sourceBits.BPF_X, dst, src, bits, 0);
}

/** `dst = (u32)(sN)src`. cpu v4 (Linux 6.6). */
export function movsx32(bits: 8 | 16, dst: number, src: number): Insn {
  return insn(opClasses.BPF_ALU | aluOps.mov.code | sourceBits.BPF_X, dst, src, bits, 0);
}

/** `dst = -dst`. */
export function neg64(dst: number): Insn {
  return insn(opClasses.BPF_ALU64 | BPF_NEG, dst, 0, 0, 0);
}
export function neg32(dst: number): Insn {
  return insn(opClasses.BPF_ALU | BPF_NEG, dst, 0, 0, 0);
}

/** Converts the low 16, 32 or 64 bits between host and `order`; the bits above become zero. */
export function toEndian(order: 'le' | 'be', bits: 16 | 32 | 64, dst: number): Insn {
  return insn(opClasses.BPF_ALU | BPF_END | (order === 'be' ? sourceBits.BPF_X : 0), dst, 0, 0, bits);
}

/** Swaps the bytes of the low 16, 32 or 64 bits whatever the host's order; the bits above become zero. cpu v4. */
export function byteSwap(bits: 16 | 32 | 64, dst: number): Insn {
  return insn(opClasses.BPF_ALU64 | BPF_END, dst, 0, 0, bits);
}

/** `dst = *(uN *)(base + off)`, zero-extended. */
export function load(size: AccessSize, dst: number, base: number, off: number): Insn {
  return insn(opClasses.BPF_LDX | modeBits.BPF_MEM | sizeBitsOf(size), dst, base, off, 0);
}

/** `dst = *(sN *)(base + off)`, sign-extended. cpu v4 (Linux 6.6). */
export function loadSigned(size: 1 | 2 | 4, dst: number, base: number, off: number): Insn {
  return insn(opClasses.BPF_LDX | modeBits.BPF_MEMSX | sizeBitsOf(size), dst, base, off, 0);
}

/** `*(uN *)(base + off) = src`. */
export function store(size: AccessSize, base: number, off: number, src: number): Insn {
  return insn(opClasses.BPF_STX | modeBits.BPF_MEM | sizeBitsOf(size), base, src, off, 0);
}

/** `*(uN *)(base + off) = imm`; for 8 bytes the immediate is sign-extended. */
export function storeImm(size: AccessSize, base: number, off: number, imm: number): Insn {
  return insn(opClasses.BPF_ST | modeBits.BPF_MEM | sizeBitsOf(size), base, 0, off, imm | 0);
}

/**
 * Atomic read-modify-write of 4 or 8 bytes at `base + off`.
 *
 * With `fetch` the old value comes back in `src`; `xchg` and `cmpxchg` always fetch. cmpxchg compares with R0, stores `src` when equal,
 * and leaves the old value in R0.
 */
export function atomic(
  op: AtomicOp,
  size: 4 | 8,
  base: number,
  off: number,
  src: number,
  fetch = false,
): Insn {
  const imm = atomicOps[op].imm | (fetch || !atomicOps[op].plain ? BPF_FETCH : 0);
  return insn(opClasses.BPF_STX | modeBits.BPF_ATOMIC | sizeBitsOf(size), base, src, off, imm);
}

/** `lock *(uN *)(base + off) += src`; the only atomic every kernel has. */
export function atomicAdd(size: 4 | 8, base: number, off: number, src: number): Insn {
  return atomic('add', size, base, off, src);
}

/** `dst = load_acquire((uN *)(base + off))`. Linux 6.15. */
export function loadAcquire(size: AccessSize, dst: number, base: number, off: number): Insn {
  return insn(opClasses.BPF_STX | modeBits.BPF_ATOMIC | sizeBitsOf(size), dst, base, off, BPF_LOAD_ACQ);
}

/** `store_release((uN *)(base + off), src)`. Linux 6.15. */
export function storeRelease(size: AccessSize, base: number, off: number, src: number): Insn {
  return insn(opClasses.BPF_STX | modeBits.BPF_ATOMIC | sizeBitsOf(size), base, src, off, BPF_STORE_REL);
}

/** `if (dst op src) goto +off`, comparing 64 bits. `off` counts slots from the next instruction. */
export function jump(op: JumpOp, dst: number, src: number, off: number): Insn {
  return insn(opClasses.BPF_JMP | jumpOps[op].code | sourceBits.BPF_X, dst, src, off, 0);
}

/** `if (dst op imm) goto +off`, comparing 64 bits with the sign-extended immediate. */
export function jumpImm(op: JumpOp, dst: number, imm: number, off: number): Insn {
  return insn(opClasses.BPF_JMP | jumpOps[op].code | sourceBits.BPF_K, dst, 0, off, imm | 0);
}

/** As `jump`, comparing the low 32 bits. */
export function jump32(op: JumpOp, dst: number, src: number, off: number): Insn {
  return insn(opClasses.BPF_JMP32 | jumpOps[op].code | sourceBits.BPF_X, dst, src, off, 0);
}

/** As `jumpImm`, comparing the low 32 bits. */
export function jump32Imm(op: JumpOp, dst: number, imm: number, off: number): Insn {
  return insn(opClasses.BPF_JMP32 | jumpOps[op].code | sourceBits.BPF_K, dst, 0, off, imm | 0);
}

/** `goto +off`; reaches 32,767 slots. */
export function goto(off: number): Insn {
  return insn(opClasses.BPF_JMP | BPF_JA, 0, 0, off, 0);
}

/** `gotol +off`; reaches any slot. cpu v4 (Linux 6.6). */
export function gotol(off: number): Insn {
  return insn(opClasses.BPF_JMP32 | BPF_JA, 0, 0, 0, off);
}

/** `may_goto +off`: ends a loop that has run too often. Linux 6.9. */
export function mayGoto(off: number): Insn {
  return insn(opClasses.BPF_JMP | BPF_JCOND, 0, 0, off, 0);
}

/** Calls a helper by name: arguments in R1 to R5, result in R0. */
export function call(helper: HelperName): Insn {
  return insn(opClasses.BPF_JMP | BPF_CALL, 0, 0, 0, helperIds[helper]);
}

/** Calls the function that starts `off` slots after the next instruction. */
export function callSubprog(off: number): Insn {
  return insn(opClasses.BPF_JMP | BPF_CALL, 0, pseudoCalls.BPF_PSEUDO_CALL, 0, off);
}

/** Calls a kernel function by BTF id; `btfFdIndex` is its module's place in fd_array, 0 for vmlinux. Linux 5.13. */
export function callKfunc(btfId: number, btfFdIndex = 0): Insn {
  return insn(opClasses.BPF_JMP | BPF_CALL, 0, pseudoCalls.BPF_PSEUDO_KFUNC_CALL, btfFdIndex, btfId);
}

/** Returns R0. */
export function exit(): Insn {
  return insn(opClasses.BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/** `dst = value`, 64 bits; two slots. `pseudo` is a row of `pseudoLoads`, or 0 for a plain number. */
export function ldImm64(dst: number, value: bigint, pseudo = 0): Insn {
  const imm64 = asU64(value);
  return { opcode: LD_IMM64, dst, src: pseudo, off: 0, imm: asI32(imm64), imm64 };
}

/** `dst = the map` behind descriptor `fd`. */
export function ldMapFd(dst: number, fd: number): Insn {
  return ldImm64(dst, BigInt(fd), pseudoLoads.BPF_PSEUDO_MAP_FD);
}

/** `dst = address of byte offset` in the value of the one-entry array behind descriptor `fd`. Linux 5.2. */
export function ldMapValue(dst: number, fd: number, offset: number): Insn {
  return ldImm64(dst, (BigInt(offset) << 32n) | BigInt(fd), pseudoLoads.BPF_PSEUDO_MAP_VALUE);
}

/** `dst = the function` that starts `off` slots after the next instruction, as a callback. Linux 5.13. */
export function ldFunc(dst: number, off: number): Insn {
  return ldImm64(dst, BigInt.asUintN(32, BigInt(off)), pseudoLoads.BPF_PSEUDO_FUNC);
}

/** `dst = address of the kernel variable` with this BTF id. Linux 5.10. */
export function ldKsym(dst: number, btfId: number, btfFd = 0): Insn {
  return ldImm64(dst, (BigInt(btfFd) << 32n) | BigInt(btfId), pseudoLoads.BPF_PSEUDO_BTF_ID);
}
