import type { AccessSize, AluOp, AtomicOp, Insn, JumpOp } from '../../src/bpf/index.ts';
import * as bpf from '../../src/bpf/index.ts';
import { countSlots } from '../../src/bpf/index.ts';
import { seededRandom } from '../../src/vm/index.ts';
import { mapSpec } from './vm-program.ts';

/**
 * Random programs that the kernel's verifier accepts: straight pieces, jumps forward, short loops, calls of a function, traffic with the stack and
 * with the value of map 0 (`randomProgMap`), on all registers. Each reads its first values from the ctx and leaves all registers, its stack and the
 * map's value there:
 *
 *     ctx   in: 9 registers   out: 9 registers, 8 stack words, 8 words of the map
 *
 * What an atomic fetches comes from the map only. Linux 6.18's verifier forgets, when it asks whether two states are equal, that a branch was decided
 * by a number fetched from the stack, and takes a branch out that the program needs; 7.2 does not.
 */
export interface RandomProg {
  readonly seed: number;
  readonly insns: readonly Insn[];
  readonly ctx: Uint8Array;
}

const { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 } = bpf;
/** R6 keeps the ctx. */
const scalars = [R0, R1, R2, R3, R4, R5, R7, R8, R9] as const;
const STACK_WORDS = 8;
const MAP_WORDS = 8;
const CTX_BYTES = (scalars.length * 2 + STACK_WORDS + MAP_WORDS) * 8;
/** Where loop counters live: behind the stack words. */
const COUNTER = -8 * STACK_WORDS - 8;

const accessSizes = [1, 2, 4, 8] as const satisfies readonly AccessSize[];

const interesting = [
  0n,
  1n,
  0xffff_ffffn,
  0x8000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
];

/** The map that random programs work on. */
export const randomProgMap = mapSpec({
  type: 'BPF_MAP_TYPE_ARRAY',
  maxEntries: 1,
  valueSize: MAP_WORDS * 8,
});

class Generator {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return this.#random() % limit;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
  imm(): number {
    switch (this.below(4)) {
      case 0:
        return this.below(256) - 128;
      case 1:
        return this.pick([0, 1, -1, 0x7fff_ffff, -0x8000_0000]);
      default:
        return this.#random() | 0;
    }
  }
  value(): bigint {
    if (this.below(3) === 0) return this.pick(interesting);
    const value = (BigInt(this.#random()) << 32n) | BigInt(this.#random());
    return this.below(2) === 0 ? value : value >> BigInt(this.below(64));
  }

  /** One operation on the given registers; what it needs around it comes along. */
  plain(regs: readonly number[]): Insn[] {
    const insn = this.#operation(regs);
    return Array.isArray(insn) ? insn : [insn];
  }

  #operation(regs: readonly number[]): Insn | Insn[] {
    const dst = this.pick(regs);
    const src = this.pick(regs);
    const is64 = this.below(2) === 0;
    switch (this.below(12)) {
      case 0:
        return is64 ? bpf.neg64(dst) : bpf.neg32(dst);
      case 1:
        return this.below(2) === 0
          ? bpf.movsx64(this.pick([8, 16, 32] as const), dst, src)
          : bpf.movsx32(this.pick([8, 16] as const), dst, src);
      case 2:
        return this.below(3) === 0
          ? bpf.byteSwap(this.pick([16, 32, 64] as const), dst)
          : bpf.toEndian(this.pick(['be', 'le'] as const), this.pick([16, 32, 64] as const), dst);
      case 3:
        return bpf.ldImm64(dst, this.value());
      case 4: {
        const size = this.pick(accessSizes);
        const value = this.below(2) === 0 ? undefined : this.imm();
        return this.#access(regs, [src], size, (base, off) =>
          value === undefined ? bpf.store(size, base, off, src) : bpf.storeImm(size, base, off, value),
        );
      }
      case 5: {
        const size = this.pick(accessSizes);
        const isSigned = size !== 8 && this.below(2) === 0;
        return this.#access(regs, [dst], size, (base, off) =>
          isSigned ? bpf.loadSigned(size, dst, base, off) : bpf.load(size, dst, base, off),
        );
      }
      case 6: {
        const size = this.pick([4, 8] as const);
        const op = this.pick(Object.keys(bpf.atomicOps) as AtomicOp[]);
        const fetches = !bpf.atomicOps[op].plain || this.below(2) === 0;
        const make = (base: number, off: number): Insn => bpf.atomic(op, size, base, off, src, fetches);
        return fetches ? this.#inMap(regs, [R0, src], size, make) : this.#access(regs, [src], size, make);
      }
      default: {
        const op = this.pick(Object.keys(bpf.aluOps) as AluOp[]);
        if (this.below(2) === 0) return is64 ? bpf.alu64(op, dst, src) : bpf.alu32(op, dst, src);
        const imm = this.#allowedImm(op, is64 ? 64 : 32);
        return is64 ? bpf.alu64Imm(op, dst, imm) : bpf.alu32Imm(op, dst, imm);
      }
    }
  }

  /** An access of the stack or of the map. */
  #access(
    regs: readonly number[],
    used: readonly number[],
    size: number,
    make: (base: number, off: number) => Insn,
  ): Insn | Insn[] {
    if (this.below(2) === 0) return this.#inMap(regs, used, size, make);
    return make(R10, -size * (1 + this.below((STACK_WORDS * 8) / size)));
  }

  /** With the map's address in a register that is not used, which has a number again afterwards. */
  #inMap(
    regs: readonly number[],
    used: readonly number[],
    size: number,
    make: (base: number, off: number) => Insn,
  ): Insn[] {
    const base = this.pick(regs.filter((reg) => !used.includes(reg)));
    const to = this.below(MAP_WORDS * 8);
    const off = size * this.below((MAP_WORDS * 8) / size);
    return [bpf.ldMapValue(base, 0, to), make(base, off - to), bpf.ldImm64(base, this.value())];
  }

  #allowedImm(op: AluOp, width: number): number {
    if (op === 'lsh' || op === 'rsh' || op === 'arsh') return this.below(width);
    const isDivision = op === 'div' || op === 'mod' || op === 'sdiv' || op === 'smod';
    const imm = this.imm();
    return isDivision && imm === 0 ? 3 : imm;
  }

  straight(count: number, regs: readonly number[] = scalars): Insn[] {
    return Array.from({ length: count }, () => this.plain(regs)).flat();
  }

  /** A jump over some instructions. */
  branch(): Insn[] {
    const skipped = this.straight(1 + this.below(6));
    const off = countSlots(skipped);
    const op = this.pick(Object.keys(bpf.jumpOps) as JumpOp[]);
    const dst = this.pick(scalars);
    const is64 = this.below(2) === 0;
    if (this.below(2) === 0) {
      const src = this.pick(scalars);
      return [is64 ? bpf.jump(op, dst, src, off) : bpf.jump32(op, dst, src, off), ...skipped];
    }
    const imm = this.imm();
    return [is64 ? bpf.jumpImm(op, dst, imm, off) : bpf.jump32Imm(op, dst, imm, off), ...skipped];
  }

  /** A few rounds; the counter is on the stack, where nothing else writes. */
  loop(): Insn[] {
    const rounds = 2 + this.below(4);
    const body = [
      ...this.straight(1 + this.below(6)),
      bpf.load(8, R0, R10, COUNTER),
      bpf.alu64Imm('sub', R0, 1),
      bpf.store(8, R10, COUNTER, R0),
    ];
    return [bpf.storeImm(8, R10, COUNTER, rounds), ...body, bpf.jumpImm('ne', R0, 0, -countSlots(body) - 1)];
  }
}

export function randomProg(seed: number): RandomProg {
  const g = new Generator(seed);
  const ctx = new Uint8Array(CTX_BYTES);
  const view = new DataView(ctx.buffer);
  scalars.forEach((_reg, index) => {
    view.setBigUint64(index * 8, g.value(), true);
  });
  const main: Insn[] = [bpf.alu64('mov', R6, R1)];
  for (let word = 1; word <= STACK_WORDS; word++) main.push(bpf.storeImm(8, R10, -8 * word, g.imm()));
  main.push(bpf.ldMapValue(R1, 0, 0));
  for (let word = 0; word < MAP_WORDS; word++) main.push(bpf.storeImm(8, R1, 8 * word, g.imm()));
  scalars.forEach((reg, index) => {
    main.push(bpf.load(8, reg, R6, index * 8));
  });
  const pieces = 3 + g.below(8);
  const calls: number[] = [];
  for (let piece = 0; piece < pieces; piece++) {
    switch (g.below(6)) {
      case 0:
        main.push(...g.loop());
        break;
      case 1:
      case 2:
        main.push(...g.branch());
        break;
      case 3:
        if (calls.length < 3) {
          calls.push(main.length);
          main.push(bpf.callSubprog(0));
          // A call leaves R1 to R5 without a value.
          for (const reg of [R1, R2, R3, R4, R5]) main.push(bpf.ldImm64(reg, g.value()));
          break;
        }
        main.push(...g.straight(4));
        break;
      default:
        main.push(...g.straight(1 + g.below(10)));
    }
  }
  scalars.forEach((reg, index) => {
    main.push(bpf.store(8, R6, (scalars.length + index) * 8, reg));
  });
  for (let word = 1; word <= STACK_WORDS; word++)
    main.push(bpf.load(8, R1, R10, -8 * word), bpf.store(8, R6, (scalars.length * 2 + word - 1) * 8, R1));
  main.push(bpf.ldMapValue(R2, 0, 0));
  for (let word = 0; word < MAP_WORDS; word++) {
    const at = (scalars.length * 2 + STACK_WORDS + word) * 8;
    main.push(bpf.load(8, R1, R2, 8 * word), bpf.store(8, R6, at, R1));
  }
  main.push(bpf.alu64Imm('mov', R0, 0), bpf.exit());
  if (calls.length === 0) return { seed, insns: main, ctx };

  const called: Insn[] = [bpf.alu64('mov', R0, R2)];
  for (const reg of [R7, R8, R9]) called.push(bpf.alu64('mov', reg, g.pick([R1, R2, R3, R4, R5])));
  for (let word = 1; word <= STACK_WORDS; word++)
    called.push(bpf.store(8, R10, -8 * word, g.pick([R1, R3, R5])));
  called.push(...g.straight(2 + g.below(10)), ...(g.below(2) === 0 ? g.branch() : []), bpf.exit());
  const start = countSlots(main);
  const insns = main.map((insn, index) => {
    if (!calls.includes(index)) return insn;
    return bpf.callSubprog(start - countSlots(main.slice(0, index)) - 1);
  });
  return { seed, insns: [...insns, ...called], ctx };
}
