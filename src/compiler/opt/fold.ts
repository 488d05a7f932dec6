import { asI64 } from '../../base/index.ts';
import {
  type Block,
  cfgOf,
  computeBinary,
  computeCompare,
  computeUnary,
  definitionsOf,
  type Func,
  type Insn,
  isBinaryOp,
  isCompareOp,
  isUnaryOp,
  type Line,
  negatedCompare,
  noValue,
  opFacts,
  swappedCompare,
  type ValueId,
  withBody,
} from '../ir/index.ts';
import { constantOf, type Pass, Replacements } from './pass.ts';
import { rulesFor } from './rule-index.ts';
import { type Bindings, matchRule, type Pattern } from './rule-pattern.ts';
import type { Computed } from './rules.ts';

/**
 * Computes what is constant and applies the algebraic rules.
 *
 *     v1 = const 3
 *     v2 = const 4
 *     v3 = add v1 v2          ->  v3 = const 7
 *     v4 = mul v0 v2          ->  v4 = shl v0 2
 *     v5 = eq v6 0 (v6 = ult v0 v4)  ->  v5 = uge v0 v4
 *
 * Blocks are visited so that definitions come before uses; what became unused is left for dead-code.
 */
export const fold: Pass = {
  name: 'fold',
  run: (func) => new Folding(func).run(),
};

/** A rule can make room for another on the same instruction; no sensible chain is longer. */
const MAX_RULES_PER_INSN = 8;

class Folding {
  readonly #func: Func;
  readonly #definitions: (Insn | undefined)[];
  readonly #replacements = new Replacements();
  #valueCount: number;
  #out: Insn[] = [];
  #changed = false;

  constructor(func: Func) {
    this.#func = func;
    this.#definitions = definitionsOf(func).slice();
    this.#valueCount = func.valueCount;
  }

  run(): Func {
    const folded = new Map<Block, Block>();
    for (const block of cfgOf(this.#func).order) folded.set(block, this.#block(block));
    if (!this.#changed) return this.#func;
    const func = {
      ...this.#func,
      blocks: this.#func.blocks.map((block) => folded.get(block) ?? block),
      valueCount: this.#valueCount,
    };
    return this.#replacements.inFunc(func);
  }

  #block(block: Block): Block {
    const before = this.#changed;
    this.#changed = false;
    this.#out = [];
    for (const insn of block.insns) this.#insn(this.#replacements.inInsn(insn));
    const isChanged = this.#changed;
    this.#changed = before || isChanged;
    return isChanged ? withBody(block, this.#out) : block;
  }

  #insn(original: Insn): void {
    let insn = original;
    for (let count = 0; count < MAX_RULES_PER_INSN; count++) {
      const next = this.#simplify(insn);
      if (next === undefined) break;
      this.#changed = true;
      if (typeof next === 'number') {
        this.#replacements.set(insn.id, next);
        return;
      }
      insn = next;
    }
    if (insn.id !== noValue) this.#definitions[insn.id] = insn;
    this.#out.push(insn);
  }

  /** A better instruction for the same value, a value that is the same, or undefined. */
  #simplify(insn: Insn): Insn | ValueId | undefined {
    const { op } = insn;
    if (!isBinaryOp(op) && !isUnaryOp(op) && !isCompareOp(op) && op !== 'select') return undefined;
    const first = insn.args[0]!;
    const second = insn.args[1]!;
    const a = constantOf(this.#definitions, first);
    const b = constantOf(this.#definitions, second);
    if (a !== undefined) {
      if (isUnaryOp(op)) return constantInsn(insn, computeUnary(op, a));
      if (b !== undefined) {
        if (isBinaryOp(op)) return constantInsn(insn, computeBinary(op, a, b));
        if (isCompareOp(op)) return constantInsn(insn, computeCompare(op, a, b) ? 1n : 0n);
      } else {
        if (isCompareOp(op))
          return { id: insn.id, op: swappedCompare[op], args: [second, first], at: insn.at };
        if (isBinaryOp(op) && opFacts(op).commutative)
          return { id: insn.id, op, args: [second, first], at: insn.at };
      }
    }
    if ((op === 'eq' || op === 'ne') && (b === 0n || b === 1n)) {
      // A comparison compared with 0 or 1 is itself or its opposite.
      const inner = this.#definitions[first];
      if (inner !== undefined && isCompareOp(inner.op)) {
        if ((op === 'ne') === (b === 0n)) return inner.id;
        return { id: insn.id, op: negatedCompare[inner.op], args: inner.args, at: insn.at };
      }
    }
    const definitions = this.#definitions;
    const candidates = rulesFor(op, definitions[first]?.op, definitions[second]?.op, first === second);
    for (const compiled of candidates) {
      const bindings = matchRule(compiled, insn, definitions);
      if (bindings === undefined) continue;
      let computed: Computed | undefined = {};
      if (compiled.rule.where !== undefined) computed = compiled.rule.where(bindings);
      if (computed === undefined) continue;
      const result = this.#build(compiled.to(), bindings, computed, insn.at, insn.id);
      if (typeof result === 'number' || !isSame(result, insn)) return result;
    }
    return undefined;
  }

  /** The right side of a rule as an instruction that defines `id`; inner operations are put before it. */
  #build(
    pattern: Pattern,
    bindings: Bindings,
    computed: Computed,
    at: Line | undefined,
    id: ValueId,
  ): Insn | ValueId {
    switch (pattern.kind) {
      case 'value':
        return bindings[pattern.name];
      case 'number':
        return { id, op: 'const', args: [], value: pattern.value, at };
      case 'constant': {
        const value =
          pattern.name === 'a' || pattern.name === 'b' ? bindings[pattern.name] : computed[pattern.name];
        return { id, op: 'const', args: [], value: asI64(value ?? 0n), at };
      }
      case 'insn': {
        const args = pattern.args.map((arg): ValueId => {
          if (arg.kind === 'value') return bindings[arg.name];
          const inner = this.#build(arg, bindings, computed, at, this.#newValue());
          if (typeof inner === 'number') return inner;
          this.#definitions[inner.id] = inner;
          this.#out.push(inner);
          return inner.id;
        });
        return { id, op: pattern.op, args, at };
      }
    }
  }

  #newValue(): ValueId {
    return this.#valueCount++ as ValueId;
  }
}

function constantInsn({ id, at }: Insn, value: bigint): Insn {
  return { id, op: 'const', args: [], value: asI64(value), at };
}

/** Whether a rule brought back what was there, so that it must not count as progress. */
function isSame(a: Insn, b: Insn): boolean {
  return a.op === b.op && a.op !== 'const' && a.args.every((value, index) => value === b.args[index]);
}
