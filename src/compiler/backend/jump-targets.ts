/**
 * Where jumps end up: blocks that only jump on are passed, and of the blocks that return one constant the first stands for all.
 *
 *     b1: jump b2        b2: jump b4        b4: return 0        b7: return 0
 *
 * A jump to b1, b2 or b7 goes to b4, and only b4 is written.
 */
import { invariant } from '../../base/index.ts';
import type { MachineFunc } from './machine.ts';
import type { Resolution } from './resolve.ts';

/** The targets in one function whose registers are allocated. */
export class JumpTargets {
  readonly #func: MachineFunc;
  readonly #resolution: Resolution;
  /** By constant: the block that returns it. */
  readonly #exits: ReadonlyMap<bigint, number>;
  /** By block, as found so far: where a jump to it ends up; -1 where nobody has asked. */
  readonly #targets: Int32Array;

  /** @param resolution where values are moved: a block in which something is moved is not empty. */
  constructor(func: MachineFunc, resolution: Resolution) {
    this.#func = func;
    this.#resolution = resolution;
    this.#exits = this.#findExits();
    this.#targets = new Int32Array(func.blocks.length).fill(-1);
  }

  /** Whether a block does nothing but jump on. */
  #isEmpty(block: number): boolean {
    const { from, to } = this.#func.blocks[block]!;
    return (
      to === from + 2 &&
      this.#func.insns[from + 1]!.kind === 'jump' &&
      this.#resolution.atStart[block]!.length === 0 &&
      this.#resolution.atEnd[block]!.length === 0 &&
      !this.#resolution.gaps.has(from + 1)
    );
  }

  /** The constant that a block does nothing but return; undefined for others. */
  #constantExit(block: number): bigint | undefined {
    const { from, to } = this.#func.blocks[block]!;
    const insn = this.#func.insns[from + 1]!;
    if (to !== from + 2 || insn.kind !== 'exit' || typeof insn.operand === 'number') return undefined;
    if (insn.operand.kind !== 'const' || this.#resolution.atStart[block]!.length > 0) return undefined;
    return insn.operand.value;
  }

  /** Of the blocks that return one constant, the first stands for all. */
  #findExits(): ReadonlyMap<bigint, number> {
    const exits = new Map<bigint, number>();
    this.#func.blocks.forEach((_, block) => {
      const exit = this.#constantExit(block);
      if (exit !== undefined && !exits.has(exit)) exits.set(exit, block);
    });
    return exits;
  }

  /** Whether no code is written for a block, because no jump ends up there. */
  isLeftOut(block: number): boolean {
    return this.targetOf(block) !== block;
  }

  /** Where a jump to `block` ends up, empty blocks skipped. Of an endless loop of empty blocks the first one stays. */
  targetOf(block: number): number {
    let target = this.#targets[block]!;
    if (target === -1) {
      target = this.#isEmpty(block) ? this.#behindEmpty(block) : this.#standFor(block);
      this.#targets[block] = target;
    }
    return target;
  }

  #behindEmpty(block: number): number {
    let found = block;
    const passed = new Set<number>();
    while (this.#isEmpty(found) && !passed.has(found)) {
      passed.add(found);
      found = this.#next(found);
    }
    if (passed.has(found)) {
      let first = found;
      for (let next = this.#next(found); next !== found; next = this.#next(next))
        first = Math.min(first, next);
      return first;
    }
    return this.#standFor(found);
  }

  /** The block that is written in the place of one that is not empty. */
  #standFor(block: number): number {
    const exit = this.#constantExit(block);
    return exit === undefined ? block : this.#exits.get(exit)!;
  }

  /** The block that an empty one jumps to. */
  #next(block: number): number {
    const end = this.#func.insns[this.#func.blocks[block]!.to - 1]!;
    invariant(end.kind === 'jump', 'an empty block jumps on');
    return end.to.block;
  }

  /** The block whose code follows that of `block`. */
  following(block: number): number {
    let next = block + 1;
    while (next < this.#func.blocks.length && this.isLeftOut(next)) next++;
    return next;
  }
}
