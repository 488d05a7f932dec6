import {
  type Block,
  cfgOf,
  definitionsOf,
  edgesOf,
  type Func,
  type Insn,
  noValue,
  type ValueId,
  withArgs,
  withBody,
} from '../ir/index.ts';
import { hasInsn, type Pass, Replacements } from './pass.ts';

/**
 * Drops extensions and masks that change nothing, and signed operations on numbers that are never negative.
 *
 *     v1 = load.1 v0+8
 *     v2 = zext8 v1           ->  v1
 *     v3 = sext32 v2          ->  v1
 *     v4 = sdiv v1 v1         ->  udiv v1 v1
 *     store.2 v5+0 (zext32 v6)  ->  store.2 v5+0 v6
 *
 * A mask stays where the verifier does not know what we know (it follows no division, remainder or byte swap): the mask may be what
 * makes an offset acceptable.
 *
 * For every value two widths are found: how many low bits hold it as an unsigned number (64: perhaps negative) and as a signed one.
 */
export const redundantExtensions: Pass = {
  name: 'redundant-extensions',
  run: (func) => (hasInsn(func, dependsOnWidth) ? new Widths(func).run() : func),
};

const extensionBits = { zext8: 8, zext16: 16, zext32: 32, sext8: 8, sext16: 16, sext32: 32 } as const;

/** Whether a better instruction can be known by the widths of operands. */
function dependsOnWidth(insn: Insn): boolean {
  const { op } = insn;
  if (op === 'store') return insn.size < 8;
  return op in extensionBits || op === 'and' || op === 'sdiv' || op === 'smod';
}

class Widths {
  readonly #func: Func;
  readonly #definitions: (Insn | undefined)[];
  /** By value: 0 <= value < 2^unsigned; 64 when not known. */
  readonly #unsigned: Uint8Array;
  /** By value: -2^(signed-1) <= value < 2^(signed-1). */
  readonly #signed: Uint8Array;
  /** By value: 1 if its width comes from an operation whose result the verifier takes for any number. */
  readonly #isHidden: Uint8Array;
  readonly #replacements = new Replacements();

  constructor(func: Func) {
    this.#func = func;
    this.#definitions = definitionsOf(func).slice();
    this.#unsigned = new Uint8Array(func.valueCount).fill(64);
    this.#signed = new Uint8Array(func.valueCount).fill(64);
    this.#isHidden = new Uint8Array(func.valueCount);
  }

  run(): Func {
    const { order, preds } = cfgOf(this.#func);
    const blockOf = new Map(order.map((block) => [block.id, block]));
    /** By block parameter: widths of what edges pass, as far as seen. */
    const passedUnsigned = new Uint8Array(this.#func.valueCount);
    const passedSigned = new Uint8Array(this.#func.valueCount);
    const passedHidden = new Uint8Array(this.#func.valueCount);
    const changedInsns = new Map<Block, readonly Insn[]>();
    order.forEach((block, place) => {
      // Something wider may still come in through a back edge: of loop heads nothing is known.
      const isKnown = preds[place]!.every((pred) => pred < place);
      if (isKnown) {
        for (const param of block.params) {
          this.#set(param, passedUnsigned[param]!, passedSigned[param]!);
          this.#isHidden[param] = passedHidden[param]!;
        }
      }
      let list: Insn[] | undefined;
      block.insns.forEach((original, index) => {
        const insn = this.#improve(this.#replacements.inInsn(original));
        if (insn !== original && list === undefined) list = block.insns.slice(0, index);
        if (insn !== undefined) list?.push(insn);
      });
      if (list !== undefined) changedInsns.set(block, list);
      for (const edge of edgesOf(block.end)) {
        const { params } = blockOf.get(edge.block)!;
        edge.args.forEach((arg, index) => {
          const value = this.#replacements.of(arg);
          const param = params[index]!;
          passedUnsigned[param] = Math.max(passedUnsigned[param]!, this.#unsigned[value]!);
          passedHidden[param]! |= this.#isHidden[value]!;
          passedSigned[param] = Math.max(passedSigned[param]!, this.#signed[value]!);
        });
      }
    });
    if (changedInsns.size === 0) return this.#func;
    const blocks = this.#func.blocks.map((block) => {
      const insns = changedInsns.get(block);
      return insns === undefined ? block : withBody(block, insns);
    });
    return this.#replacements.inFunc({ ...this.#func, blocks });
  }

  #set(value: ValueId, unsigned: number, signed: number): void {
    const narrow = Math.max(1, Math.min(64, unsigned));
    this.#unsigned[value] = narrow;
    // A number below 2^n fits n + 1 signed bits.
    this.#signed[value] = Math.max(1, Math.min(64, signed, narrow + 1));
  }

  /** Notes the widths of the result. Returns a better instruction, or undefined when another value stands for it. */
  #improve(insn: Insn): Insn | undefined {
    const improved = this.#simplify(insn);
    if (typeof improved === 'number') {
      this.#replacements.set(insn.id, improved);
      return undefined;
    }
    if (improved.id !== noValue) {
      this.#definitions[improved.id] = improved;
      this.#isHidden[improved.id] = this.#hides(improved) ? 1 : 0;
      this.#measure(improved);
    }
    return improved;
  }

  #constant(value: ValueId | undefined): bigint | undefined {
    const insn = value === undefined ? undefined : this.#definitions[value];
    return insn?.op === 'const' ? insn.value : undefined;
  }

  #simplify(insn: Insn): Insn | ValueId {
    const a = insn.args[0]!;
    const b = insn.args[1]!;
    switch (insn.op) {
      case 'zext8':
      case 'zext16':
      case 'zext32': {
        const bits = extensionBits[insn.op];
        if (this.#unsigned[a]! <= bits && this.#isHidden[a] === 0) return a;
        return this.#withArg(insn, 0, this.#lowBits(a, bits));
      }
      case 'sext8':
      case 'sext16':
      case 'sext32': {
        const bits = extensionBits[insn.op];
        if (this.#signed[a]! <= bits) return a;
        return this.#withArg(insn, 0, this.#lowBits(a, bits));
      }
      case 'and': {
        const mask = this.#constant(b);
        if (mask === undefined || mask < 0n) return insn;
        const width = this.#unsigned[a]!;
        if (
          this.#isHidden[a] === 0 &&
          width < 64 &&
          (1n << BigInt(width)) - 1n === (mask & ((1n << BigInt(width)) - 1n))
        )
          return a;
        return this.#withArg(insn, 0, this.#lowBits(a, mask.toString(2).length));
      }
      case 'store':
        return insn.size === 8 ? insn : this.#withArg(insn, 1, this.#lowBits(b, insn.size * 8));
      case 'sdiv':
      case 'smod':
        if (this.#unsigned[a]! > 63 || this.#unsigned[b]! > 63) return insn;
        return { id: insn.id, op: insn.op === 'sdiv' ? 'udiv' : 'umod', args: insn.args, at: insn.at };
      default:
        return insn;
    }
  }

  /** Whether the verifier loses track of the result although we know its width. */
  #hides(insn: Insn): boolean {
    switch (insn.op) {
      case 'udiv':
      case 'umod':
      case 'bswap16':
      case 'bswap32':
        return true;
      case 'add':
      case 'mul':
      case 'or':
      case 'xor':
      case 'shl':
      case 'lshr':
      case 'select':
        return insn.args.some((value) => this.#isHidden[value] === 1);
      case 'and':
        // A mask bounds whatever it is put on.
        return insn.args.every((value) => this.#isHidden[value] === 1);
      default:
        return false;
    }
  }

  #withArg(insn: Insn, index: number, value: ValueId): Insn {
    return value === insn.args[index] ? insn : withArgs(insn, insn.args.with(index, value));
  }

  /** A value with the same low `bits` bits, reached through operations that only change the bits above. */
  #lowBits(value: ValueId, bits: number): ValueId {
    let found = value;
    for (;;) {
      const insn = this.#definitions[found];
      switch (insn?.op) {
        case 'zext8':
        case 'zext16':
        case 'zext32':
        case 'sext8':
        case 'sext16':
        case 'sext32':
          if (extensionBits[insn.op] < bits) return found;
          break;
        case 'and': {
          const mask = this.#constant(insn.args[1]);
          const wanted = (1n << BigInt(bits)) - 1n;
          if (mask === undefined || (mask & wanted) !== wanted) return found;
          break;
        }
        default:
          return found;
      }
      found = insn.args[0]!;
    }
  }

  #measure(insn: Insn): void {
    const a = insn.args[0]!;
    const b = insn.args[1]!;
    const c = insn.args[2]!;
    const u = this.#unsigned;
    const s = this.#signed;
    switch (insn.op) {
      case 'const':
        if (insn.value >= 0n) this.#set(insn.id, insn.value.toString(2).length, 64);
        else this.#set(insn.id, 64, (-insn.value - 1n).toString(2).length + 1);
        return;
      case 'load':
        if (insn.signed) this.#set(insn.id, 64, insn.size * 8);
        else this.#set(insn.id, insn.size * 8, 64);
        return;
      case 'zext8':
      case 'zext16':
      case 'zext32':
        this.#set(insn.id, extensionBits[insn.op], 64);
        return;
      case 'sext8':
      case 'sext16':
      case 'sext32':
        this.#set(insn.id, 64, extensionBits[insn.op]);
        return;
      case 'bswap16':
        this.#set(insn.id, 16, 64);
        return;
      case 'bswap32':
        this.#set(insn.id, 32, 64);
        return;
      case 'and':
        // Not wider than the narrower one; a mask that is not negative bounds even a negative number.
        this.#set(insn.id, Math.min(u[a]!, u[b]!), Math.max(s[a]!, s[b]!));
        return;
      case 'or':
      case 'xor':
        this.#set(insn.id, Math.max(u[a]!, u[b]!), Math.max(s[a]!, s[b]!));
        return;
      case 'add':
        this.#set(insn.id, addWidths(u[a]!, u[b]!), Math.max(s[a]!, s[b]!) + 1);
        return;
      case 'sub':
        this.#set(insn.id, 64, Math.max(s[a]!, s[b]!) + 1);
        return;
      case 'mul':
        this.#set(insn.id, u[a]! + u[b]!, s[a]! + s[b]!);
        return;
      case 'udiv':
        this.#set(insn.id, u[a]!, 64);
        return;
      case 'umod': {
        // x % 0 is x.
        const divisor = this.#constant(b);
        const isNever0 = divisor !== undefined && divisor > 0n;
        this.#set(insn.id, isNever0 ? Math.min(u[a]!, (divisor - 1n).toString(2).length) : u[a]!, 64);
        return;
      }
      case 'shl': {
        const count = this.#constant(b);
        if (count !== undefined && count >= 0n && count < 64n)
          this.#set(insn.id, u[a]! + Number(count), s[a]! + Number(count));
        return;
      }
      case 'lshr': {
        const count = this.#constant(b);
        if (count !== undefined && count >= 0n && count < 64n) this.#set(insn.id, u[a]! - Number(count), 64);
        return;
      }
      case 'ashr': {
        const count = this.#constant(b);
        if (count !== undefined && count >= 0n && count < 64n) this.#set(insn.id, 64, s[a]! - Number(count));
        return;
      }
      case 'neg':
        this.#set(insn.id, 64, s[a]! + 1);
        return;
      case 'select':
        this.#set(insn.id, Math.max(u[b]!, u[c]!), Math.max(s[b]!, s[c]!));
        return;
      case 'eq':
      case 'ne':
      case 'ult':
      case 'ule':
      case 'ugt':
      case 'uge':
      case 'slt':
      case 'sle':
      case 'sgt':
      case 'sge':
        this.#set(insn.id, 1, 64);
        return;
      default:
        return;
    }
  }
}

function addWidths(a: number, b: number): number {
  return Math.max(a, b) + 1;
}
