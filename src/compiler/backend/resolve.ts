import { emptyTable } from '../ir/index.ts';
import type { Allocation } from './allocate.ts';
import { type Interval, insnAt, MEMORY, type Related, STEP, startOf, WRITE } from './intervals.ts';
import { type MachineFunc, machineEdges, NONE, type Operand, type Remat, type VReg } from './machine.ts';

/** A register (0 to 10), or `FIRST_SPILL` + the number of an 8-byte spill slot. */
export type Location = number;
export const FIRST_SPILL = 16;

export interface Move {
  readonly to: Location;
  readonly from: Location | Remat;
}

/** Where everything is and what has to be moved where. */
export interface Resolution {
  /** Where the value is at a position of its life; undefined for one in memory that is made again instead. */
  locate(vreg: VReg, position: number): Location | undefined;
  /** Moves before an instruction, done at once. By index of the instruction. */
  readonly gaps: ReadonlyMap<number, readonly Move[]>;
  /** By block: moves after its label (it has one predecessor, or is the entry), and before its jump. */
  readonly atStart: readonly (readonly Move[])[];
  readonly atEnd: readonly (readonly Move[])[];
  readonly spillSlots: number;
  /** A register that holds nothing on the edge that enters or leaves `block`; undefined if all do. */
  freeRegister(block: number, isEnd: boolean, moves: readonly Move[]): number | undefined;
}

/**
 * Turns an allocation into moves: where a piece of a value ends in the middle of a block, before that instruction; where the
 * pieces at the two ends of an edge differ, or a block has parameters, on the edge.
 *
 * A value goes to memory where its register is taken from it, not where it is defined: until then the verifier has learned bounds
 * from comparisons, and keeps them with the spilled copy (from Linux 5.11 on). Values that are compared with nothing are stored
 * once, after their definition, if they would otherwise be stored in several places.
 */
export function resolveMoves(func: MachineFunc, allocation: Allocation): Resolution {
  return new Resolver(func, allocation).run();
}

class Resolver {
  readonly #func: MachineFunc;
  readonly #first: readonly (Interval | undefined)[];
  /** By VReg, for those with more than one piece: the pieces in order. */
  readonly #pieces: (Interval[] | undefined)[];
  readonly #spillOf: Int32Array;
  readonly #storedOnce: ReadonlySet<VReg>;
  readonly #gaps = new Map<number, Move[]>();
  readonly #atStart: Move[][];
  readonly #atEnd: Move[][];
  #spillSlots = 0;

  constructor(func: MachineFunc, { first, related }: Allocation) {
    this.#func = func;
    this.#first = first;
    this.#pieces = emptyTable(first.length);
    for (const interval of first) {
      if (interval?.next === undefined) continue;
      const pieces: Interval[] = [];
      for (let piece: Interval | undefined = interval; piece !== undefined; piece = piece.next)
        pieces.push(piece);
      this.#pieces[interval.vreg] = pieces;
    }
    this.#spillOf = new Int32Array(first.length).fill(-1);
    this.#storedOnce = this.#findStoredOnce();
    this.#assignSpillSlots(related);
    this.#atStart = func.blocks.map(() => []);
    this.#atEnd = func.blocks.map(() => []);
  }

  run(): Resolution {
    for (let vreg = 0; vreg < this.#first.length; vreg++) {
      const pieces = this.#pieces[vreg];
      if (pieces !== undefined) this.#movesOf(vreg, pieces, this.#storedOnce.has(vreg));
    }
    this.#func.blocks.forEach((_, block) => {
      this.#parameterMoves(block);
    });
    const entry = this.#func.insns[0]!;
    if (entry.kind === 'label') {
      entry.params.forEach((param, index) => {
        this.#moveInto(this.#atStart[0]!, param, WRITE, index + 1);
      });
    }
    let masks: { readonly atStart: Uint16Array; readonly atEnd: Uint16Array } | undefined;
    return {
      locate: (vreg, position) => this.#locate(vreg, position),
      gaps: this.#gaps,
      atStart: this.#atStart,
      atEnd: this.#atEnd,
      spillSlots: this.#spillSlots,
      freeRegister: (block, isEnd, moves) => {
        masks ??= this.#occupied();
        let taken = 0;
        const edges = isEnd ? machineEdges(this.#func.insns[this.#func.blocks[block]!.to - 1]!) : [];
        if (isEnd) {
          taken |= masks.atEnd[block]!;
          for (const edge of edges) taken |= masks.atStart[edge.block]!;
        } else {
          taken |= masks.atStart[block]!;
          for (const pred of this.#func.blocks[block]!.preds) taken |= masks.atEnd[pred]!;
        }
        for (const { to, from } of moves) {
          if (to < FIRST_SPILL) taken |= 1 << to;
          if (typeof from === 'number' && from < FIRST_SPILL) taken |= 1 << from;
        }
        for (let register = 0; register < 10; register++)
          if ((taken & (1 << register)) === 0) return register;
        return undefined;
      },
    };
  }

  #pieceAt(vreg: VReg, position: number): Interval {
    const pieces = this.#pieces[vreg];
    if (pieces === undefined) return this.#first[vreg]!;
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pieces[middle]!.start <= position) low = middle;
      else high = middle - 1;
    }
    return pieces[low]!;
  }

  #locate(vreg: VReg, position: number): Location | undefined {
    const piece = this.#pieceAt(vreg, position);
    if (piece.register !== MEMORY) return piece.register;
    return this.#func.remats[vreg] === undefined ? FIRST_SPILL + this.#spillOf[vreg]! : undefined;
  }

  /** Adds the move that brings `from` to where `vreg` is at `position`. */
  #moveInto(moves: Move[], vreg: VReg, position: number, from: Location | Remat): void {
    const to = this.#locate(vreg, position);
    if (to !== undefined && to !== from) moves.push({ to, from });
  }

  #sourceAt(vreg: VReg, position: number): Location | Remat {
    return this.#locate(vreg, position) ?? this.#func.remats[vreg]!;
  }

  #movesOf(vreg: VReg, pieces: readonly Interval[], isStoredOnce: boolean): void {
    const { blocks } = this.#func;
    const add = (moves: Move[], from: Location | Remat, to: Location | undefined): void => {
      if (to === undefined || to === from) return;
      if (isStoredOnce && to >= FIRST_SPILL) return;
      moves.push({ to, from });
    };
    this.#forEachCut(pieces, (before, after) => {
      const insn = insnAt(after.start);
      add(this.#gap(insn), this.#placeOf(before), this.#locate(vreg, after.start));
    });
    this.#forEachEntry(pieces, (block) => {
      const start = blocks[block]!.from * STEP;
      for (const pred of blocks[block]!.preds) {
        const end = (blocks[pred]!.to - 1) * STEP;
        const from = this.#sourceAt(vreg, end);
        const moves = blocks[block]!.preds.length === 1 ? this.#atStart[block]! : this.#atEnd[pred]!;
        add(moves, from, this.#locate(vreg, start));
      }
    });
    if (isStoredOnce) {
      const { start } = pieces[0]!;
      const from = this.#locate(vreg, start)!;
      // A result that is in memory from the first is written there at once.
      if (from < FIRST_SPILL)
        this.#gap(insnAt(start) + 1).push({ to: FIRST_SPILL + this.#spillOf[vreg]!, from });
    }
  }

  #placeOf(piece: Interval): Location | Remat {
    if (piece.register !== MEMORY) return piece.register;
    return this.#func.remats[piece.vreg] ?? FIRST_SPILL + this.#spillOf[piece.vreg]!;
  }

  #gap(insn: number): Move[] {
    const found = this.#gaps.get(insn);
    if (found !== undefined) return found;
    const made: Move[] = [];
    this.#gaps.set(insn, made);
    return made;
  }

  /**
   * Calls `visit` where one piece follows another without a block boundary between them. Two cuts before one instruction count
   * as one: all moves there are done at once, from what was before the first.
   */
  #forEachCut(pieces: readonly Interval[], visit: (before: Interval, after: Interval) => void): void {
    for (let index = 1; index < pieces.length; index++) {
      const after = pieces[index]!;
      const gap = startOf(after.start);
      if (this.#func.insns[insnAt(gap)]!.kind === 'label') continue;
      const following = pieces[index + 1];
      if (following !== undefined && startOf(following.start) === gap) {
        // Loaded into a register for one instruction that then loses it: both happen before that instruction.
        const before = pieces[index - 1]!;
        if (before.end === after.start) visit(before, after);
        if (before.end === after.start && before.register !== MEMORY && following.register === MEMORY)
          visit(before, following);
        index++;
        continue;
      }
      const before = pieces[index - 1]!;
      if (before.end === after.start) visit(before, after);
    }
  }

  /** Calls `visit` for every block that the value is alive at the start of. */
  #forEachEntry(pieces: readonly Interval[], visit: (block: number) => void): void {
    const { blocks } = this.#func;
    for (const { ranges } of pieces) {
      for (let range = 0; range < ranges.length; range += 2) {
        const from = ranges[range]!;
        let low = 0;
        let high = blocks.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (blocks[middle]!.from * STEP < from) low = middle + 1;
          else high = middle;
        }
        for (; low < blocks.length && blocks[low]!.from * STEP < ranges[range + 1]!; low++) visit(low);
      }
    }
  }

  #parameterMoves(block: number): void {
    const label = this.#func.insns[this.#func.blocks[block]!.from]!;
    if (block === 0 || label.kind !== 'label' || label.params.length === 0) return;
    const { preds, from } = this.#func.blocks[block]!;
    for (const pred of new Set(preds)) {
      const last = this.#func.blocks[pred]!.to - 1;
      for (const edge of machineEdges(this.#func.insns[last]!)) {
        if (edge.block !== block) continue;
        const moves = preds.length === 1 ? this.#atStart[block]! : this.#atEnd[pred]!;
        edge.operands.forEach((operand, index) => {
          const param = label.params[index]!;
          // A parameter that is never read has only its definition among its uses.
          if (this.#first[param]!.uses.length === 1 && this.#pieces[param] === undefined) return;
          this.#moveInto(moves, param, from * STEP + WRITE, this.#operandSource(operand, last * STEP));
        });
      }
    }
  }

  #operandSource(operand: Operand, position: number): Location | Remat {
    return typeof operand === 'number' ? this.#sourceAt(operand, position) : operand;
  }

  /** Values that go to memory in several places and about which a comparison can teach the verifier nothing. */
  #findStoredOnce(): Set<VReg> {
    const compared = new Uint8Array(this.#first.length);
    for (const insn of this.#func.insns) {
      if (insn.kind !== 'branch' && insn.kind !== 'select') continue;
      const { op, a, b, imm } = insn.test;
      // The check of a pointer for NULL reaches spilled copies too.
      if (b === NONE && imm === 0 && (op === 'eq' || op === 'ne')) continue;
      compared[a] = 1;
      if (b !== NONE) compared[b] = 1;
    }
    const found = new Set<VReg>();
    this.#pieces.forEach((pieces, vreg) => {
      if (pieces === undefined || compared[vreg] === 1 || this.#func.remats[vreg] !== undefined) return;
      let stores = 0;
      for (let index = 1; index < pieces.length; index++)
        if (pieces[index]!.register === MEMORY && pieces[index - 1]!.register !== MEMORY) stores++;
      if (stores > 1) found.add(vreg);
    });
    return found;
  }

  /**
   * Values that are in memory at some time get an 8-byte slot; those that are never there at the same time share one, and values
   * that are moved to each other do so if they can.
   */
  #assignSpillSlots({ passed }: Related): void {
    const spilled: { readonly vreg: VReg; readonly ranges: readonly number[] }[] = [];
    for (const interval of this.#first) {
      if (interval === undefined || this.#func.remats[interval.vreg] !== undefined) continue;
      const pieces = this.#pieces[interval.vreg] ?? [interval];
      if (!pieces.some((piece) => piece.register === MEMORY)) continue;
      const inMemory = this.#storedOnce.has(interval.vreg)
        ? pieces
        : pieces.filter((piece) => piece.register === MEMORY);
      // The move to memory is done before the instruction that the piece starts in.
      const ranges = inMemory.flatMap((piece) => [startOf(piece.start), ...piece.ranges.slice(1)]);
      spilled.push({ vreg: interval.vreg, ranges });
    }
    spilled.sort((a, b) => a.ranges[0]! - b.ranges[0]! || a.vreg - b.vreg);
    /** By slot: the lives of its holders that are not over. */
    const holders: (readonly number[])[][] = [];
    for (const { vreg, ranges } of spilled) {
      const start = ranges[0]!;
      const isFree = (slot: number): boolean => {
        holders[slot] = holders[slot]!.filter((other) => other[other.length - 1]! > start);
        return !holders[slot].some((other) => doMeet(other, ranges));
      };
      const wished = (passed[vreg] ?? [])
        .map((other) => this.#spillOf[other]!)
        .find((slot) => slot !== -1 && isFree(slot));
      let slot = wished ?? holders.findIndex((_, index) => isFree(index));
      if (slot === -1) slot = holders.push([]) - 1;
      holders[slot]!.push(ranges);
      this.#spillOf[vreg] = slot;
    }
    this.#spillSlots = holders.length;
  }

  /** By block: which registers hold something at its start (parameters included) and at its end. */
  #occupied(): { readonly atStart: Uint16Array; readonly atEnd: Uint16Array } {
    const { blocks } = this.#func;
    const atStart = new Uint16Array(blocks.length);
    const atEnd = new Uint16Array(blocks.length);
    for (const interval of this.#first) {
      for (let piece = interval; piece !== undefined; piece = piece.next) {
        if (piece.register === MEMORY) continue;
        const bit = 1 << piece.register;
        for (let range = 0; range < piece.ranges.length; range += 2) {
          const from = piece.ranges[range]!;
          const to = piece.ranges[range + 1]!;
          let low = 0;
          let high = blocks.length;
          while (low < high) {
            const middle = (low + high) >> 1;
            if (blocks[middle]!.to * STEP <= from) low = middle + 1;
            else high = middle;
          }
          for (; low < blocks.length && blocks[low]!.from * STEP < to; low++) {
            const block = blocks[low]!;
            if (from <= block.from * STEP + WRITE) atStart[low]! |= bit;
            if (from <= (block.to - 1) * STEP && to > (block.to - 1) * STEP) atEnd[low]! |= bit;
          }
        }
      }
    }
    return { atStart, atEnd };
  }
}

/** Whether two lists of ranges, as in `Interval.ranges`, have a position in common. */
function doMeet(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i + 1]! <= b[j]!) i += 2;
    else if (b[j + 1]! <= a[i]!) j += 2;
    else return true;
  }
  return false;
}
