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
