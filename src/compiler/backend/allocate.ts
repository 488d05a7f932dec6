import { invariant } from '../../base/index.ts';
import {
  buildIntervals,
  CLOBBERED,
  firstClobber,
  type Interval,
  insnAt,
  MEMORY,
  REGISTERS,
  type Related,
  STEP,
  startOf,
  UNASSIGNED,
} from './intervals.ts';
import { type MachineBlock, type MachineFunc, NONE } from './machine.ts';

export interface Allocation {
  /** By VReg: the first piece of its life; the others follow by `next`. Every piece has a register or is in memory. */
  readonly first: readonly (Interval | undefined)[];
  readonly related: Related;
}

/**
 * Linear scan with splitting, after Wimmer and Mössenböck, "Optimized Interval Splitting in a Linear Scan Register Allocator" (2005),
 * on SSA form (Wimmer and Franz, 2010).
 *
 * Intervals are taken by their start. Each gets, in this order: the register it would like if that is free for all of its life; the
 * free register that is freed least long (so that r6 to r9 stay for values that live across calls); a register that is free for a
 * while, the rest of its life being split off before the obstacle; or the register whose holder is needed again last, if that is
 * after its own next use. The holder's rest goes to memory until shortly before that use.
 *
 *     v1  ═══════r1═══╗call
 *                     ╚══════r6═══════          split before a call
 *     v2  ═══r6═══╗
 *                 ╚╌╌╌╌memory╌╌╌╌╔═══r7═══      evicted, reloaded before its next use
 *
 * Values that can be made again (constants, addresses) take part like others, but "memory" costs them nothing.
 */
export function allocateRegisters(func: MachineFunc): Allocation {
  return new LinearScan(func).run();
}

class LinearScan {
  readonly #func: MachineFunc;
  readonly #first: readonly (Interval | undefined)[];
  readonly #related: Related;
  /** Of the interval at hand: until when each register is free. */
  readonly #freeUntil: number[] = new Array(REGISTERS).fill(0);
  readonly #clobbers: Int32Array;
  readonly #waiting = new StartHeap();
  readonly #active: (Interval | undefined)[] = new Array(REGISTERS).fill(undefined);
  /** Intervals with a register that are in a hole of their life. */
  readonly #inactive: Interval[][] = Array.from({ length: REGISTERS }, () => []);
  /** By block: the head of the innermost loop it is in; -1 for none. */
  readonly #loopOf: Int32Array;
  /** The register each value was last given, for hints. */
  readonly #lastRegister: Int8Array;

  constructor(func: MachineFunc) {
    this.#func = func;
    const { ofVReg, clobbers, related } = buildIntervals(func);
    this.#first = ofVReg;
    this.#clobbers = clobbers;
    this.#related = related;
    this.#loopOf = innermostLoops(func.blocks);
    this.#lastRegister = new Int8Array(func.vregCount).fill(UNASSIGNED);
  }

  run(): Allocation {
    for (const interval of this.#first) {
      for (let piece = interval; piece !== undefined; piece = piece.next) this.#waiting.push(piece);
    }
    for (let current = this.#waiting.pop(); current !== undefined; current = this.#waiting.pop()) {
      this.#advance(current.start);
      if (!this.#tryFree(current)) this.#takeBlocked(current);
    }
    return { first: this.#first, related: this.#related };
  }

  /** Moves intervals between active, inactive and done. */
  #advance(position: number): void {
    for (let register = 0; register < REGISTERS; register++) {
      const holder = this.#active[register];
      if (holder !== undefined && !holder.covers(position)) {
        this.#active[register] = undefined;
        if (holder.end > position) this.#inactive[register]!.push(holder);
      }
      const inactive = this.#inactive[register]!;
      for (let index = 0; index < inactive.length; ) {
        const interval = inactive[index]!;
        const isBack = interval.covers(position);
        if (!isBack && interval.end > position) {
          index++;
          continue;
        }
        inactive[index] = inactive[inactive.length - 1]!;
        inactive.pop();
        if (isBack) {
          invariant(this.#active[register] === undefined, 'a register has one holder');
          this.#active[register] = interval;
        }
      }
    }
  }

  #tryFree(current: Interval): boolean {
    const { start, end } = current;
    const before = this.#registerBefore(current);
    if (before === MEMORY) {
      // It was in memory where the block is entered from; there is no reason to load it before it is used.
      this.#spill(current, current.firstRegisterUse());
      return true;
    }
    const clobber = firstClobber(current, this.#clobbers);
    // Most get what they would like; the other registers are not looked at then.
    const wished = before === UNASSIGNED ? current.hint : before;
    if (wished !== UNASSIGNED && this.#freeFor(current, wished, clobber) >= end) {
      this.#assign(current, wished);
      return true;
    }
    const freeUntil = this.#freeUntil;
    for (let register = 0; register < REGISTERS; register++)
      freeUntil[register] = this.#freeFor(current, register, clobber);
    const hint = this.#hint(current);
    if (hint !== UNASSIGNED) {
      this.#assign(current, hint);
      return true;
    }
    const best = this.#freedSoonest(end, this.#wantedByOthers(current));
    if (best !== -1) {
      this.#assign(current, best);
      return true;
    }
    if (this.#keepThroughLoop(current, clobber)) return true;
    let longest = current.hint === UNASSIGNED ? PREFERENCE[0]! : current.hint;
    for (const register of PREFERENCE) if (freeUntil[register]! > freeUntil[longest]!) longest = register;
    const cut = startOf(freeUntil[longest]!);
    // Worth it only if something happens to the value before the cut.
    if (cut <= start || current.nextUse(start) >= cut) return false;
    if (longest < CLOBBERED && this.#evictForCall(current, cut)) return true;
    this.#waiting.push(current.split(cut));
    this.#assign(current, longest);
    return true;
  }

  /** Until when a register is free for an interval. @param clobber the first call that it lives across. */
  #freeFor(current: Interval, register: number, clobber: number): number {
    if (this.#active[register] !== undefined) return 0;
    let until = register < CLOBBERED ? clobber : Infinity;
    const inactive = this.#inactive[register]!;
    for (let index = 0; index < inactive.length; index++)
      until = Math.min(until, inactive[index]!.meets(current, current.start));
    return until;
  }

  /**
   * A value that a loop starts with and that lives across a call in it gets a kept register right away, if one holds something that
   * the loop does not use: that is then put into memory once, before the loop, and not in every round.
   */
  #keepThroughLoop(current: Interval, clobber: number): boolean {
    const { start } = current;
    const label = this.#func.insns[insnAt(start)]!;
    if (label.kind !== 'label') return false;
    const { loopEnd } = this.#func.blocks[label.block]!;
    if (loopEnd === -1) return false;
    const end = this.#func.blocks[loopEnd]!.to * STEP;
    if (clobber >= end) return false;
    return this.#takeFromFarthest(current, end, (holder) => holder.nextUse(start));
  }

  /**
   * A value that will have to be moved out of a call's way takes a kept register at once, if none is free by then and the holder that
   * would have to make room is known now.
   */
  #evictForCall(current: Interval, call: number): boolean {
    const { start } = current;
    const ownUse = current.firstUseFrom(call);
    if (ownUse === Infinity) return false;
    for (let register = CLOBBERED; register < REGISTERS; register++) {
      const holder = this.#active[register];
      if (holder === undefined || holder.end <= call) return false;
    }
    return this.#takeFromFarthest(current, ownUse, (holder) => this.#evictionUse(holder, start));
  }

  /** Takes the kept register whose holder is used last, if that is behind `least`; false when there is none. */
  #takeFromFarthest(current: Interval, least: number, useOf: (holder: Interval) => number): boolean {
    const { start } = current;
    let best = -1;
    let bestUse = least;
    for (let register = CLOBBERED; register < REGISTERS; register++) {
      const holder = this.#active[register];
      if (holder === undefined || holder.start >= startOf(start)) continue;
      if (this.#inactive[register]!.some((interval) => interval.meets(current, start) !== Infinity)) continue;
      const use = useOf(holder);
      if (use > bestUse) {
        best = register;
        bestUse = use;
      }
    }
    if (best === -1) return false;
    this.#evict(best, current);
    this.#assign(current, best);
    return true;
  }

  #takeBlocked(current: Interval): void {
    const { start } = current;
    const firstUse = current.firstRegisterUse();
    const clobber = firstClobber(current, this.#clobbers);
    let best = -1;
    let bestUse = -1;
    // A value that can be made again drives nobody out before it is needed.
    const mayEvict = startOf(firstUse) <= start || this.#func.remats[current.vreg] === undefined;
    for (const register of mayEvict ? PREFERENCE : []) {
      let use = register < CLOBBERED ? clobber : Infinity;
      const holder = this.#active[register];
      if (holder !== undefined) use = Math.min(use, this.#evictionUse(holder, start));
      for (const interval of this.#inactive[register]!) {
        if (interval.meets(current, start) !== Infinity)
          use = Math.min(use, this.#evictionUse(interval, start));
      }
      if (use > bestUse) {
        best = register;
        bestUse = use;
      }
    }
    if (best === -1 || startOf(bestUse) <= startOf(firstUse)) {
      if (startOf(firstUse) > start) {
        this.#spill(current, firstUse);
        return;
      }
      invariant(best !== -1 && bestUse > start, 'an instruction needs fewer registers than there are');
    }
    this.#evict(best, current);
    const limit = best < CLOBBERED ? clobber : Infinity;
    if (limit < current.end) {
      const cut = startOf(limit);
      invariant(cut > start, 'a value that must be in a register is not there over a call');
      this.#waiting.push(current.split(cut));
    }
    this.#assign(current, best);
  }

  /** When a holder is needed again, for comparing holders; one that can be made again is as good as never. */
  #evictionUse(holder: Interval, position: number): number {
    const use = holder.nextUse(position);
    return this.#func.remats[holder.vreg] === undefined || use < position + 2 * STEP
      ? use
      : use + 1_000_000_000;
  }

  /** Puts the interval in memory, up to just before `use`. */
  #spill(interval: Interval, use: number): void {
    if (use !== Infinity && startOf(use) < interval.end) this.#waiting.push(interval.split(startOf(use)));
    interval.register = MEMORY;
  }

  /** Frees `register` for `current` from its start on. */
  #evict(register: number, current: Interval): void {
    const { start } = current;
    const holder = this.#active[register];
    if (holder !== undefined) {
      this.#active[register] = undefined;
      const cut = this.#beforeLoops(holder, start, this.#evictionPoint(start));
      let rest = holder;
      if (holder.start < cut) rest = holder.split(cut);
      // Its uses before `start` are over, or it would not have been chosen.
      this.#spill(rest, rest.firstRegisterUse());
    }
    const inactive = this.#inactive[register]!;
    for (let index = 0; index < inactive.length; ) {
      const interval = inactive[index]!;
      if (interval.meets(current, start) === Infinity) {
        index++;
        continue;
      }
      // It is in a hole: the rest starts anew with some block, wherever there is room.
      inactive.splice(index, 1);
      this.#waiting.push(interval.split(start));
    }
  }

  /**
   * From where on an evicted value is in memory, when its register is wanted at `position`. A result is written at 4i + 2; the
   * evicted value may still be read by the same instruction at 4i. At a label nothing is read, and no move can stand before it.
   */
  #evictionPoint(position: number): number {
    if (position === startOf(position)) return position;
    const isLabel = this.#func.insns[insnAt(position)]!.kind === 'label';
    return isLabel ? startOf(position) : position - 1;
  }

  /** Moves the cut of an evicted value to the start of the outermost loop that does not use it: it is stored once, not every round. */
  #beforeLoops(holder: Interval, position: number, cut: number): number {
    const { blocks } = this.#func;
    const next = holder.nextUse(position);
    const last = holder.lastUse();
    let best = cut;
    for (
      let head = this.#loopOf[this.#blockAt(position)]!;
      head !== -1;
      head = this.#loopOf[head - 1] ?? -1
    ) {
      const block = blocks[head]!;
      const from = block.from * STEP;
      if (from <= holder.start || last >= from || next < blocks[block.loopEnd]!.to * STEP) break;
      best = Math.min(best, from);
      // The loop around this one is that of the block before its head.
      if (head === 0) break;
    }
    return best;
  }

  #blockAt(position: number): number {
    const { blocks } = this.#func;
    const insn = insnAt(position);
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (blocks[middle]!.from <= insn) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #assign(interval: Interval, register: number): void {
    interval.register = register;
    this.#active[register] = interval;
    this.#lastRegister[interval.vreg] = register;
  }

  /** Of the registers that are free until `end`, the one that is freed soonest; one that is not in the mask `avoid` if there is any. */
  #freedSoonest(end: number, avoid: number): number {
    const freeUntil = this.#freeUntil;
    let best = -1;
    let isBestAvoided = true;
    for (const register of PREFERENCE) {
      if (freeUntil[register]! < end) continue;
      const isAvoided = (avoid & (1 << register)) !== 0;
      const isBetter = isAvoided === isBestAvoided && freeUntil[register]! < (freeUntil[best] ?? Infinity);
      if (best === -1 || (isBestAvoided && !isAvoided) || isBetter) {
        best = register;
        isBestAvoided = isAvoided;
      }
    }
    return best;
  }

  /** Mask of the registers that other parameters of the same block would like, because what is passed for them is there. */
  #wantedByOthers(current: Interval): number {
    const label = this.#func.insns[insnAt(current.start)]!;
    if (label.kind !== 'label' || label.params.length < 2) return 0;
    let mask = 0;
    for (const param of label.params) {
      if (param === current.vreg || this.#first[param]?.register !== UNASSIGNED) continue;
      for (const passed of this.#related.passed[param] ?? []) {
        const register = this.#lastRegister[passed]!;
        if (register !== UNASSIGNED) mask |= 1 << register;
      }
    }
    return mask;
  }

  /** Where the value is at the end of a block that leads to the one the piece starts with, if it does and that is known. */
  #registerBefore(current: Interval): number {
    const { start } = current;
    let piece = this.#first[current.vreg]!;
    const label = this.#func.insns[insnAt(start)]!;
    if (piece === current || label.kind !== 'label' || startOf(start) !== start) return UNASSIGNED;
    const [pred] = this.#func.blocks[label.block]!.preds;
    if (pred === undefined || pred >= label.block) return UNASSIGNED;
    const end = (this.#func.blocks[pred]!.to - 1) * STEP;
    while (piece.next !== undefined && piece.next.start <= end) piece = piece.next;
    return piece.register;
  }

  /** A register that is free for all of the interval's life and would save a move. */
  #hint(current: Interval): number {
    const { vreg, end } = current;
    const isFree = (register: number): boolean =>
      register !== UNASSIGNED && this.#freeUntil[register]! >= end;
    if (isFree(current.hint)) return current.hint;
    const { operandOf, resultOf, passed } = this.#related;
    for (const other of [operandOf[vreg]!, resultOf[vreg]!]) {
      if (other !== NONE && isFree(this.#lastRegister[other]!)) return this.#lastRegister[other]!;
    }
    for (const other of passed[vreg] ?? [])
      if (isFree(this.#lastRegister[other]!)) return this.#lastRegister[other]!;
    const own = this.#lastRegister[vreg]!;
    if (isFree(own)) return own;
    // What is passed to a block's parameter that lives across a call had better be in a kept register from the start.
    for (const other of passed[vreg] ?? []) {
      const target = this.#first[other];
      if (
        target === undefined ||
        target.register !== UNASSIGNED ||
        firstClobber(target, this.#clobbers) === Infinity
      )
        continue;
      const until = Math.max(end, target.end);
      for (let register = CLOBBERED; register < REGISTERS; register++)
        if (this.#freeUntil[register]! >= until) return register;
    }
    return UNASSIGNED;
  }
}

function innermostLoops(blocks: readonly MachineBlock[]): Int32Array {
  const loopOf = new Int32Array(blocks.length).fill(-1);
  const open: number[] = [];
  blocks.forEach((block, index) => {
    while (open.length > 0 && blocks[open[open.length - 1]!]!.loopEnd < index) open.pop();
    if (block.loopEnd !== -1) open.push(index);
    loopOf[index] = open[open.length - 1] ?? -1;
  });
  return loopOf;
}

/** Registers in the order they are tried; among equals, those that carry call arguments come last. */
const PREFERENCE: readonly number[] = [0, 5, 4, 3, 2, 1, 6, 7, 8, 9];

/** Intervals by start: a binary heap. Ties go to the one pushed first, so that the result depends on the input alone. */
class StartHeap {
  readonly #items: { readonly interval: Interval; readonly start: number; readonly number: number }[] = [];
  #pushed = 0;

  push(interval: Interval): void {
    const items = this.#items;
    const item = { interval, start: interval.start, number: this.#pushed++ };
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!comesBefore(item, items[parent]!)) break;
      items[index] = items[parent]!;
      index = parent;
    }
    items[index] = item;
  }

  pop(): Interval | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top?.interval;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && comesBefore(items[child + 1]!, items[child]!)) child++;
      if (!comesBefore(items[child]!, last)) break;
      items[index] = items[child]!;
      index = child;
    }
    items[index] = last;
    return top.interval;
  }
}

function comesBefore(a: { start: number; number: number }, b: { start: number; number: number }): boolean {
  return a.start < b.start || (a.start === b.start && a.number < b.number);
}
