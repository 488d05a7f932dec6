import { unreachable } from '../base/index.ts';
import {
  decodeInsns,
  helperNamed,
  type Insn,
  InsnDecodeError,
  type Operation,
  operationOf,
  pseudoLoads,
  R10,
  REGISTER_COUNT,
  slotsOf,
} from '../bpf/index.ts';
import type { Prog, Reloc } from '../program/index.ts';

/**
 * A prog, taken apart once and linked to the machine, for both engines. Indexes count instructions (ld_imm64 is one), while everything
 * that is shown to people counts slots.
 */
export interface Code {
  /** Four words per instruction, see `INSN_WORDS`; the last instruction is `codes.end`. */
  readonly words: Int32Array;
  /** What the instructions mean; jump offsets in here still count slots. */
  readonly operations: readonly Operation[];
  /** Slot of each instruction. */
  readonly slots: Int32Array;
  /** The functions, in order; the first is the prog itself. */
  readonly funcs: readonly FuncRange[];
}

/** A function: instructions `start` to `end` (exclusive). No jump leaves it, and its last instruction does not fall through. */
export interface FuncRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The words of an instruction:
 *
 *     0  code | dst register's word << 10 | src register's word << 16      (register r is at words 2r and 2r + 1)
 *     1  off; for jumps and calls the target's word
 *     2  imm, or the low half of ld_imm64, or the size of a load
 *     3  imm's sign, or the high half of ld_imm64
 *
 * `code` is the opcode byte where that says it all, else a row of `codes`.
 */
export const INSN_WORDS = 4;

/** Codes for meanings that hang on more than the opcode byte. */
export const codes = {
  sdiv64Imm: 0x100,
  sdiv64: 0x101,
  smod64Imm: 0x102,
  smod64: 0x103,
  sdiv32Imm: 0x104,
  sdiv32: 0x105,
  smod32Imm: 0x106,
  smod32: 0x107,
  movsx64From8: 0x108,
  movsx64From16: 0x109,
  movsx64From32: 0x10a,
  movsx32From8: 0x10b,
  movsx32From16: 0x10c,
  loadAcquire: 0x10d,
  storeRelease: 0x10e,
  callSubprog: 0x10f,
  callKfunc: 0x110,
  /** Behind the last instruction. */
  end: 0x111,
} as const;

/** What the instructions refer to outside of the prog, as 64-bit values for registers and numbers for calls. */
export interface Links {
  mapPointer(map: number): bigint | undefined;
  /** undefined when the map has no such directly addressed value. */
  mapValuePointer(map: number, offset: number): bigint | undefined;
  /** A pointer that only helpers taking callbacks accept; `start` as in FuncRange. */
  funcPointer(start: number): bigint;
  kernelVariable(name: string): bigint | undefined;
  hasHelper(id: number): boolean;
  /** Index of a kernel function among those the machine has. */
  kfunc(name: string): number | undefined;
}

/** The machine does not take the prog. `slot` is the instruction it is about. */
export class RejectedProgError extends Error {
  override readonly name = 'RejectedProgError';
  readonly slot: number;

  constructor(slot: number, what: string) {
    super(what);
    this.slot = slot;
  }
}

/** Takes a prog apart and links it. @throws RejectedProgError when its instructions make no sense to the machine. */
export function decodeProg(prog: Pick<Prog, 'insns' | 'relocs'>, links: Links): Code {
  const insns = readInsns(prog.insns);
  if (insns.length === 0) throw new RejectedProgError(0, 'the prog has no instructions');
  const slots = new Int32Array(insns.length + 1);
  const indexBySlot = new Map<number, number>();
  let slot = 0;
  for (const [index, insn] of insns.entries()) {
    slots[index] = slot;
    indexBySlot.set(slot, index);
    slot += slotsOf(insn);
  }
  slots[insns.length] = slot;
  const operations = insns.map((insn, index) => checkedOperation(insn, slots[index]!));
  const placed: Placed = { operations, slots, indexBySlot };
  const funcs = findFuncs(placed);
  const relocs = new Map(prog.relocs.map((reloc) => [reloc.insn, reloc]));
  for (const reloc of prog.relocs) {
    const kind = operations[indexBySlot.get(reloc.insn) ?? -1]?.kind;
    if (kind !== (reloc.kind === 'kfunc' ? 'call-kfunc' : 'ld-imm64'))
      throw new RejectedProgError(reloc.insn, `${describeReloc(reloc)} has no place in this instruction`);
  }
  const words = new Int32Array((insns.length + 1) * INSN_WORDS);
  for (const func of funcs) {
    for (let index = func.start; index < func.end; index++)
      words.set(
        encode(placed, index, func, insns[index]!, relocs.get(slots[index]!), links),
        index * INSN_WORDS,
      );
    checkEnd(operations[func.end - 1]!, slots[func.end - 1]!);
  }
  words[insns.length * INSN_WORDS] = codes.end;
  return { words, operations, slots, funcs };
}

interface Placed {
  readonly operations: readonly Operation[];
  readonly slots: Int32Array;
  readonly indexBySlot: ReadonlyMap<number, number>;
}

function readInsns(bytes: Uint8Array): Insn[] {
  try {
    return decodeInsns(bytes);
  } catch (error) {
    if (error instanceof InsnDecodeError) throw new RejectedProgError(error.slot, error.message);
    throw error;
  }
}

function checkedOperation(insn: Insn, slot: number): Operation {
  const operation = operationOf(insn);
  if (operation === undefined)
    throw new RejectedProgError(slot, `opcode 0x${insn.opcode.toString(16)} is no instruction`);
  if (operation.kind === 'ld-packet') throw new RejectedProgError(slot, 'there is no packet to read');
  if (insn.dst >= REGISTER_COUNT || insn.src >= REGISTER_COUNT)
    throw new RejectedProgError(
      slot,
      `there are registers r0 to r10 only, not r${Math.max(insn.dst, insn.src)}`,
    );
  if (writtenRegister(operation) === R10)
    throw new RejectedProgError(slot, 'the frame pointer r10 is read-only');
  return operation;
}

/** The register an instruction sets, apart from the calls' R0. */
function writtenRegister(operation: Operation): number | undefined {
  switch (operation.kind) {
    case 'alu':
    case 'neg':
    case 'movsx':
    case 'endian':
    case 'load':
    case 'load-acquire':
    case 'ld-imm64':
      return operation.dst;
    case 'atomic':
      if (!operation.fetch) return undefined;
      return operation.op === 'cmpxchg' ? 0 : operation.src;
    default:
      return undefined;
  }
}

/** Functions start at slot 0 and wherever a call or a function's address points to. */
function findFuncs(placed: Placed): FuncRange[] {
  const { operations, slots } = placed;
  const starts = new Set([0]);
  for (const [index, operation] of operations.entries()) {
    const offset = functionOffset(operation);
    if (offset !== undefined) starts.add(target(placed, index, offset));
  }
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((start, at) => ({ start, end: sorted[at + 1] ?? slots.length - 1 }));
}

function functionOffset(operation: Operation): number | undefined {
  if (operation.kind === 'call-subprog') return operation.off;
  if (operation.kind === 'ld-imm64' && operation.pseudo === pseudoLoads.BPF_PSEUDO_FUNC)
    return Number(BigInt.asIntN(32, operation.value));
  return undefined;
}

/** The instruction `offset` slots after the one at `index`; what ld_imm64 holds counts from its second slot. */
function target(placed: Placed, index: number, offset: number): number {
  const slot = placed.slots[index]!;
  const to = placed.indexBySlot.get(slot + 1 + offset);
  if (to === undefined)
    throw new RejectedProgError(
      slot,
      `slot ${slot + 1 + offset}, where this goes, is no instruction of the prog`,
    );
  return to;
}

function encode(
  placed: Placed,
  index: number,
  func: FuncRange,
  insn: Insn,
  reloc: Reloc | undefined,
  links: Links,
): [number, number, number, number] {
  const slot = placed.slots[index]!;
  const operation = placed.operations[index]!;
  const registers = (insn.dst << 11) | (insn.src << 17);
  const row = (
    code: number,
    off: number,
    low = insn.imm,
    high = insn.imm >> 31,
  ): [number, number, number, number] => [code | registers, off, low, high];
  switch (operation.kind) {
    case 'jump':
    case 'goto':
    case 'may-goto': {
      const to = target(placed, index, operation.off);
      if (to < func.start || to >= func.end)
        throw new RejectedProgError(slot, 'the jump goes into another function');
      return row(insn.opcode, to * INSN_WORDS);
    }
    case 'call-subprog':
      return row(codes.callSubprog, target(placed, index, operation.off) * INSN_WORDS);
    case 'call-helper':
      if (!links.hasHelper(operation.id))
        throw new RejectedProgError(slot, `${helperText(operation.id)} is not available`);
      return row(insn.opcode, 0);
    case 'call-kfunc': {
      if (reloc?.kind !== 'kfunc')
        throw new RejectedProgError(slot, 'a kernel function is called without its name');
      const kfunc = links.kfunc(reloc.name);
      if (kfunc === undefined)
        throw new RejectedProgError(slot, `kernel function ${reloc.name} is not available`);
      return row(codes.callKfunc, 0, kfunc, 0);
    }
    case 'ld-imm64': {
      const value = constantOf(placed, index, operation.pseudo, operation.value, reloc, links);
      return row(insn.opcode, 0, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
    }
    case 'load':
      return row(insn.opcode, operation.off, operation.size, 0);
    case 'load-acquire':
      return row(codes.loadAcquire, operation.off, operation.size, 0);
    case 'store-release':
      return row(codes.storeRelease, operation.off, operation.size, 0);
    default:
      return row(codeOf(operation) ?? insn.opcode, insn.off);
  }
}

function helperText(id: number): string {
  const helper = helperNamed(id);
  return helper === undefined ? `helper ${id}` : `helper bpf_${helper}`;
}

function codeOf(operation: Operation): number | undefined {
  if (operation.kind === 'alu') {
    const fromRegister = operation.operand.kind === 'reg' ? 1 : 0;
    if (operation.op === 'sdiv')
      return (operation.width === 64 ? codes.sdiv64Imm : codes.sdiv32Imm) + fromRegister;
    if (operation.op === 'smod')
      return (operation.width === 64 ? codes.smod64Imm : codes.smod32Imm) + fromRegister;
  }
  if (operation.kind === 'movsx') {
    if (operation.width === 32) return operation.bits === 8 ? codes.movsx32From8 : codes.movsx32From16;
    if (operation.bits === 8) return codes.movsx64From8;
    return operation.bits === 16 ? codes.movsx64From16 : codes.movsx64From32;
  }
  return undefined;
}

function constantOf(
  placed: Placed,
  index: number,
  pseudo: number,
  value: bigint,
  reloc: Reloc | undefined,
  links: Links,
): bigint {
  const slot = placed.slots[index]!;
  if (reloc !== undefined) {
    const linked = relocated(reloc, links);
    if (linked === undefined) throw new RejectedProgError(slot, `${describeReloc(reloc)} is not available`);
    return linked;
  }
  if (pseudo === 0) return value;
  if (pseudo === pseudoLoads.BPF_PSEUDO_FUNC)
    return links.funcPointer(target(placed, index, Number(BigInt.asIntN(32, value))));
  throw new RejectedProgError(slot, `ld_imm64 of kind ${pseudo} does not say of what`);
}

function relocated(reloc: Reloc, links: Links): bigint | undefined {
  switch (reloc.kind) {
    case 'map':
      return links.mapPointer(reloc.map);
    case 'map-value':
      return links.mapValuePointer(reloc.map, reloc.offset);
    case 'ksym':
      return links.kernelVariable(reloc.name);
    case 'kfunc':
      return undefined; // a kernel function is called; it has no address to load
    default:
      return unreachable(reloc);
  }
}

function describeReloc(reloc: Reloc): string {
  switch (reloc.kind) {
    case 'map':
      return `map ${reloc.map}`;
    case 'map-value':
      return `byte ${reloc.offset} of the value of map ${reloc.map}`;
    case 'ksym':
      return `kernel variable ${reloc.name}`;
    case 'kfunc':
      return `kernel function ${reloc.name}`;
    default:
      return unreachable(reloc);
  }
}

function checkEnd(operation: Operation, slot: number): void {
  if (operation.kind !== 'exit' && operation.kind !== 'goto')
    throw new RejectedProgError(slot, 'the function goes on behind its last instruction');
}
