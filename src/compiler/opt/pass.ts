import {
  type Block,
  type Definitions,
  type Edge,
  edgesOf,
  type Func,
  type Insn,
  noValue,
  type Terminator,
  type ValueId,
  withArgs,
  withBody,
} from '../ir/index.ts';

/** One step of the optimizer. `run` is pure, and returns the very object it was given when there was nothing to do. */
export interface Pass {
  readonly name: string;
  run(func: Func): Func;
}

/** Jump threading looks through blocks of at most so many instructions. */
export const MAX_THREADED_INSNS = 6;

/** Whether an instruction of the kind that a pass is about is there at all: few functions have work for every pass. */
export function hasInsn(func: Func, isMeant: (insn: Insn) => boolean): boolean {
  return func.blocks.some(({ insns }) => insns.some(isMeant));
}

/**
 * By value: 1 if another block than the one that defines it uses it.
 *
 * @param stands what a value that was replaced stands for now.
 */
export function usedOutside(
  blocks: readonly Pick<Block, 'id' | 'params' | 'insns' | 'end'>[],
  valueCount: number,
  stands: (value: ValueId) => ValueId = (value) => value,
): Uint8Array {
  const home = new Int32Array(valueCount).fill(-1);
  for (const block of blocks) {
    for (const param of block.params) home[param] = block.id;
    for (const insn of block.insns) if (insn.id !== noValue) home[insn.id] = block.id;
  }
  const outside = new Uint8Array(valueCount);
  for (const block of blocks) {
    const use = (value: ValueId): void => {
      const found = stands(value);
      if (home[found] !== block.id) outside[found] = 1;
    };
    for (const insn of block.insns) for (const value of insn.args) use(value);
    if (block.end.kind === 'branch') use(block.end.cond);
    if (block.end.kind === 'return') use(block.end.value);
    for (const edge of edgesOf(block.end)) for (const value of edge.args) use(value);
  }
  return outside;
}

/** The number a value is known to be. */
export function constantOf(definitions: Definitions, value: ValueId | undefined): bigint | undefined {
  const insn = value === undefined ? undefined : definitions[value];
  return insn?.op === 'const' ? insn.value : undefined;
}

/** Which value stands for which: `stand[v]`, itself perhaps replaced later. */
export class Replacements {
  readonly #stand: (ValueId | undefined)[] = [];
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  set(value: ValueId, stand: ValueId): void {
    this.#stand[value] = stand;
    this.#count++;
  }

  of(value: ValueId): ValueId {
    let found = value;
    for (let next = this.#stand[found]; next !== undefined; next = this.#stand[found]) found = next;
    return found;
  }

  /** The list with every value replaced; the same object if none was. */
  ofAll(values: readonly ValueId[]): readonly ValueId[] {
    for (const value of values) {
      if (this.#stand[value] !== undefined) return values.map((each) => this.of(each));
    }
    return values;
  }

  inInsn(insn: Insn): Insn {
    if (this.#count === 0) return insn;
    const args = this.ofAll(insn.args);
    return args === insn.args ? insn : withArgs(insn, args);
  }

  inEdge(edge: Edge): Edge {
    if (this.#count === 0) return edge;
    const args = this.ofAll(edge.args);
    return args === edge.args ? edge : { ...edge, args };
  }

  inEnd(end: Terminator): Terminator {
    switch (end.kind) {
      case 'jump': {
        const to = this.inEdge(end.to);
        return to === end.to ? end : { ...end, to };
      }
      case 'branch': {
        const cond = this.of(end.cond);
        const ifTrue = this.inEdge(end.ifTrue);
        const ifFalse = this.inEdge(end.ifFalse);
        if (cond === end.cond && ifTrue === end.ifTrue && ifFalse === end.ifFalse) return end;
        return { ...end, cond, ifTrue, ifFalse };
      }
      case 'return': {
        const value = this.of(end.value);
        return value === end.value ? end : { ...end, value };
      }
    }
  }

  /** The function with every use replaced; definitions stay. */
  inFunc(func: Func): Func {
    if (this.isEmpty) return func;
    let changed = false;
    const blocks = func.blocks.map((block) => {
      const insns = mapKeeping(block.insns, (insn) => this.inInsn(insn));
      const end = this.inEnd(block.end);
      if (insns === block.insns && end === block.end) return block;
      changed = true;
      return withBody(block, insns, end);
    });
    return changed ? { ...func, blocks } : func;
  }
}

/** `items.map(change)`, but the same array when nothing changed. */
export function mapKeeping<T>(items: readonly T[], change: (item: T) => T): readonly T[] {
  let result: T[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const item = items[index] as T;
    const changed = change(item);
    if (changed !== item && result === undefined) result = items.slice(0, index);
    result?.push(changed);
  }
  return result ?? items;
}
