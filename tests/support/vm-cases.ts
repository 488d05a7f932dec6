import type { AccessSize, AluOp, AtomicOp, Insn, JumpOp } from '../../src/bpf/index.ts';
import * as bpf from '../../src/bpf/index.ts';

/**
 * Programs that together execute every instruction of the set with every pair of edge values. Each reads pairs from its ctx and writes what came
 * out next to them, so that one run answers for all pairs:
 *
 *     ctx   a0 b0 out0 out1 out2   a1 b1 out0 out1 out2   …      8 bytes each
 */
export interface OpcodeCase {
  readonly name: string;
  readonly insns: readonly Insn[];
  readonly ctx: Uint8Array;
}

const { R0, R1, R2, R3, R4, R5, R6, R10 } = bpf;

/** Values around which arithmetic changes its mind. */
export const edgeValues: readonly bigint[] = [
  0n,
  1n,
  2n,
  7n,
  31n,
  32n,
  63n,
  64n,
  0x7fn,
  0x80n,
  0xffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1_0000_0001n,
  0x0123_4567_89ab_cdefn,
  0xf_ffff_ffff_ffffn,
  0x10_0000_0000_0001n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0x8000_0000_0000_0001n,
  0xffff_ffff_0000_0000n,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_ffff_fffen,
  0xffff_ffff_ffff_ffffn,
];

const edgeImms = [0, 1, -1, 2, 7, 31, 32, 63, 64, 255, -128, 0x1234_5678, 0x7fff_ffff, -0x8000_0000] as const;

const PAIR_BYTES = 40;
/** Pairs per prog: the verifier follows every branch of every pair. */
const PAIRS = 28 * 28;

/** What to do with a in R1 and b in R2; results in R3, R4, R5. R0 and 16 bytes of stack are free. */
type Body = readonly Insn[];

/** All cases. */
export function opcodeCases(): OpcodeCase[] {
  return [...aluCases(), ...unaryCases(), ...jumpCases(), ...memoryCases(), ...atomicCases()];
}

function aluCases(): OpcodeCase[] {
  const cases: OpcodeCase[] = [];
  for (const op of Object.keys(bpf.aluOps) as AluOp[]) {
    cases.push(
      pairwise(`${op} 64 reg`, [bpf.alu64('mov', R3, R1), bpf.alu64(op, R3, R2)]),
      pairwise(`${op} 32 reg`, [bpf.alu64('mov', R3, R1), bpf.alu32(op, R3, R2)]),
      immediates(`${op} 64 imm`, (imm) =>
        isRefused(op, imm, 64) ? [] : [bpf.alu64('mov', R3, R1), bpf.alu64Imm(op, R3, imm)],
      ),
      immediates(`${op} 32 imm`, (imm) =>
        isRefused(op, imm, 32) ? [] : [bpf.alu64('mov', R3, R1), bpf.alu32Imm(op, R3, imm)],
      ),
    );
  }
  return cases;
}

/** Immediates that the kernel's verifier does not let through. */
function isRefused(op: AluOp, imm: number, width: 32 | 64): boolean {
  if (op === 'lsh' || op === 'rsh' || op === 'arsh') return imm < 0 || imm >= width;
  return imm === 0 && (op === 'div' || op === 'mod' || op === 'sdiv' || op === 'smod');
}

function unaryCases(): OpcodeCase[] {
  const bodies: Record<string, (reg: number) => Insn> = {
    'neg 64': (reg) => bpf.neg64(reg),
    'neg 32': (reg) => bpf.neg32(reg),
  };
  for (const bits of [16, 32, 64] as const) {
    bodies[`be${bits}`] = (reg) => bpf.toEndian('be', bits, reg);
    bodies[`le${bits}`] = (reg) => bpf.toEndian('le', bits, reg);
    bodies[`bswap${bits}`] = (reg) => bpf.byteSwap(bits, reg);
  }
  for (const bits of [8, 16, 32] as const) bodies[`movsx64 ${bits}`] = (reg) => bpf.movsx64(bits, reg, R1);
  for (const bits of [8, 16] as const) bodies[`movsx32 ${bits}`] = (reg) => bpf.movsx32(bits, reg, R1);
  return Object.entries(bodies).map(([name, make]) => single(name, [bpf.alu64('mov', R3, R1), make(R3)]));
}

function jumpCases(): OpcodeCase[] {
  const cases: OpcodeCase[] = [];
  const around = (jump: Insn): Insn[] => [bpf.alu64Imm('mov', R3, 1), jump, bpf.alu64Imm('mov', R3, 0)];
  for (const op of Object.keys(bpf.jumpOps) as JumpOp[]) {
    cases.push(
      pairwise(`j${op} reg`, around(bpf.jump(op, R1, R2, 1))),
      pairwise(`j${op}32 reg`, around(bpf.jump32(op, R1, R2, 1))),
      immediates(`j${op} imm`, (imm) => around(bpf.jumpImm(op, R1, imm, 1))),
      immediates(`j${op}32 imm`, (imm) => around(bpf.jump32Imm(op, R1, imm, 1))),
    );
  }
  // The first jump is there because the verifier refuses instructions that nothing reaches.
  const over = (jump: Insn): Insn[] => [
    bpf.alu64Imm('mov', R3, 1),
    bpf.jumpImm('eq', R1, 7, 1),
    jump,
    bpf.alu64Imm('mov', R3, 0),
  ];
  cases.push(single('goto', over(bpf.goto(1))), single('gotol', over(bpf.gotol(1))));
  return cases;
}

function memoryCases(): OpcodeCase[] {
  const cases: OpcodeCase[] = [];
  const fill = [bpf.storeImm(8, R10, -16, -0x1234_5679), bpf.store(8, R10, -8, R2)];
  for (const size of [1, 2, 4, 8] as const satisfies readonly AccessSize[]) {
    const off = -12 + (size === 8 ? 4 : size);
    cases.push(
      pairwise(`stx ${size}`, [...fill, bpf.store(size, R10, off, R1), ...loadBoth()]),
      immediates(`st ${size}`, (imm) => [...fill, bpf.storeImm(size, R10, off, imm), ...loadBoth()]),
      pairwise(`ldx ${size}`, [
        ...fill,
        bpf.store(8, R10, -16, R1),
        bpf.load(size, R3, R10, -16),
        bpf.load(size, R4, R10, -8),
      ]),
      pairwise(`store_release ${size}`, [...fill, bpf.storeRelease(size, R10, -8, R1), ...loadBoth()]),
      pairwise(`load_acquire ${size}`, [...fill, bpf.loadAcquire(size, R3, R10, -8)]),
    );
    if (size !== 8) cases.push(pairwise(`ldsx ${size}`, [...fill, bpf.loadSigned(size, R3, R10, -8)]));
  }
  cases.push(
    single('ld_imm64', [
      bpf.ldImm64(R3, 0x8123_4567_89ab_cdefn),
      bpf.ldImm64(R4, 0x7fff_ffffn),
      bpf.alu64('xor', R3, R1),
    ]),
  );
  return cases;
}

function loadBoth(): Insn[] {
  return [bpf.load(8, R3, R10, -16), bpf.load(8, R4, R10, -8)];
}

function atomicCases(): OpcodeCase[] {
  const cases: OpcodeCase[] = [];
  for (const op of Object.keys(bpf.atomicOps) as AtomicOp[]) {
    for (const size of [4, 8] as const) {
      for (const fetch of [false, true]) {
        if (!fetch && !bpf.atomicOps[op].plain) continue;
        const body = [
          bpf.store(8, R10, -8, R1),
          bpf.alu64('mov', R4, R2),
          // What cmpxchg compares with: a, or b, so that both outcomes occur.
          bpf.alu64('mov', R0, R1),
          bpf.atomic(op, size, R10, -8, R4, fetch),
          bpf.load(8, R3, R10, -8),
          bpf.alu64('mov', R5, R0),
        ];
        cases.push(pairwise(`atomic ${op} ${size}${fetch ? ' fetch' : ''}`, body));
        if (op === 'cmpxchg') {
          const other = body.map((insn, index) => (index === 2 ? bpf.alu64('mov', R0, R2) : insn));
          cases.push(pairwise(`atomic ${op} ${size} other`, other));
        }
      }
    }
  }
  return cases;
}

function pairwise(name: string, body: Body): OpcodeCase {
  const pairs = edgeValues.flatMap((a) => edgeValues.map((b): readonly [bigint, bigint] => [a, b]));
  return overPairs(name, pairs.slice(0, PAIRS), () => body);
}

function single(name: string, body: Body): OpcodeCase {
  return overPairs(
    name,
    edgeValues.map((a) => [a, ~a & 0xffff_ffff_ffff_ffffn]),
    () => body,
  );
}

/** a takes the edge values, the immediate is in the instructions; no body means that this immediate is left out. */
function immediates(name: string, bodyFor: (imm: number) => Body): OpcodeCase {
  const bodies = edgeImms.map(bodyFor).filter((body) => body.length > 0);
  const pairs = bodies.flatMap(() =>
    edgeValues.map((a): readonly [bigint, bigint] => [a, 0x5555_aaaa_5555_aaaan]),
  );
  return overPairs(name, pairs, (index) => bodies[Math.floor(index / edgeValues.length)]!);
}

function overPairs(
  name: string,
  pairs: readonly (readonly [bigint, bigint])[],
  bodyOf: (index: number) => Body,
): OpcodeCase {
  const ctx = new Uint8Array(pairs.length * PAIR_BYTES);
  const view = new DataView(ctx.buffer);
  const insns: Insn[] = [bpf.alu64('mov', R6, R1)];
  for (const [index, [a, b]] of pairs.entries()) {
    const at = index * PAIR_BYTES;
    view.setBigUint64(at, a, true);
    view.setBigUint64(at + 8, b, true);
    insns.push(
      bpf.load(8, R1, R6, at),
      bpf.load(8, R2, R6, at + 8),
      bpf.alu64Imm('mov', R0, 0),
      bpf.alu64Imm('mov', R3, 0),
      bpf.alu64Imm('mov', R4, 0),
      bpf.alu64Imm('mov', R5, 0),
      ...bodyOf(index),
      bpf.store(8, R6, at + 16, R3),
      bpf.store(8, R6, at + 24, R4),
      bpf.store(8, R6, at + 32, R5),
    );
  }
  insns.push(bpf.alu64Imm('mov', R0, 0), bpf.exit());
  return { name, insns, ctx };
}

/** Names the first pair for which two outcomes differ. */
export function firstDifference(kernel: Uint8Array, machine: Uint8Array): string | undefined {
  const left = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  const right = new DataView(machine.buffer, machine.byteOffset, machine.byteLength);
  for (let at = 0; at + PAIR_BYTES <= kernel.length; at += PAIR_BYTES) {
    for (let word = 16; word < PAIR_BYTES; word += 8) {
      const expected = left.getBigUint64(at + word, true);
      const actual = right.getBigUint64(at + word, true);
      if (expected === actual) continue;
      const [a, b] = [left.getBigUint64(at, true), left.getBigUint64(at + 8, true)];
      return `a=0x${a.toString(16)} b=0x${b.toString(16)} R${3 + (word - 16) / 8}: kernel 0x${expected.toString(16)}, machine 0x${actual.toString(16)}`;
    }
  }
  return undefined;
}
