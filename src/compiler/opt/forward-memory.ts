import {
  type Block,
  cfgOf,
  definitionsOf,
  type Func,
  type Insn,
  noValue,
  type ValueId,
  withBody,
  writesMemory,
} from '../ir/index.ts';
import { hasInsn, type Pass, Replacements } from './pass.ts';

/**
 * Takes a loaded value from the store or load before it.
 *
 *     store.8 v1+0 v2
 *     store.8 v3+8 v4         (another slot: nothing to do with v1)
 *     v5 = load.8 v1+0        ->  v2
 *
 * Facts are kept along a block and into a block with that one predecessor. A store forgets what it may overwrite; a call that
 * writes forgets everything but slots whose address neither it nor anyone else has been given.
 */
export const forwardMemory: Pass = {
  name: 'forward-memory',
  run: (func) => (hasInsn(func, ({ op }) => op === 'load') ? new Forwarding(func).run() : func),
};

/** Something known to be in memory. */
interface Fact {
  readonly base: ValueId;
  readonly off: number;
  readonly size: 1 | 2 | 4 | 8;
  readonly value: ValueId;
  /** How a shorter value was read; a stored one has only its low bytes in memory. */
  readonly kind: 'stored' | 'loaded' | 'loaded-signed';
}

/** What an address points into: a slot by its number, the ctx, or anything else. */
type Root = number | 'ctx' | 'other';

/** More facts than this along one path are not worth looking through. */
const MAX_FACTS = 32;

class Forwarding {
  readonly #func: Func;
  readonly #definitions: (Insn | undefined)[];
  readonly #replacements = new Replacements();
  /** By slot: 1 if its address is stored, passed to a block, or otherwise out of sight. */
  readonly #escapes: Uint8Array;
  #valueCount: number;

  constructor(func: Func) {
    this.#func = func;
    this.#definitions = definitionsOf(func).slice();
    this.#valueCount = func.valueCount;
    this.#escapes = this.#findEscapes();
  }

  run(): Func {
    const { order, preds } = cfgOf(this.#func);
    const factsAtEnd: (readonly Fact[])[] = [];
    const changed = new Map<Block, readonly Insn[]>();
    order.forEach((block, place) => {
      const [pred, other] = preds[place]!;
      let facts: readonly Fact[] =
        pred !== undefined && other === undefined && pred < place ? factsAtEnd[pred]! : [];
      let list: Insn[] | undefined;
      block.insns.forEach((original, index) => {
        const insn = this.#replacements.inInsn(original);
        const put = insn.op === 'load' ? this.#load(insn, facts) : insn;
        if (put !== original) list ??= block.insns.slice(0, index);
        if (put !== undefined) {
          list?.push(put);
          if (put.id !== noValue) this.#definitions[put.id] = put;
        }
        facts = this.#after(insn, put, facts);
      });
      if (list !== undefined) changed.set(block, list);
      factsAtEnd[place] = facts;
    });
    if (changed.size === 0) return this.#func;
    const blocks = this.#func.blocks.map((block) => {
      const insns = changed.get(block);
      return insns === undefined ? block : withBody(block, insns);
    });
    return this.#replacements.inFunc({ ...this.#func, blocks, valueCount: this.#valueCount });
  }

  /** The load, or what stands for it: an extension of the stored value, or (undefined) a value that is already there. */
  #load(insn: Insn & { readonly op: 'load' }, facts: readonly Fact[]): Insn | undefined {
    const base = insn.args[0]!;
    for (const fact of facts) {
      if (fact.base !== base || fact.off !== insn.off || fact.size !== insn.size) continue;
      const isSame = fact.kind === (insn.signed ? 'loaded-signed' : 'loaded');
      if (isSame || insn.size === 8) {
        this.#replacements.set(insn.id, fact.value);
        return undefined;
      }
      const bits = (insn.size * 8) as 8 | 16 | 32;
      return {
        id: insn.id,
        op: insn.signed ? `sext${bits}` : `zext${bits}`,
        args: [fact.value],
        at: insn.at,
      };
    }
    return insn;
  }

  /** The facts that hold after an instruction. `put` is what it became. */
  #after(insn: Insn, put: Insn | undefined, facts: readonly Fact[]): readonly Fact[] {
    if (insn.op === 'load') {
      if (put !== insn) return facts;
      return remember(facts, {
        base: insn.args[0]!,
        off: insn.off,
        size: insn.size,
        value: insn.id,
        kind: insn.signed ? 'loaded-signed' : 'loaded',
      });
    }
    if (insn.op === 'slotStart') {
      const root: Root = insn.slot;
      return facts.some((fact) => this.#rootOf(fact.base) === root)
        ? facts.filter((fact) => this.#rootOf(fact.base) !== root)
        : facts;
    }
    if (!writesMemory(insn)) return facts;
    switch (insn.op) {
      case 'store': {
        const [base, value] = insn.args as [ValueId, ValueId];
        const left = this.#forget(facts, base, insn.off, insn.size);
        return remember(left, { base, off: insn.off, size: insn.size, value, kind: 'stored' });
      }
      case 'zero':
        return this.#forget(facts, insn.args[0]!, insn.off, insn.bytes);
      case 'copy':
        return this.#forget(facts, insn.args[0]!, insn.off, insn.bytes);
      case 'atomic':
        return this.#forget(facts, insn.args[0]!, insn.off, insn.size);
      default: {
        const given = insn.args.map((value) => this.#rootOf(value));
        return facts.filter((fact) => {
          const root = this.#rootOf(fact.base);
          return (
            root === 'ctx' || (typeof root === 'number' && this.#escapes[root] === 0 && !given.includes(root))
          );
        });
      }
    }
  }

  /** Without the facts about bytes that a write of `size` bytes at base + off may change. */
  #forget(facts: readonly Fact[], base: ValueId, off: number, size: number): readonly Fact[] {
    const root = this.#rootOf(base);
    const mayChange = (fact: Fact): boolean => {
      if (fact.base === base) return fact.off < off + size && off < fact.off + fact.size;
      const other = this.#rootOf(fact.base);
      if (other === 'ctx' || root === 'ctx') return false;
      if (typeof root === 'number' && typeof other === 'number') return root === other;
      // A pointer of unknown origin points into a slot only if the slot's address got out.
      if (typeof root === 'number') return this.#escapes[root] === 1;
      if (typeof other === 'number') return this.#escapes[other] === 1;
      return true;
    };
    return facts.some(mayChange) ? facts.filter((fact) => !mayChange(fact)) : facts;
  }

  #rootOf(address: ValueId): Root {
    let value = address;
    for (;;) {
      const insn = this.#definitions[value];
      if (insn === undefined)
        return this.#func.role === 'prog' && value === this.#func.params[0] ? 'ctx' : 'other';
      if (insn.op === 'slot') return insn.slot;
      if (insn.op !== 'add' && insn.op !== 'sub') return 'other';
      // Of two addends at most one is an address; the other leads to something that is none.
      const [a, b] = insn.args as [ValueId, ValueId];
      const other = this.#definitions[b];
      value = other?.op === 'slot' || other?.op === 'add' ? this.#addressOf(a, b) : a;
    }
  }

  #addressOf(a: ValueId, b: ValueId): ValueId {
    const isAddress = (value: ValueId): boolean => {
      let insn = this.#definitions[value];
      while (insn?.op === 'add' || insn?.op === 'sub') insn = this.#definitions[insn.args[0]!];
      return insn?.op === 'slot';
    };
    return isAddress(b) && !isAddress(a) ? b : a;
  }

  #findEscapes(): Uint8Array {
    const escapes = new Uint8Array(this.#func.slots.length);
    const note = (value: ValueId): void => {
      const root = this.#rootOf(value);
      if (typeof root === 'number') escapes[root] = 1;
    };
    for (const block of this.#func.blocks) {
      for (const insn of block.insns) {
        switch (insn.op) {
          case 'store':
          case 'atomic':
            for (const value of insn.args.slice(1)) note(value);
            break;
          case 'select':
          case 'callKfunc':
            for (const value of insn.args) note(value);
            break;
        }
      }
      const { end } = block;
      const edges = end.kind === 'jump' ? [end.to] : end.kind === 'branch' ? [end.ifTrue, end.ifFalse] : [];
      for (const edge of edges) for (const value of edge.args) note(value);
    }
    return escapes;
  }
}

function remember(facts: readonly Fact[], fact: Fact): readonly Fact[] {
  const kept = facts.length >= MAX_FACTS ? facts.slice(0, MAX_FACTS - 1) : facts;
  return [fact, ...kept];
}
