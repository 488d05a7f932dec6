import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  alu64Imm,
  decodeInsns,
  encodeInsns,
  exit,
  type Insn,
  InsnDecodeError,
  jumpImm,
  LD_IMM64,
  ldImm64,
  slotsOf,
} from './index.ts';

const plain = fc.record(
  {
    opcode: fc.integer({ min: 0, max: 255 }).filter((opcode) => opcode !== LD_IMM64),
    dst: fc.integer({ min: 0, max: 15 }),
    src: fc.integer({ min: 0, max: 15 }),
    off: fc.integer({ min: -0x8000, max: 0x7fff }),
    imm: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  },
  { noNullPrototype: true },
);
const wide = fc
  .tuple(
    fc.integer({ min: 0, max: 10 }),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fc.integer({ min: 0, max: 6 }),
  )
  .map(([dst, value, pseudo]) => ldImm64(dst, value, pseudo));

test('decode is the inverse of encode', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(plain, wide), { maxLength: 20 }), (insns: Insn[]) => {
      const bytes = encodeInsns(insns);
      assert.equal(bytes.length, 8 * insns.reduce((slots, insn) => slots + slotsOf(insn), 0));
      assert.deepEqual(decodeInsns(bytes), insns);
    }),
    { seed: 7 },
  );
});

test('known bytes', () => {
  assert.deepEqual(
    [...encodeInsns([alu64Imm('mov', 0, 1), exit()])],
    [0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0],
  );
  assert.deepEqual(
    [...encodeInsns([ldImm64(3, 0x1122_3344_5566_7788n)])],
    [0x18, 3, 0, 0, 0x88, 0x77, 0x66, 0x55, 0, 0, 0, 0, 0x44, 0x33, 0x22, 0x11],
  );
});

test('what does not fit is an error, never cut', () => {
  assert.throws(() => encodeInsns([jumpImm('eq', 1, 0, 0x8000)]), RangeError);
  assert.throws(() => decodeInsns(new Uint8Array(9)), InsnDecodeError);
  assert.throws(() => decodeInsns(encodeInsns([ldImm64(1, 1n)]).subarray(0, 8)), InsnDecodeError);
  const broken = encodeInsns([ldImm64(1, 1n)]);
  broken[8] = 0x95;
  assert.throws(() => decodeInsns(broken), InsnDecodeError);
});
