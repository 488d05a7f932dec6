import type { AluOp, Operand, Operation } from '../../bpf/index.ts';
import type { CodeWriter, WasmOp } from './binary.ts';

/** How registers are read and written; `set` takes what is on the stack. */
export interface Registers {
  get(register: number): CodeWriter;
  set(register: number): CodeWriter;
  get32(register: number): CodeWriter;
  set32(register: number): CodeWriter;
  /** Locals for values needed twice: an i64 and an i32. */
  readonly scratch: number;
  readonly scratch32: number;
}

/** Operations that mean the same in both instruction sets; shifts mask their count in both. */
const direct64: Readonly<Partial<Record<AluOp, WasmOp>>> = {
  add: 'i64_add',
  sub: 'i64_sub',
  mul: 'i64_mul',
  or: 'i64_or',
  and: 'i64_and',
  xor: 'i64_xor',
  lsh: 'i64_shl',
  rsh: 'i64_shr_u',
  arsh: 'i64_shr_s',
};
const direct32: Readonly<Partial<Record<AluOp, WasmOp>>> = {
  add: 'i32_add',
  sub: 'i32_sub',
  mul: 'i32_mul',
  or: 'i32_or',
  and: 'i32_and',
  xor: 'i32_xor',
  lsh: 'i32_shl',
  rsh: 'i32_shr_u',
  arsh: 'i32_shr_s',
};
/** Division traps where BPF has an answer: the divisor is looked at first. */
const divisions: Readonly<
  Partial<Record<AluOp, { readonly op64: WasmOp; readonly op32: WasmOp; readonly isRest: boolean }>>
> = {
  div: { op64: 'i64_div_u', op32: 'i32_div_u', isRest: false },
  mod: { op64: 'i64_rem_u', op32: 'i32_rem_u', isRest: true },
  sdiv: { op64: 'i64_div_s', op32: 'i32_div_s', isRest: false },
  smod: { op64: 'i64_rem_s', op32: 'i32_rem_s', isRest: true },
};

export function writeAlu(
  out: CodeWriter,
  operation: Operation & { readonly kind: 'alu' },
  registers: Registers,
): void {
  const { op, width, dst, operand } = operation;
  const division = divisions[op];
  if (division !== undefined) {
    writeDivision(out, operation, registers, division);
  } else if (width === 64) {
    if (op === 'mov') {
      pushOperand(out, operand, 64, registers);
    } else {
      registers.get(dst);
      pushOperand(out, operand, 64, registers);
      out.op(direct64[op]!); // every other operation is in the table
    }
    registers.set(dst);
  } else {
    if (op === 'mov') {
      pushOperand(out, operand, 32, registers);
    } else {
      registers.get32(dst);
      pushOperand(out, operand, 32, registers);
      out.op(direct32[op]!);
    }
    registers.set32(dst);
  }
}

function pushOperand(out: CodeWriter, operand: Operand, width: 32 | 64, registers: Registers): void {
  if (operand.kind === 'reg') {
    if (width === 64) registers.get(operand.reg);
    else registers.get32(operand.reg);
  } else if (width === 64) out.i64(BigInt(operand.imm));
  else out.i32(operand.imm);
}

/** By zero: 0, or the dividend as its remainder. The least number by -1: itself, as 0 minus it. */
function writeDivision(
  out: CodeWriter,
  operation: Operation & { readonly kind: 'alu' },
  registers: Registers,
  division: { readonly op64: WasmOp; readonly op32: WasmOp; readonly isRest: boolean },
): void {
  const { width, dst, operand, op } = operation;
  const type = width === 64 ? 'i64' : 'i32';
  const divisor = width === 64 ? registers.scratch : registers.scratch32;
  const dividend = (): CodeWriter => (width === 64 ? registers.get(dst) : registers.get32(dst));
  const zero = (): CodeWriter => (width === 64 ? out.i64(0n) : out.i32(0));
  const divide = (): CodeWriter =>
    dividend()
      .get(divisor)
      .op(width === 64 ? division.op64 : division.op32);
  pushOperand(out, operand, width, registers);
  out
    .tee(divisor)
    .op(width === 64 ? 'i64_eqz' : 'i32_eqz')
    .openWith('if', type);
  if (division.isRest) dividend();
  else zero();
  out.op('else');
  if (op === 'sdiv') {
    out.get(divisor);
    if (width === 64) out.i64(-1n).op('i64_eq');
    else out.i32(-1).op('i32_eq');
    out.openWith('if', type);
    zero();
    dividend().op(width === 64 ? 'i64_sub' : 'i32_sub', 'else');
    divide().end();
  } else {
    divide();
  }
  out.end();
  if (width === 64) registers.set(dst);
  else registers.set32(dst);
}

export function writeNeg(
  out: CodeWriter,
  operation: Operation & { readonly kind: 'neg' },
  registers: Registers,
): void {
  const { width, dst } = operation;
  if (width === 64) {
    out.i64(0n);
    registers.get(dst).op('i64_sub');
    registers.set(dst);
  } else {
    out.i32(0);
    registers.get32(dst).op('i32_sub');
    registers.set32(dst);
  }
}

export function writeMovsx(
  _out: CodeWriter,
  operation: Operation & { readonly kind: 'movsx' },
  registers: Registers,
): void {
  const { width, bits, dst, src } = operation;
  if (width === 64) {
    registers.get(src).op(bits === 8 ? 'i64_extend8_s' : bits === 16 ? 'i64_extend16_s' : 'i64_extend32_s');
    registers.set(dst);
  } else {
    registers.get32(src).op(bits === 8 ? 'i32_extend8_s' : 'i32_extend16_s');
    registers.set32(dst);
  }
}

/** `le` keeps the low bits; `be` and `swap` swap bytes, as the machine is little-endian. */
export function writeByteOrder(
  out: CodeWriter,
  operation: Operation & { readonly kind: 'endian' },
  registers: Registers,
): void {
  const { to, bits, dst } = operation;
  if (to === 'le') {
    if (bits === 64) return;
    registers
      .get(dst)
      .i64(bits === 16 ? 0xffffn : 0xffff_ffffn)
      .op('i64_and');
    registers.set(dst);
    return;
  }
  if (bits === 64) {
    // Both halves swapped, in each other's place.
    registers.get32(dst);
    writeSwap32(out, registers.scratch32);
    out.op('i64_extend_i32_u').i64(32n).op('i64_shl');
    registers.get(dst).i64(32n).op('i64_shr_u', 'i32_wrap_i64');
    writeSwap32(out, registers.scratch32);
    out.op('i64_extend_i32_u', 'i64_or');
    registers.set(dst);
    return;
  }
  registers.get32(dst);
  writeSwap32(out, registers.scratch32);
  if (bits === 16) out.i32(16).op('i32_shr_u');
  registers.set32(dst);
}

/** Swaps the bytes of the i32 on the stack: two rotations, each right for every other byte. */
function writeSwap32(out: CodeWriter, scratch: number): void {
  out.tee(scratch).i32(8).op('i32_rotl').i32(0x00ff_00ff).op('i32_and');
  out
    .get(scratch)
    .i32(24)
    .op('i32_rotl')
    .i32(0xff00_ff00 | 0)
    .op('i32_and', 'i32_or');
}
