import { emptyTable } from '../ir/index.ts';
import {
  argRegister,
  definedBy,
  forEachUse,
  type MachineBlock,
  type MachineFunc,
  NONE,
  resultRegister,
  type UseKind,
  type VReg,
} from './machine.ts';

/**
 * Positions: instruction number i of the function takes four.
 *
 *     4i      it reads its operands; moves that the allocator adds are done just before
 *     4i + 1  a call destroys r0 to r5
 *     4i + 2  it writes its result; operands used `late` are still alive
 *     4i + 3  nothing
 */
export const STEP = 4;
const CLOBBER = 1;
export const WRITE = 2;

/** The instruction that a position belongs to. */
export function insnAt(position: number): number {
  return position >> 2;
}

/** The position where an instruction starts. */
export function startOf(position: number): number {
  return position === Infinity ? Infinity : position & ~3;
}

/** Where a value is, over a stretch of the function. */
export const MEMORY = -2;
export const UNASSIGNED = -1;

/** r0 to r9 are allocated; calls destroy the first six. */
export const REGISTERS = 10;
export const CLOBBERED = 6;

/**
 * The stretches of code during which a value is alive, or a part of them that the allocator treats alone: the pieces of one
 * value lie one after the other, each in a register or in memory.
 */
export class Interval {
  readonly vreg: VReg;
  /** from, to (excluded), from, to, …: ascending and apart. */
  readonly ranges: number[];
  /** Positions where the value is read or written, ascending; twice the position, plus 1 if it must be in a register. */
  readonly uses: number[];
  /** A register, MEMORY or UNASSIGNED. */
  register = UNASSIGNED;
  /** The register it would like. */
  hint: number;
  /** The next piece of the same value, if it was split. */
  next: Interval | undefined;
  /** Cursors: everything before them lies behind the allocator. */
  #range = 0;
  #use = 0;

  constructor(vreg: VReg, ranges: number[], uses: number[], hint = UNASSIGNED) {
    this.vreg = vreg;
    this.ranges = ranges;
    this.uses = uses;
    this.hint = hint;
  }

  get start(): number {
    return this.ranges[0]!;
  }

  get end(): number {
    return this.ranges[this.ranges.length - 1]!;
  }

  /** Whether it is alive at `position`, which never goes back. */
  covers(position: number): boolean {
    const { ranges } = this;
    while (this.#range < ranges.length && ranges[this.#range + 1]! <= position) this.#range += 2;
    return this.#range < ranges.length && ranges[this.#range]! <= position;
  }

  /** The first position from `position` on that both cover; Infinity if none. `position` never goes back for `this`. */
  meets(other: Interval, position: number): number {
    this.covers(position);
    const a = this.ranges;
    const b = other.ranges;
    let i = this.#range;
    let j = 0;
    while (i < a.length && j < b.length) {
      if (a[i + 1]! <= b[j]!) i += 2;
      else if (b[j + 1]! <= a[i]!) j += 2;
      else return Math.max(a[i]!, b[j]!);
    }
    return Infinity;
  }

  /** Position of the first use at or after `position`, which never goes back; Infinity if none. */
  nextUse(position: number): number {
    const { uses } = this;
    while (this.#use < uses.length && uses[this.#use]! >> 1 < position) this.#use++;
    return this.#use < uses.length ? uses[this.#use]! >> 1 : Infinity;
  }

  /** Position of the first use at or after `position`, anywhere; Infinity if none. */
  firstUseFrom(position: number): number {
    for (const use of this.uses) if (use >> 1 >= position) return use >> 1;
    return Infinity;
  }

  /** Position of the last use before the position that `nextUse` was asked for last; -1 if none. */
  lastUse(): number {
    return this.#use === 0 ? -1 : this.uses[this.#use - 1]! >> 1;
  }

  /** Position of the first use that needs a register; Infinity if none. */
  firstRegisterUse(): number {
    for (const use of this.uses) if ((use & 1) === 1) return use >> 1;
    return Infinity;
  }

  /** Cuts the interval in two; the second, which is returned, starts at `position` or, if that is in a hole, after it. */
  split(position: number): Interval {
    const { ranges, uses } = this;
    // The first range that ends behind the cut; most cuts are near the end.
    let range = ranges.length - 2;
    while (range > 0 && ranges[range - 1]! > position) range -= 2;
    const tail = ranges.slice(range);
    ranges.length = range;
    if (tail[0]! < position) {
      ranges.push(tail[0]!, position);
      tail[0] = position;
    }
    let use = uses.length;
    while (use > 0 && uses[use - 1]! >> 1 >= position) use--;
    const rest = new Interval(this.vreg, tail, uses.splice(use), this.hint);
    rest.next = this.next;
    this.next = rest;
    return rest;
  }
}

/** Which values a value is moved from or to, so that sharing a register or a spill slot with them saves a move. */
export interface Related {
  /** By VReg: the operand that its instruction overwrites, and the result that overwrites it; NONE for none. */
  readonly operandOf: Int32Array;
  readonly resultOf: Int32Array;
  /** By VReg: for a block parameter what is passed for it, for what is passed the parameters. */
  readonly passed: readonly (VReg[] | undefined)[];
}

export interface Intervals {
  /** By VReg; undefined where nothing defines it. */
  readonly ofVReg: readonly (Interval | undefined)[];
  /** Positions of the clobbers of calls, ascending. */
  readonly clobbers: Int32Array;
  readonly related: Related;
}

/**
 * Finds for each value where it is alive: from each use backwards through the blocks to the definition. One value at a time, so
 * the work is the number of blocks in which values live, and loops need no repetition.
 */
export function buildIntervals(func: MachineFunc): Intervals {
  const { insns, blocks, vregCount } = func;
  const { useStart, useList } = collectUses(func);
  const definition = new Int32Array(vregCount).fill(-1);
  const blockOfInsn = new Int32Array(insns.length);
  blocks.forEach((block, index) => {
    for (let insn = block.from; insn < block.to; insn++) blockOfInsn[insn] = index;
  });
  const clobbers: number[] = [];
  insns.forEach((insn, index) => {
    const position = index * STEP;
    if (insn.kind === 'call') clobbers.push(position + CLOBBER);
    if (insn.kind === 'label') for (const param of insn.params) definition[param] = position + WRITE;
    const dst = definedBy(insn);
    if (dst !== NONE) definition[dst] = position + WRITE;
  });

  const stamp = new Int32Array(blocks.length).fill(-1);
  const isLiveIn = new Uint8Array(blocks.length);
  const aliveTo = new Int32Array(blocks.length);
  const ofVReg = emptyTable<Interval>(vregCount);
  const touched: number[] = [];
  const work: number[] = [];
  for (let vreg = 0; vreg < vregCount; vreg++) {
    const defined = definition[vreg]!;
    if (defined === -1) continue;
    const home = blockOfInsn[insnAt(defined)]!;
    touched.length = 0;
    touched.push(home);
    stamp[home] = vreg;
    isLiveIn[home] = 0;
    aliveTo[home] = defined + 1;
    const insn = insns[insnAt(defined)]!;
    const mustDefine = insn.kind !== 'label' && insn.kind !== 'call';
    const uses = [defined * 2 + (mustDefine ? 1 : 0)];
    for (let index = useStart[vreg]!; index < useStart[vreg + 1]!; index++) {
      const use = useList[index]!;
      const position = use >> 1;
      uses.push(use);
      const block = blockOfInsn[insnAt(position)]!;
      if (stamp[block] !== vreg) {
        stamp[block] = vreg;
        isLiveIn[block] = 0;
        aliveTo[block] = position + 1;
        touched.push(block);
      } else if (aliveTo[block]! < position + 1) {
        aliveTo[block] = position + 1;
      }
      if (block !== home && isLiveIn[block] === 0) {
        isLiveIn[block] = 1;
        work.push(block);
      }
    }
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      for (const pred of blocks[block]!.preds) {
        if (stamp[pred] !== vreg) {
          stamp[pred] = vreg;
          isLiveIn[pred] = 0;
          touched.push(pred);
        }
        aliveTo[pred] = blocks[pred]!.to * STEP;
        if (pred !== home && isLiveIn[pred] === 0) {
          isLiveIn[pred] = 1;
          work.push(pred);
        }
      }
    }
    if (touched.length > 1) touched.sort(ascending);
    const ranges: number[] = [];
    /** Starts of cold blocks, where the interval is cut: what happens there must not move the value elsewhere. */
    const cuts: number[] = [];
    for (const block of touched) {
      if (isLiveIn[block] === 1 && startsCold(blocks, block)) cuts.push(blocks[block]!.from * STEP);
      const from = isLiveIn[block] === 1 ? blocks[block]!.from * STEP : defined;
      const to = aliveTo[block]!;
      if (ranges.length > 0 && ranges[ranges.length - 1] === from) ranges[ranges.length - 1] = to;
      else ranges.push(from, to);
    }
    const interval = new Interval(vreg, ranges, uses);
    for (let cut = cuts.length - 1; cut >= 0; cut--)
      if (cuts[cut]! > interval.start) interval.split(cuts[cut]!);
    ofVReg[vreg] = interval;
  }
  const clobberList = Int32Array.from(clobbers);
  const { hints, related } = collectHints(func, ofVReg, clobberList);
  for (const interval of ofVReg) {
    const hint = interval === undefined ? UNASSIGNED : hints[interval.vreg]!;
    if (hint === UNASSIGNED) continue;
    for (let piece = interval; piece !== undefined; piece = piece.next) piece.hint = hint;
  }
  return { ofVReg, clobbers: clobberList, related };
}

/** Whether a block is cold and not just the continuation of the cold block before it. */
function startsCold(blocks: readonly MachineBlock[], block: number): boolean {
  const { isCold, preds } = blocks[block]!;
  return isCold && !(preds.length === 1 && preds[0] === block - 1 && blocks[block - 1]!.isCold);
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** Position of the first call that the interval lives across; Infinity if none. */
export function firstClobber({ ranges }: Interval, clobbers: Int32Array): number {
  let low = 0;
  for (let range = 0; range < ranges.length; range += 2) {
    const from = ranges[range]!;
    let high = clobbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (clobbers[middle]! < from) low = middle + 1;
      else high = middle;
    }
    if (low === clobbers.length) return Infinity;
    if (clobbers[low]! < ranges[range + 1]!) return clobbers[low]!;
  }
  return Infinity;
}

/** Uses of every register as one list, ascending within each: `useList[useStart[v] … useStart[v + 1]]`, coded as `Interval.uses`. */
function collectUses(func: MachineFunc): { useStart: Int32Array; useList: Int32Array } {
  const useStart = new Int32Array(func.vregCount + 1);
  for (const insn of func.insns) {
    forEachUse(insn, (vreg) => {
      useStart[vreg + 1]!++;
    });
  }
  for (let vreg = 0; vreg < func.vregCount; vreg++) useStart[vreg + 1]! += useStart[vreg]!;
  const fill = useStart.slice();
  const useList = new Int32Array(useStart[func.vregCount]!);
  func.insns.forEach((insn, index) => {
    forEachUse(insn, (vreg, kind) => {
      useList[fill[vreg]!++] = codeOf(index, kind);
    });
  });
  return { useStart, useList };
}

function codeOf(insn: number, kind: UseKind): number {
  const position = insn * STEP + (kind === 'late' || kind === 'late-any' ? WRITE : 0);
  return position * 2 + (kind === 'reg' || kind === 'late' ? 1 : 0);
}

/**
 * Wishes: an argument of a call wants the register the call takes it from, a result the one it arrives in, the operand that an
 * instruction overwrites wants what its result wants. Backwards, so that wishes travel from a call to what computes its arguments.
 */
function collectHints(
  func: MachineFunc,
  ofVReg: readonly (Interval | undefined)[],
  clobbers: Int32Array,
): { hints: Int8Array; related: Related } {
  const hints = new Int8Array(func.vregCount).fill(UNASSIGNED);
  const operandOf = new Int32Array(func.vregCount).fill(NONE);
  const resultOf = new Int32Array(func.vregCount).fill(NONE);
  const passed = emptyTable<VReg[]>(func.vregCount);
  const relate = (a: VReg, b: VReg): void => {
    const listA = passed[a];
    if (listA === undefined) passed[a] = [b];
    else listA.push(b);
    const listB = passed[b];
    if (listB === undefined) passed[b] = [a];
    else listB.push(a);
  };
  const overwrite = (operand: VReg, result: VReg): void => {
    operandOf[result] = operand;
    resultOf[operand] = result;
  };
  /** By VReg: the block whose instruction made the wish. */
  const wishedIn = new Int32Array(func.vregCount).fill(-1);
  let block = func.blocks.length - 1;
  const wish = (vreg: VReg, register: number): void => {
    if (register === UNASSIGNED) return;
    // A value that lives across a call cannot have a register that the call destroys.
    const interval = ofVReg[vreg];
    if (register < CLOBBERED && interval !== undefined && firstClobber(interval, clobbers) !== Infinity)
      return;
    hints[vreg] = register;
    wishedIn[vreg] = block;
  };
  const paramsOf = (block: number): readonly VReg[] => {
    const label = func.insns[func.blocks[block]!.from]!;
    return label.kind === 'label' ? label.params : [];
  };
  for (let index = func.insns.length - 1; index >= 0; index--) {
    const insn = func.insns[index]!;
    switch (insn.kind) {
      case 'call':
        // Where it arrives, unless the block at hand wants it elsewhere: other blocks may never run.
        if (insn.dst !== NONE && wishedIn[insn.dst] !== block) wish(insn.dst, resultRegister(insn.target));
        insn.operands.forEach((operand, number) => {
          if (typeof operand === 'number') wish(operand, argRegister(insn.target, number));
        });
        break;
      case 'exit':
        if (typeof insn.operand === 'number') wish(insn.operand, 0);
        break;
      case 'alu':
      case 'unary':
        overwrite(insn.a, insn.dst);
        if (hints[insn.a] === UNASSIGNED) wish(insn.a, hints[insn.dst]!);
        break;
      case 'select':
        if (typeof insn.x === 'number') overwrite(insn.x, insn.dst);
        break;
      case 'jump':
      case 'branch':
        for (const edge of insn.kind === 'jump' ? [insn.to] : [insn.ifTrue, insn.ifFalse]) {
          if (edge.operands.length === 0) continue;
          const params = paramsOf(edge.block);
          edge.operands.forEach((operand, number) => {
            if (typeof operand !== 'number') return;
            relate(operand, params[number]!);
            if (hints[operand] === UNASSIGNED) wish(operand, hints[params[number]!]!);
          });
        }
        break;
      case 'label':
        block--;
        // The parameters of the function arrive in r1 to r5.
        if (index === 0) for (const [number, param] of insn.params.entries()) wish(param, number + 1);
        break;
    }
  }
  return { hints, related: { operandOf, resultOf, passed } };
}
