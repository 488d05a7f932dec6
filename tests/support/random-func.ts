import {
  type Func,
  FuncBuilder,
  type MemorySize,
  type ValueId,
  type VariableId,
} from '../../src/compiler/ir/index.ts';

/** xorshift32: the same numbers for the same seed, everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e37_79b9) | 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** Bytes of ctx, and of the value of map 1, that random functions use. */
export const CTX_BYTES = 64;
export const MAP_VALUE_BYTES = 128;

export interface RandomOptions {
  readonly seed: number;
  readonly statements: number;
  readonly variables: number;
  /** Only helpers that answer the same everywhere and do nothing outside. */
  readonly isPure?: boolean;
  /** No atomic that gives back the old value: Linux 5.12. */
  readonly withoutFetch?: boolean;
}

const interesting = [
  0n,
  1n,
  -1n,
  2n,
  3n,
  7n,
  8n,
  255n,
  256n,
  63n,
  64n,
  0xffff_ffffn,
  0x7fff_ffffn,
  -0x8000_0000n,
  1n << 31n,
  1n << 40n,
  (1n << 63n) - 1n,
  -(1n << 63n),
];

/**
 * A prog made of assignments, ifs, bounded loops, loads and stores, helper calls and calls of a subprogram, with all variables
 * mixed into the result. It always ends, never reads bytes it has not written, and keeps addresses out of its numbers.
 */
export function randomProg(options: RandomOptions): Func[] {
  const random = new Random(options.seed);
  const main = new Generator(random, options, 'main', 'prog').build();
  const sub = new Generator(random, { ...options, statements: 6, variables: 4 }, 'sub', 'subprog').build();
  return [main, sub];
}

class Generator {
  readonly #random: Random;
  readonly #options: RandomOptions;
  readonly #b: FuncBuilder;
  readonly #variables: VariableId[] = [];
  readonly #slots: { readonly address: ValueId; readonly bytes: number }[] = [];
  readonly #isMain: boolean;
  #left: number;

  constructor(random: Random, options: RandomOptions, name: string, role: 'prog' | 'subprog') {
    this.#random = random;
    this.#options = options;
    this.#isMain = role === 'prog';
    this.#left = options.statements;
    this.#b = new FuncBuilder({ name, role, params: this.#isMain ? 1 : 3 });
  }

  build(): Func {
    const b = this.#b;
    b.setLine(1);
    for (let i = 0; i < this.#options.variables; i++) {
      const initial = this.#isMain
        ? b.load(8, b.param(0), 8 * this.#random.below(CTX_BYTES / 8))
        : b.param(i % 3);
      this.#variables.push(b.declareVariable(initial));
    }
    for (let i = 0; i < 2; i++) {
      const bytes = this.#random.pick([8, 16, 24, 48, 200]);
      const slot = b.newSlot(bytes);
      const address = b.slot(slot);
      b.zero(address, bytes, { align: 8 });
      this.#slots.push({ address, bytes });
    }
    while (this.#left > 0) this.#statement(0);
    let sum = b.const(0);
    for (const variable of this.#variables) {
      sum = b.binary('mul', sum, b.const(31));
      sum = b.binary('add', sum, b.readVariable(variable));
    }
    for (const { address, bytes } of this.#slots) sum = b.binary('xor', sum, b.load(8, address, bytes - 8));
    b.return(sum);
    return b.finish();
  }

  #variable(): VariableId {
    return this.#random.pick(this.#variables);
  }

  #read(): ValueId {
    return this.#b.readVariable(this.#variable());
  }

  #statement(depth: number): void {
    const b = this.#b;
    const random = this.#random;
    this.#left--;
    b.setLine(this.#options.statements - this.#left + 1);
    const kind = random.below(20);
    if (kind < 7) {
      b.writeVariable(this.#variable(), this.#expression(3));
    } else if (kind < 9) {
      const { address, bytes } = random.pick(this.#slots);
      const size = random.pick([1, 2, 4, 8] as const);
      b.store(size, address, this.#expression(1), size * random.below(bytes / size));
    } else if (kind < 10) {
      const temporary = b.temporary(random.pick([8, 16, 40, 160]));
      b.store(8, temporary, this.#read());
      if (this.#options.isPure) {
        const to = b.temporary(8);
        b.call('probe_read_kernel', [to, b.const(8), temporary]);
        b.writeVariable(this.#variable(), b.load(8, to));
        return;
      }
      const result = b.call('trace_printk', [
        temporary,
        b.const(8),
        this.#read(),
        this.#read(),
        this.#read(),
      ]);
      b.writeVariable(this.#variable(), result);
    } else if (kind < 11 && this.#isMain) {
      b.writeVariable(this.#variable(), b.callFunc('sub', [this.#read(), this.#expression(1), this.#read()]));
    } else if (kind < 12) {
      b.writeVariable(
        this.#variable(),
        this.#options.isPure ? this.#expression(2) : b.call('get_prandom_u32', [], 'writes'),
      );
    } else if (kind < 13) {
      const value = b.mapValue(1, 8 * random.below(MAP_VALUE_BYTES / 8));
      if (random.below(2) === 0 || this.#options.withoutFetch) b.atomicAdd(8, value, this.#read());
      else
        b.writeVariable(
          this.#variable(),
          b.atomic(random.pick(['fetchAdd', 'xchg', 'fetchOr'] as const), 8, value, [this.#read()]),
        );
    } else if (kind < 14) {
      const [to, from] =
        random.below(2) === 0 ? [this.#slots[0]!, this.#slots[1]!] : [this.#slots[1]!, this.#slots[0]!];
      const align = random.pick([1, 2, 4, 8] as const);
      const bytes = 1 + random.below(Math.min(to.bytes, from.bytes) - align + 1);
      b.copy(to.address, from.address, bytes - align > 0 ? bytes - align : 1, { align: 1 });
    } else if (kind < 15) {
      const value = b.mapValue(1, 8 * random.below(MAP_VALUE_BYTES / 8));
      b.store(8, value, this.#expression(1));
      b.writeVariable(this.#variable(), b.load(4, value, 0, true));
    } else if (kind < 18 || depth >= 3) {
      this.#if(depth);
    } else {
      this.#loop(depth);
    }
  }

  #statements(depth: number): void {
    for (let count = 1 + this.#random.below(3); count > 0; count--) this.#statement(depth + 1);
  }

  #if(depth: number): void {
    const b = this.#b;
    const [yes, no, join] = [b.newBlock(), b.newBlock(), b.newBlock()];
    const hasElse = this.#random.below(2) === 0;
    const cold = this.#random.pick([undefined, undefined, 'ifTrue', 'ifFalse'] as const);
    b.branch(this.#condition(), yes, hasElse ? no : join, cold === undefined ? {} : { cold });
    b.enter(yes);
    this.#statements(depth);
    b.jump(join);
    if (hasElse) {
      b.enter(no);
      this.#statements(depth);
      b.jump(join);
    }
    b.enter(join);
  }

  #loop(depth: number): void {
    const b = this.#b;
    const counter = b.declareVariable(b.const(0));
    const [head, body, done] = [b.newBlock(), b.newBlock(), b.newBlock()];
    const rounds = b.const(1 + this.#random.below(4));
    b.jump(head);
    b.moveTo(head);
    b.branch(b.compare('ult', b.readVariable(counter), rounds), body, done);
    b.enter(body);
    this.#statements(depth);
    if (this.#random.below(4) === 0) {
      const go = b.newBlock();
      b.branch(this.#condition(), done, go);
      b.enter(go);
    }
    b.writeVariable(counter, b.addConst(b.readVariable(counter), 1));
    b.jump(head);
    b.sealBlock(head);
    b.enter(done);
  }

  #condition(): ValueId {
    return this.#random.below(4) === 0 ? this.#read() : this.#compare(1);
  }

  #compare(depth: number): ValueId {
    const op = this.#random.pick([
      'eq',
      'ne',
      'ult',
      'ule',
      'ugt',
      'uge',
      'slt',
      'sle',
      'sgt',
      'sge',
    ] as const);
    return this.#b.compare(op, this.#expression(depth), this.#expression(depth));
  }

  #expression(depth: number): ValueId {
    const b = this.#b;
    const random = this.#random;
    const kind = depth === 0 ? random.below(2) : random.below(12);
    if (kind === 0) return b.const(random.below(3) === 0 ? BigInt(random.next()) : random.pick(interesting));
    if (kind < 3) return this.#read();
    if (kind < 7) {
      const op = random.pick([
        'add',
        'sub',
        'mul',
        'udiv',
        'umod',
        'sdiv',
        'smod',
        'and',
        'or',
        'xor',
        'shl',
        'lshr',
        'ashr',
      ] as const);
      return b.binary(op, this.#expression(depth - 1), this.#expression(depth - 1));
    }
    if (kind < 9) {
      const op = random.pick([
        'neg',
        'sext8',
        'sext16',
        'sext32',
        'zext8',
        'zext16',
        'zext32',
        'bswap16',
        'bswap32',
        'bswap64',
      ] as const);
      return b.unary(op, this.#expression(depth - 1));
    }
    if (kind < 10) return this.#compare(depth - 1);
    if (kind < 11)
      return b.select(this.#compare(0), this.#expression(depth - 1), this.#expression(depth - 1));
    const { address, bytes } = random.pick(this.#slots);
    const size = random.pick([1, 2, 4, 8] as const) satisfies MemorySize;
    return b.load(size, address, size * random.below(bytes / size), random.below(2) === 0);
  }
}
