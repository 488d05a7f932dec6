import { fitsI32, invariant, unreachable } from '../../base/index.ts';
import * as bpf from '../../bpf/index.ts';
import type { Line } from '../ir/index.ts';
import type { Code, Label, RelocTarget } from './code.ts';
import { STEP, WRITE } from './intervals.ts';
import { JumpTargets } from './jump-targets.ts';
import {
  argRegister,
  type Condition,
  isCommutative,
  type MachineFunc,
  type MachineInsn,
  NONE,
  type Operand,
  type Place,
  type Remat,
  resultRegister,
  SCRATCH_MAP,
  type UnaryMachineOp,
  type VReg,
} from './machine.ts';
import { type MoveSink, sequenceMoves } from './parallel-moves.ts';
import { FIRST_SPILL, type Location, type Move, type Resolution } from './resolve.ts';

const FRAME = bpf.R10;

export interface FrameLayout {
  /** By slot: offset within the slot area. */
  readonly slotOffsets: readonly (number | undefined)[];
  readonly slotBytes: number;
}

/**
 * Writes the instructions of an allocated function at the end of `code` and returns the bytes of stack it uses.
 *
 * The frame, below r10:
 *
 *     r10 ─▶ ┌──────────────┐
 *            │ slots        │  slotBytes
 *            ├──────────────┤
 *            │ spilled      │  8 each
 *            └──────────────┘
 *
 * @param funcLabels where the functions of the prog start.
 */
export function emitFunc(
  code: Code,
  func: MachineFunc,
  resolution: Resolution,
  frame: FrameLayout,
  funcLabels: ReadonlyMap<string, Label>,
): number {
  return new Emitter(code, func, resolution, frame, funcLabels).run();
}

class Emitter {
  readonly #code: Code;
  readonly #func: MachineFunc;
  readonly #resolution: Resolution;
  readonly #frame: FrameLayout;
  readonly #funcLabels: ReadonlyMap<string, Label>;
  readonly #blockLabels: Label[];
  readonly #targets: JumpTargets;
  #at: Line | undefined;
  #position = 0;
  /** Most memory locations that move sequences have borrowed at once. */
  #borrowedMost = 0;

  constructor(
    code: Code,
    func: MachineFunc,
    resolution: Resolution,
    frame: FrameLayout,
    funcLabels: ReadonlyMap<string, Label>,
  ) {
    this.#code = code;
    this.#func = func;
    this.#resolution = resolution;
    this.#frame = frame;
    this.#funcLabels = funcLabels;
    this.#blockLabels = func.blocks.map(() => code.newLabel());
    this.#targets = new JumpTargets(func, resolution);
  }

  run(): number {
    const { blocks, insns } = this.#func;
    for (let block = 0; block < blocks.length; block++) {
      this.#code.place(this.#blockLabels[block]!);
      if (this.#targets.isLeftOut(block)) continue;
      const { from, to } = blocks[block]!;
      this.#at = insns[from + 1]?.at;
      this.#moves(this.#resolution.atStart[block]!, block, false);
      for (let index = from + 1; index < to; index++) {
        const insn = insns[index]!;
        this.#at = insn.at;
        this.#position = index * STEP;
        const gap = this.#resolution.gaps.get(index) ?? [];
        if (insn.kind === 'call') {
          this.#call(insn, gap);
          continue;
        }
        if (gap.length > 0) this.#moves(gap, undefined, false);
        this.#insn(insn, block);
      }
    }
    return this.#frame.slotBytes + 8 * (this.#resolution.spillSlots + this.#borrowedMost);
  }

  // ---- blocks ---------------------------------------------------------------------------------------------------

  #goto(block: number, from: number): void {
    if (this.#targets.following(from) === block) return;
    this.#code.add(bpf.goto(0), this.#at, { kind: 'jump', to: this.#blockLabels[block]! });
  }

  #branch(insn: MachineInsn & { readonly kind: 'branch' }, block: number): void {
    const whenTrue = this.#targets.targetOf(insn.ifTrue.block);
    const whenFalse = this.#targets.targetOf(insn.ifFalse.block);
    if (whenTrue === whenFalse) {
      this.#goto(whenTrue, block);
      return;
    }
    const negated = bpf.jumpOps[insn.test.op].negated as bpf.JumpOp | undefined;
    if (this.#targets.following(block) === whenTrue && negated !== undefined) {
      this.#jumpIf({ ...insn.test, op: negated }, this.#blockLabels[whenFalse]!);
      return;
    }
    this.#jumpIf(insn.test, this.#blockLabels[whenTrue]!);
    this.#goto(whenFalse, block);
  }

  #jumpIf(test: Condition, to: Label): void {
    const a = this.#register(test.a);
    const insn =
      test.b === NONE
        ? bpf.jumpImm(test.op, a, test.imm, 0)
        : bpf.jump(test.op, a, this.#register(test.b), 0);
    this.#code.add(insn, this.#at, { kind: 'jump', to });
  }

  // ---- instructions ---------------------------------------------------------------------------------------------

  #add(insn: bpf.Insn, reloc?: RelocTarget): void {
    this.#code.add(insn, this.#at, undefined, reloc);
  }

  /** The register that holds `vreg` where the current instruction reads its operands. */
  #register(vreg: VReg): number {
    const location = this.#resolution.locate(vreg, this.#position);
    invariant(location !== undefined && location < FIRST_SPILL, 'an operand that must be in a register is');
    return location;
  }

  /** The register of the result. */
  #result(vreg: VReg): number {
    const location = this.#resolution.locate(vreg, this.#position + WRITE);
    invariant(location !== undefined && location < FIRST_SPILL, 'a result is written to a register');
    return location;
  }

  #insn(insn: MachineInsn, block: number): void {
    switch (insn.kind) {
      case 'label':
      case 'call':
        return;
      case 'set':
        this.#make(this.#result(insn.dst), insn.value);
        return;
      case 'alu':
        this.#alu(insn);
        return;
      case 'unary':
        this.#unary(insn.op, this.#result(insn.dst), this.#register(insn.a));
        return;
      case 'load': {
        const [base, off] = this.#place(insn.place);
        const dst = this.#result(insn.dst);
        const { size } = insn;
        this.#add(
          insn.signed && size !== 8 ? bpf.loadSigned(size, dst, base, off) : bpf.load(size, dst, base, off),
        );
        return;
      }
      case 'store': {
        const [base, off] = this.#place(insn.place);
        this.#add(
          insn.b === NONE
            ? bpf.storeImm(insn.size, base, off, insn.imm)
            : bpf.store(insn.size, base, off, this.#register(insn.b)),
        );
        return;
      }
      case 'atomic': {
        const [base, off] = this.#place(insn.place);
        this.#add(bpf.atomic(insn.op, insn.size, base, off, this.#register(insn.b)));
        return;
      }
      case 'select': {
        const dst = this.#result(insn.dst);
        this.#bring(dst, insn.x);
        const done = this.#code.newLabel();
        this.#jumpIf(insn.test, done);
        this.#bring(dst, insn.y);
        this.#code.place(done);
        return;
      }
      case 'jump':
        this.#moves(this.#resolution.atEnd[block]!, block, true);
        this.#goto(this.#targets.targetOf(insn.to.block), block);
        return;
      case 'branch':
        this.#branch(insn, block);
        return;
      case 'exit':
        this.#bring(0, insn.operand);
        this.#add(bpf.exit());
        return;
      default:
        unreachable(insn);
    }
  }

  #alu(insn: MachineInsn & { readonly kind: 'alu' }): void {
    const dst = this.#result(insn.dst);
    const a = this.#register(insn.a);
    if (insn.b === NONE) {
      this.#copyRegister(dst, a);
      this.#add(bpf.alu64Imm(insn.op, dst, insn.imm));
      return;
    }
    const b = this.#register(insn.b);
    if (dst === b && dst !== a) {
      invariant(isCommutative(insn.op), 'the result does not overwrite the second operand');
      this.#add(bpf.alu64(insn.op, dst, a));
      return;
    }
    this.#copyRegister(dst, a);
    this.#add(bpf.alu64(insn.op, dst, b));
  }

  #unary(op: UnaryMachineOp, dst: number, a: number): void {
    switch (op) {
      case 'zext32':
        this.#add(bpf.alu32('mov', dst, a));
        return;
      case 'sext8':
      case 'sext16':
      case 'sext32':
        this.#add(bpf.movsx64(op === 'sext8' ? 8 : op === 'sext16' ? 16 : 32, dst, a));
        return;
      case 'neg':
        this.#copyRegister(dst, a);
        this.#add(bpf.neg64(dst));
        return;
      case 'swap16':
      case 'swap32':
      case 'swap64':
        this.#copyRegister(dst, a);
        // Hosts are little-endian, so "to big-endian" swaps.
        this.#add(bpf.toEndian('be', op === 'swap16' ? 16 : op === 'swap32' ? 32 : 64, dst));
        return;
      default:
        unreachable(op);
    }
  }

  #place(place: Place): [base: number, off: number] {
    if (place.base !== NONE) return [this.#register(place.base), place.off];
    return [FRAME, this.#slotOffset(place.slot) + place.off];
  }

  /** Offset from r10 of the first byte of a slot. */
  #slotOffset(slot: number): number {
    const offset = this.#frame.slotOffsets[slot];
    invariant(offset !== undefined, 'a slot that is used has a place');
    return offset - this.#frame.slotBytes;
  }

  #call(insn: MachineInsn & { readonly kind: 'call' }, gap: readonly Move[]): void {
    const { target } = insn;
    // Moves before the call and into its argument registers are done together. An argument is taken from where it was before
    // them; what would be moved into a register that the call destroys is not moved.
    const moves = gap.filter(({ to }) => to > bpf.R5);
    const before = this.#position - 1;
    const offsets: { readonly register: number; readonly off: number }[] = [];
    insn.operands.forEach((operand, index) => {
      const register = argRegister(target, index);
      let from: Location | Remat;
      if (typeof operand !== 'number' && operand.kind !== 'offset') {
        from = operand;
      } else {
        const vreg = typeof operand === 'number' ? operand : operand.base;
        from = this.#resolution.locate(vreg, before) ?? this.#func.remats[vreg]!;
        if (typeof operand !== 'number') offsets.push({ register, off: operand.off });
      }
      moves.push({ to: register, from });
    });
    this.#sequence(moves, () => {
      let taken = 0;
      for (const { to, from } of moves) {
        taken |= 1 << to;
        if (typeof from === 'number' && from < FIRST_SPILL) taken |= 1 << from;
      }
      for (let register = 0; register <= bpf.R5; register++)
        if ((taken & (1 << register)) === 0) return register;
      return undefined;
    });
    for (const { register, off } of offsets) this.#add(bpf.alu64Imm('add', register, off));
    switch (target.kind) {
      case 'helper':
        this.#add(bpf.call(target.name));
        break;
      case 'func': {
        const to = this.#funcLabels.get(target.name);
        invariant(to !== undefined, `function ${target.name} is part of the prog`);
        this.#code.add(bpf.callSubprog(0), this.#at, { kind: 'func', to });
        break;
      }
      case 'kfunc':
        this.#add(bpf.callKfunc(0), { kind: 'kfunc', name: target.name });
        break;
      case 'atomic':
        this.#add(bpf.atomic(target.op, target.size, bpf.R1, target.off, bpf.R2, true));
        break;
      default:
        unreachable(target);
    }
    if (insn.dst === NONE) return;
    const result = this.#resolution.locate(insn.dst, this.#position + WRITE);
    if (result !== undefined) this.#copy(result, resultRegister(target));
  }

  // ---- moves ----------------------------------------------------------------------------------------------------

  /** Brings an operand into a register. */
  #bring(to: number, operand: Operand): void {
    const from =
      typeof operand === 'number'
        ? (this.#resolution.locate(operand, this.#position) ?? this.#func.remats[operand]!)
        : operand;
    if (typeof from === 'number') this.#copy(to, from);
    else this.#make(to, from);
  }

  /** Moves on the edge into (or, at its end, out of) `block`; without one, before an instruction. */
  #moves(moves: readonly Move[], block: number | undefined, isEnd: boolean): void {
    if (moves.length === 0) return;
    this.#sequence(moves, () =>
      block === undefined ? undefined : this.#resolution.freeRegister(block, isEnd, moves),
    );
  }

  #sequence(moves: readonly Move[], findFree: () => number | undefined): void {
    let borrowed = 0;
    let isLent = false;
    const sink: MoveSink = {
      copy: (to, from) => this.#copy(to, from),
      make: (to, value) => this.#make(to, value),
      makeInMemory: (to, value) => {
        if (value.kind !== 'const' || !fitsI32(value.value)) return false;
        this.#add(bpf.storeImm(8, FRAME, this.#spillOffset(to), Number(value.value)));
        return true;
      },
      // Lent once per sequence: the borrower may keep it until the end.
      spareRegister: () => {
        if (isLent) return undefined;
        isLent = true;
        return findFree();
      },
      spareMemory: () => FIRST_SPILL + this.#resolution.spillSlots + borrowed++,
    };
    sequenceMoves(moves, sink);
    this.#borrowedMost = Math.max(this.#borrowedMost, borrowed);
  }

  #spillOffset(location: Location): number {
    return -this.#frame.slotBytes - 8 * (location - FIRST_SPILL + 1);
  }

  #copyRegister(to: number, from: number): void {
    if (to !== from) this.#add(bpf.alu64('mov', to, from));
  }

  #copy(to: Location, from: Location): void {
    if (to === from) return;
    if (to >= FIRST_SPILL) {
      invariant(from < FIRST_SPILL, 'memory is copied through a register');
      this.#add(bpf.store(8, FRAME, this.#spillOffset(to), from));
    } else if (from >= FIRST_SPILL) {
      this.#add(bpf.load(8, to, FRAME, this.#spillOffset(from)));
    } else {
      this.#copyRegister(to, from);
    }
  }

  #make(to: number, value: Remat): void {
    switch (value.kind) {
      case 'const':
        if (fitsI32(value.value)) this.#add(bpf.alu64Imm('mov', to, Number(value.value)));
        // mov32 clears the high half.
        else if (value.value >= 0n && value.value <= 0xffff_ffffn)
          this.#add(bpf.alu32Imm('mov', to, Number(BigInt.asIntN(32, value.value))));
        else this.#add(bpf.ldImm64(to, value.value));
        return;
      case 'frame':
        this.#copyRegister(to, FRAME);
        this.#add(bpf.alu64Imm('add', to, this.#slotOffset(value.slot) + value.off));
        return;
      case 'map':
        this.#add(
          bpf.ldMapFd(to, 0),
          value.map === SCRATCH_MAP ? { kind: 'scratch' } : { kind: 'map', map: value.map },
        );
        return;
      case 'map-value':
        this.#add(bpf.ldMapValue(to, 0, value.off), { kind: 'map-value', map: value.map, offset: value.off });
        return;
      case 'ksym':
        this.#add(bpf.ldKsym(to, 0), { kind: 'ksym', name: value.name });
        return;
      case 'func': {
        const label = this.#funcLabels.get(value.name);
        invariant(label !== undefined, `function ${value.name} is part of the prog`);
        this.#code.add(bpf.ldFunc(to, 0), this.#at, { kind: 'func', to: label });
        return;
      }
      default:
        unreachable(value);
    }
  }
}
