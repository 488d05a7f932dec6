/**
 * What instructions can take in of the values of a function: a register, an immediate, an offset, a condition, or something that is made
 * again where it is used. A value that a use takes in otherwise is not *needed* in a register.
 */
import { fitsI32, unreachable } from '../../base/index.ts';
import { type JumpOp, jumpOps } from '../../bpf/index.ts';
import {
  type CompareOp,
  type Definitions,
  definitionsOf,
  emptyTable,
  type Func,
  isCompareOp,
  swappedCompare,
  type ValueId,
} from '../ir/index.ts';
import {
  type Condition,
  type MachineInsn,
  NONE,
  type OffsetOperand,
  type Operand,
  type Place,
  type Remat,
  SCRATCH_MAP,
  type VReg,
} from './machine.ts';

const jumpOpOf: Readonly<Record<CompareOp, JumpOp>> = {
  eq: 'eq',
  ne: 'ne',
  ult: 'lt',
  ule: 'le',
  ugt: 'gt',
  uge: 'ge',
  slt: 'slt',
  sle: 'sle',
  sgt: 'sgt',
  sge: 'sge',
};

/** A constant or address made in a register for the uses in one block. */
interface LocalRemat {
  readonly vreg: VReg;
  readonly value: Remat;
  /** Index in the block's reversed list of the first instruction (in program order) that uses it. */
  firstUse: number;
}

/** The values of one function, while its blocks are written backwards. */
export class ValueOperands {
  /** By register: how it is made again, if it can be. */
  readonly remats: (Remat | undefined)[];
  readonly #definitions: Definitions;
  readonly #needed: Uint8Array;
  /** By value: the constant that it is, if that fits 32 bits; else NaN. */
  readonly #imms: Float64Array;
  #vregCount: number;
  /** The current block, backwards. */
  #out: MachineInsn[] = [];
  #locals = new Map<string, LocalRemat>();

  constructor(func: Func) {
    this.#vregCount = func.valueCount;
    this.#definitions = definitionsOf(func);
    this.#needed = new Uint8Array(func.valueCount);
    this.#imms = new Float64Array(func.valueCount).fill(Number.NaN);
    this.remats = emptyTable(func.valueCount);
    for (const block of func.blocks) {
      for (const insn of block.insns) {
        if (insn.op === 'const' && fitsI32(insn.value)) this.#imms[insn.id] = Number(insn.value);
      }
    }
  }

  /** Registers so far: the values, and those made for constants and addresses. */
  get registerCount(): number {
    return this.#vregCount;
  }

  /** Whether a use that was seen wants the value in a register. */
  isNeeded(value: ValueId): boolean {
    return this.#needed[value] === 1;
  }

  /** From here on uses belong to the block that is written, backwards, to `out`. */
  beginBlock(out: MachineInsn[]): void {
    this.#out = out;
    if (this.#locals.size > 0) this.#locals = new Map();
  }

  /** The block in program order, with the local constants set before their first uses. */
  finishBlock(): MachineInsn[] {
    if (this.#locals.size === 0) return this.#out.reverse();
    const setsBefore = new Map<number, LocalRemat[]>();
    for (const local of this.#locals.values()) {
      const sets = setsBefore.get(local.firstUse);
      if (sets === undefined) setsBefore.set(local.firstUse, [local]);
      else sets.push(local);
    }
    const insns: MachineInsn[] = [];
    for (let index = this.#out.length - 1; index >= 0; index--) {
      const insn = this.#out[index]!;
      for (const { vreg, value } of setsBefore.get(index) ?? [])
        insns.push({ kind: 'set', dst: vreg, value, at: insn.at });
      insns.push(insn);
    }
    return insns;
  }

  /** How to make a value without reading a register, if it can be made so. */
  #rematOf(value: ValueId): Remat | undefined {
    const insn = this.#definitions[value];
    switch (insn?.op) {
      case 'const':
        return { kind: 'const', value: insn.value };
      case 'slot':
        return { kind: 'frame', slot: insn.slot, off: 0 };
      case 'mapFd':
        return { kind: 'map', map: insn.map };
      case 'mapValue':
        return { kind: 'map-value', map: insn.map, off: insn.off };
      case 'ksym':
        return { kind: 'ksym', name: insn.name };
      case 'funcAddr':
        return { kind: 'func', name: insn.name };
      case 'add': {
        // slot + constant is the address of another byte of it; the same for a map value.
        const step = this.immOf(insn.args[1]!);
        if (step === undefined) return undefined;
        const base = this.#rematOf(insn.args[0]!);
        if (base?.kind !== 'frame' && base?.kind !== 'map-value') return undefined;
        const off = base.off + step;
        return off < 0 || !fitsI32(BigInt(off)) ? undefined : { ...base, off };
      }
      default:
        return undefined;
    }
  }

  /** The constant that a value is, whatever its size; undefined for others. */
  constantOf(value: ValueId): bigint | undefined {
    const insn = this.#definitions[value];
    return insn?.op === 'const' ? insn.value : undefined;
  }

  /** The value as a 32-bit immediate; undefined if it is not one. */
  immOf(value: ValueId): number | undefined {
    const imm = this.#imms[value]!;
    return Number.isNaN(imm) ? undefined : imm;
  }

  /** The value that `value` is a copy of, through additions of 0. */
  #original(value: ValueId): ValueId {
    let found = value;
    for (let insn = this.#definitions[found]; insn?.op === 'add'; insn = this.#definitions[found]) {
      if (this.#imms[insn.args[1]!] !== 0) break;
      found = insn.args[0]!;
    }
    return found;
  }

  /** The value in a register. */
  register(copy: ValueId): VReg {
    const value = this.#original(copy);
    const remat = this.#rematOf(value);
    if (remat !== undefined) return this.#local(remat);
    this.#needed[value] = 1;
    return value;
  }

  /** A constant or address in a register, shared within the block. */
  #local(value: Remat): VReg {
    const key = keyOf(value);
    const local = this.#locals.get(key);
    // The instruction that asks is pushed next: its index is the list's length.
    if (local !== undefined) {
      local.firstUse = this.#out.length;
      return local.vreg;
    }
    const vreg = this.#newRegister(value);
    this.#locals.set(key, { vreg, value, firstUse: this.#out.length });
    return vreg;
  }

  #newRegister(remat?: Remat): VReg {
    const vreg = this.#vregCount++;
    this.remats[vreg] = remat;
    return vreg;
  }

  /** The value wherever it is. */
  operand(copy: ValueId): Operand {
    const value = this.#original(copy);
    const remat = this.#rematOf(value);
    if (remat !== undefined) return remat;
    this.#needed[value] = 1;
    return value;
  }

  /** An argument of a call. */
  argument(value: ValueId): Operand | OffsetOperand {
    const insn = this.#definitions[value];
    const off = insn?.op === 'add' ? this.immOf(insn.args[1]!) : undefined;
    const base = insn?.args[0];
    if (off === undefined || off === 0 || base === undefined || !this.#isScratchPointer(base))
      return this.operand(value);
    this.#needed[base] = 1;
    return { kind: 'offset', base, off };
  }

  #isScratchPointer(value: ValueId): boolean {
    const insn = this.#definitions[value];
    if (insn?.op !== 'call' || insn.helper !== 'map_lookup_elem') return false;
    const map = this.#definitions[insn.args[0]!];
    return map?.op === 'mapFd' && map.map === SCRATCH_MAP;
  }

  /** Folds constant additions into the offset of a memory access. */
  place(address: ValueId, offset: number): Place {
    let base = address;
    let off = offset;
    for (;;) {
      const insn = this.#definitions[base];
      if (insn?.op === 'add') {
        const step = this.immOf(insn.args[1]!);
        if (step === undefined || !fitsI16(off + step)) break;
        off += step;
        base = insn.args[0]!;
      } else if (insn?.op === 'slot') {
        return { base: NONE, slot: insn.slot, off };
      } else if (insn?.op === 'mapValue' && fitsI16(insn.off + off)) {
        // All accesses to one map's value share the address of its first byte.
        const start = this.#local({ kind: 'map-value', map: insn.map, off: 0 });
        return { base: start, slot: NONE, off: insn.off + off };
      } else {
        break;
      }
    }
    return { base: this.register(base), slot: NONE, off };
  }

  /** The condition under which `value` is not 0, without computing it where that is possible. */
  condition(value: ValueId): Condition {
    let subject = value;
    let isNegated = false;
    for (;;) {
      const insn = this.#definitions[subject];
      if (insn === undefined) break;
      if (isCompareOp(insn.op)) {
        const [a, b] = insn.args as [ValueId, ValueId];
        // (comparison == 0) is its opposite, (comparison != 0) itself.
        const isZeroTest = (insn.op === 'eq' || insn.op === 'ne') && this.#imms[b] === 0;
        const inner = this.#definitions[a];
        if (isZeroTest && inner !== undefined && (isCompareOp(inner.op) || inner.op === 'and')) {
          const needsOpposite: boolean = (insn.op === 'eq') !== isNegated;
          if (inner.op === 'and' && needsOpposite) return this.comparison(insn.op, a, b, isNegated);
          isNegated = needsOpposite;
          subject = a;
          continue;
        }
        return this.comparison(insn.op, a, b, isNegated);
      }
      if (insn.op === 'and' && !isNegated) {
        const [a, b] = this.constantLast(insn.args[0]!, insn.args[1]!);
        const imm = this.immOf(b);
        return imm === undefined
          ? { op: 'set', a: this.register(a), b: this.register(b), imm: 0 }
          : { op: 'set', a: this.register(a), b: NONE, imm };
      }
      break;
    }
    return { op: isNegated ? 'eq' : 'ne', a: this.register(subject), b: NONE, imm: 0 };
  }

  /** Compares two values, by an immediate where one of them is a constant. */
  comparison(op: CompareOp, left: ValueId, right: ValueId, isNegated: boolean): Condition {
    const isSwapped = this.constantOf(left) !== undefined && this.constantOf(right) === undefined;
    const [a, b] = isSwapped ? [right, left] : [left, right];
    const jump = jumpOpOf[isSwapped ? swappedCompare[op] : op];
    const condition = isNegated ? (jumpOps[jump].negated as JumpOp) : jump;
    const imm = this.immOf(b);
    return imm === undefined
      ? { op: condition, a: this.register(a), b: this.register(b), imm: 0 }
      : { op: condition, a: this.register(a), b: NONE, imm };
  }

  /** The operands of a commutative operation, swapped when only the first is a constant. */
  constantLast(a: ValueId, b: ValueId): [ValueId, ValueId] {
    return this.constantOf(a) !== undefined && this.constantOf(b) === undefined ? [b, a] : [a, b];
  }

  /** The immediate that stores the low bytes of a value, or undefined if none does. */
  storeImmediate(value: ValueId, size: 1 | 2 | 4 | 8): number | undefined {
    const imm = this.immOf(value);
    if (size === 8 || (imm !== undefined && size === 4)) return imm;
    if (imm !== undefined) return (imm << (32 - 8 * size)) >> (32 - 8 * size);
    const constant = this.constantOf(value);
    return constant === undefined ? undefined : Number(BigInt.asIntN(size * 8, constant));
  }
}

function fitsI16(value: number): boolean {
  return value >= -0x8000 && value <= 0x7fff;
}

function keyOf(value: Remat): string {
  switch (value.kind) {
    case 'const':
      return `c${value.value}`;
    case 'frame':
      return `f${value.slot}+${value.off}`;
    case 'map':
      return `m${value.map}`;
    case 'map-value':
      return `v${value.map}+${value.off}`;
    case 'ksym':
      return `k${value.name}`;
    case 'func':
      return `p${value.name}`;
    default:
      return unreachable(value);
  }
}
