import { asI64, asU64 } from '../../src/base/index.ts';
import {
  aluOps,
  decodeInsns,
  helperNamed,
  helperSignature,
  type Insn,
  jumpOps,
  LD_IMM64,
  slotsOf,
} from '../../src/bpf/index.ts';
import type { EmittedProg } from '../../src/compiler/backend/index.ts';
import { computeBinary, computeCompare, type World } from '../../src/compiler/ir/index.ts';

/**
 * Runs an emitted prog instruction by instruction, plainly and slowly: a second opinion on the compiler in tests. It is harder on
 * the prog than the kernel: a call leaves garbage in r1 to r5, and the stack starts as garbage.
 */
export function runProg(prog: EmittedProg, ctx: bigint, world: World, scratch: Uint8Array): bigint {
  return new Machine(prog, world, scratch).run(0, [ctx]);
}

const GARBAGE = 0x6bad_c0de_6bad_c0den;

class Machine {
  readonly #bySlot: (Insn | undefined)[] = [];
  readonly #relocs: ReadonlyMap<number, EmittedProg['relocs'][number]>;
  readonly #world: World;
  readonly #scratchValue: bigint;
  #stepsLeft = 5_000_000;

  constructor(prog: EmittedProg, world: World, scratch: Uint8Array) {
    let slot = 0;
    for (const insn of decodeInsns(prog.insns)) {
      this.#bySlot[slot] = insn;
      slot += slotsOf(insn);
    }
    this.#relocs = new Map(prog.relocs.map((reloc) => [reloc.insn, reloc]));
    this.#world = world;
    this.#scratchValue = world.memory.add(scratch);
  }

  run(start: number, args: readonly bigint[]): bigint {
    const { memory } = this.#world;
    const r: bigint[] = new Array(11).fill(GARBAGE);
    args.forEach((value, index) => {
      r[index + 1] = asI64(value);
    });
    r[10] = memory.add(new Uint8Array(512).fill(0xcd)) + 512n;
    for (let slot = start; ; ) {
      const insn = this.#bySlot[slot];
      if (insn === undefined) throw new Error(`no instruction starts at slot ${slot}`);
      if (this.#stepsLeft-- <= 0) throw new Error('the prog does not come to an end');
      const { opcode, dst, src, off, imm } = insn;
      const next = slot + slotsOf(insn);
      slot = next;
      const isRegister = (opcode & 0x08) !== 0;
      switch (opcode & 7) {
        case 0: // ld_imm64
          if (opcode !== LD_IMM64) throw new Error(`opcode ${opcode}`);
          r[dst] = this.#loadImmediate(insn, next - 2);
          break;
        case 1: {
          const size = sizeOf(opcode);
          r[dst] = memory.load(r[src]! + BigInt(off), size, (opcode & 0xe0) === 0x80);
          break;
        }
        case 2:
          memory.store(r[dst]! + BigInt(off), sizeOf(opcode), BigInt(imm));
          break;
        case 3:
          if ((opcode & 0xe0) === 0xc0) this.#atomic(insn, r);
          else memory.store(r[dst]! + BigInt(off), sizeOf(opcode), r[src]!);
          break;
        case 4:
        case 7:
          r[dst] = alu(insn, r[dst]!, isRegister ? r[src]! : BigInt(imm));
          break;
        case 5:
        case 6: {
          const code = opcode & 0xf0;
          if (code === 0x90) return r[0]!;
          if (code === BPF_CALL_CODE) {
            this.#call(insn, next, r);
          } else if (code === 0) {
            slot = next + ((opcode & 7) === 6 ? imm : off);
          } else {
            if ((opcode & 7) === 6) throw new Error('no 32-bit comparisons here');
            if (isTaken(code, r[dst]!, isRegister ? r[src]! : BigInt(imm))) slot = next + off;
          }
          break;
        }
      }
    }
  }

  #loadImmediate(insn: Insn, slot: number): bigint {
    const reloc = this.#relocs.get(slot);
    if (insn.src === 4) return FUNC_ADDRESS + BigInt(slot + 1 + insn.imm);
    if (reloc === undefined) return asI64(insn.imm64 ?? 0n);
    switch (reloc.kind) {
      case 'map':
        return asI64(this.#world.mapFd(reloc.map));
      case 'map-value':
        return this.#world.mapValue(reloc.map) + BigInt(reloc.offset);
      case 'scratch':
        return SCRATCH_FD;
      default:
        throw new Error(`no relocation ${reloc.kind} here`);
    }
  }

  #call(insn: Insn, next: number, r: bigint[]): void {
    const args = r.slice(1, 6);
    if (insn.src === 1) {
      r[0] = this.run(next + insn.imm, args);
    } else {
      const helper = helperNamed(insn.imm);
      if (helper === undefined || insn.src !== 0) throw new Error(`no helper ${insn.imm}`);
      if (helper === 'map_lookup_elem' && args[0] === SCRATCH_FD) {
        if (this.#world.memory.load(args[1]!, 4, false) !== 0n) throw new Error('scratch has the key 0 only');
        r[0] = this.#scratchValue;
      } else {
        const wanted = helperSignature(helper).args.length;
        r[0] = asI64(this.#world.callHelper(helper, args.slice(0, wanted), this));
      }
    }
    for (let register = 1; register <= 5; register++) r[register] = GARBAGE + BigInt(register);
  }

  /** Called back by a helper. */
  call(address: bigint, args: readonly bigint[]): bigint {
    return this.run(Number(address - FUNC_ADDRESS), args);
  }

  #atomic(insn: Insn, r: bigint[]): void {
    const { memory } = this.#world;
    const size = sizeOf(insn.opcode);
    const address = r[insn.dst]! + BigInt(insn.off);
    const old = memory.load(address, size, false);
    const value = r[insn.src]!;
    const isFetch = (insn.imm & 1) !== 0;
    switch (insn.imm & 0xf0) {
      case 0x00:
        memory.store(address, size, old + value);
        break;
      case 0x40:
        memory.store(address, size, old | value);
        break;
      case 0x50:
        memory.store(address, size, old & value);
        break;
      case 0xa0:
        memory.store(address, size, old ^ value);
        break;
      case 0xe0:
        memory.store(address, size, value);
        break;
      case 0xf0:
        if (old === asI64(BigInt.asUintN(size * 8, r[0]!))) memory.store(address, size, value);
        r[0] = old;
        return;
    }
    if (isFetch) r[insn.src] = old;
  }
}

const BPF_CALL_CODE = 0x80;
const FUNC_ADDRESS = 0x7f00_0000_0000_0000n;
const SCRATCH_FD = 0x7e00_0000_0000_0000n;

function sizeOf(opcode: number): 1 | 2 | 4 | 8 {
  return ([4, 2, 1, 8] as const)[(opcode >> 3) & 3]!;
}

function alu(insn: Insn, a: bigint, operand: bigint): bigint {
  const { opcode, off, imm } = insn;
  const code = opcode & 0xf0;
  if (code === 0x80) return asI64(-a);
  if (code === 0xd0) {
    // To big-endian on a little-endian machine: swaps.
    let swapped = 0n;
    for (let index = 0; index < imm; index += 8) swapped = (swapped << 8n) | ((a >> BigInt(index)) & 0xffn);
    return asI64(swapped);
  }
  if ((opcode & 7) === 4) {
    if (code !== 0xb0) throw new Error('of 32-bit arithmetic only mov is used');
    return operand & 0xffff_ffffn;
  }
  if (code === 0xb0) return off === 0 ? operand : BigInt.asIntN(off, operand);
  const name = Object.entries(aluOps).find(([, row]) => row.code === code && row.off === off)?.[0];
  switch (name) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'and':
    case 'or':
    case 'xor':
    case 'sdiv':
    case 'smod':
      return computeBinary(name, a, operand);
    case 'div':
      return computeBinary('udiv', a, operand);
    case 'mod':
      return computeBinary('umod', a, operand);
    case 'lsh':
    case 'rsh':
    case 'arsh':
      if (operand >= 64n && (opcode & 8) === 0) throw new Error('the verifier refuses such a shift');
      return computeBinary(name === 'lsh' ? 'shl' : name === 'rsh' ? 'lshr' : 'ashr', a, operand);
    default:
      throw new Error(`no ALU operation ${code}/${off}`);
  }
}

function isTaken(code: number, a: bigint, b: bigint): boolean {
  const name = Object.entries(jumpOps).find(([, row]) => row.code === code)?.[0];
  switch (name) {
    case 'set':
      return (asU64(a) & asU64(b)) !== 0n;
    case 'eq':
    case 'ne':
      return computeCompare(name, a, b);
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      return computeCompare(`u${name}`, a, b);
    case 'sgt':
    case 'sge':
    case 'slt':
    case 'sle':
      return computeCompare(name, a, b);
    default:
      throw new Error(`no jump ${code}`);
  }
}
