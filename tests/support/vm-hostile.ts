import type { Insn } from '../../src/bpf/index.ts';
import * as bpf from '../../src/bpf/index.ts';
import { seededRandom } from '../../src/vm/index.ts';

const scalars = [0, 1, 2, 3, 4, 5, 7, 8, 9];

/**
 * A random program whose jumps go anywhere, loops without an end and flow that no nesting expresses included; on registers alone. It leaves what
 * it has come to in its ctx, nine registers of 8 bytes.
 */
export function tangledProg(seed: number): readonly Insn[] {
  const random = seededRandom(seed);
  const below = (limit: number): number => random() % limit;
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!;
  const head = [bpf.alu64('mov', 6, 1), ...scalars.map((reg) => bpf.alu64Imm('mov', reg, random() | 0))];
  const length = 6 + below(30);
  const tail = [...scalars.map((reg, index) => bpf.store(8, 6, index * 8, reg)), bpf.exit()];
  const body = Array.from({ length }, (_unused, index): Insn => {
    const dst = pick(scalars);
    // One of four jumps is wild, so that most programs come to an end.
    const to = below(4) === 0 ? below(length + 1) : Math.min(length, index + 1 + below(6));
    const off = to - index - 1;
    switch (below(5)) {
      case 0:
        return bpf.jumpImm(pick(Object.keys(bpf.jumpOps) as bpf.JumpOp[]), dst, (random() % 64) - 32, off);
      case 1:
        return bpf.jump32(pick(Object.keys(bpf.jumpOps) as bpf.JumpOp[]), dst, pick(scalars), off);
      case 2:
        return below(3) === 0 ? bpf.gotol(off) : bpf.alu64Imm('rsh', dst, 1 + below(8));
      default:
        return bpf.alu64(pick(['add', 'sub', 'xor', 'and', 'mul', 'rsh'] as const), dst, pick(scalars));
    }
  });
  return [...head, ...body, ...tail];
}

/** Bytes that are nearly a program: random ones, or instructions with some bytes changed. */
export function fuzzedBytes(seed: number, from: readonly Insn[]): Uint8Array {
  const random = seededRandom(seed);
  if (seed % 4 === 0) return Uint8Array.from({ length: 8 * (1 + (random() % 20)) }, () => random());
  const bytes = bpf.encodeInsns(from);
  const changes = 1 + (random() % 6);
  for (let change = 0; change < changes; change++) {
    const at = random() % bytes.length;
    bytes[at] = seed % 2 === 0 ? random() : bytes[at]! ^ (1 << (random() % 8));
  }
  return bytes;
}

/**
 * Calls of one helper or kernel function with arguments of every kind in every place: numbers, and pointers to the stack, the ctx, values, maps
 * and functions. `maps`: how many maps there are, for which relocations are given back.
 */
export function anyCall(
  seed: number,
  callee: Insn,
  maps: number,
): { readonly insns: readonly Insn[]; readonly mapSlots: readonly (readonly [slot: number, map: number])[] } {
  const random = seededRandom(seed);
  const insns: Insn[] = [
    bpf.alu64('mov', 6, 1),
    ...[-64, -56, -48, -40, -32, -24, -16, -8].map((off) => bpf.storeImm(8, 10, off, random() % 5)),
  ];
  const mapSlots: [number, number][] = [];
  const functions: number[] = [];
  for (let reg = 1; reg <= 5; reg++) {
    switch (random() % 7) {
      case 0:
        insns.push(bpf.alu64Imm('mov', reg, (random() % 4) - 1));
        break;
      case 1:
        insns.push(bpf.alu64Imm('mov', reg, random() % 100));
        break;
      case 2:
        insns.push(bpf.ldImm64(reg, (BigInt(random()) << 32n) | BigInt(random())));
        break;
      case 3:
        insns.push(bpf.alu64('mov', reg, 10), bpf.alu64Imm('add', reg, -8 * (random() % 9)));
        break;
      case 4:
        insns.push(bpf.alu64('mov', reg, 6));
        break;
      case 5:
        functions.push(insns.length);
        insns.push(bpf.ldFunc(reg, 0));
        break;
      default:
        mapSlots.push([bpf.countSlots(insns), random() % maps]);
        insns.push(bpf.ldMapFd(reg, 0));
    }
  }
  insns.push(callee, bpf.alu64Imm('mov', 0, 0), bpf.exit());
  const callback = bpf.countSlots(insns);
  // A callback that uses its first pointer and goes on or stops as its first argument says.
  insns.push(bpf.alu64('mov', 0, 1), bpf.alu64Imm('and', 0, 1), bpf.exit());
  for (const index of functions) {
    const slot = bpf.countSlots(insns.slice(0, index));
    insns[index] = bpf.ldFunc(insns[index]!.dst, callback - slot - 1);
  }
  return { insns, mapSlots };
}
