import type { Op } from '../ir/index.ts';

/**
 * The algebraic rules, as text. `x y z` stand for any value, `a b` for constants, numbers for themselves; `k m` on the right are
 * computed from the constants by `where`, which also says (by returning undefined) that the rule does not apply.
 *
 * A rule never makes code longer. Constants stand on the right of commutative operations and comparisons (the folder sees to
 * that), and a pattern of a commutative operation also matches with its operands exchanged. A property test evaluates both sides
 * of every rule on random numbers.
 */
export interface Rule {
  readonly from: string;
  readonly to: string;
  readonly where?: (constants: { readonly a: bigint; readonly b: bigint }) => Computed | undefined;
}

export interface Computed {
  readonly k?: bigint;
  readonly m?: bigint;
}

const log2 = (value: bigint): bigint | undefined =>
  value > 0n && (value & (value - 1n)) === 0n ? BigInt(value.toString(2).length - 1) : undefined;

const ifPowerOfTwo = ({ a }: { a: bigint }): Computed | undefined => {
  const k = log2(a);
  return k === undefined || k === 0n ? undefined : { k, m: a - 1n };
};

/** Both are shift counts, and so is their sum. */
const ifShiftSum = ({ a, b }: { a: bigint; b: bigint }): Computed | undefined =>
  a >= 0n && b >= 0n && a + b < 64n ? { k: a + b } : undefined;

/** The rules by the operation that they start from, in the order in which they are tried. */
export const rules: { readonly [op in Op]?: readonly Rule[] } = {
  // Addition and subtraction. Subtraction of a constant becomes addition, so that constants meet.
  add: [
    { from: '(add x 0)', to: 'x' },
    { from: '(add (add x a) b)', to: '(add x k)', where: ({ a, b }) => ({ k: a + b }) },
    { from: '(add (add x a) y)', to: '(add (add x y) a)' },
    { from: '(add x (neg y))', to: '(sub x y)' },
    { from: '(add (sub x y) y)', to: 'x' },
  ],
  sub: [
    { from: '(sub x a)', to: '(add x k)', where: ({ a }) => ({ k: -a }) },
    { from: '(sub x x)', to: '0' },
    { from: '(sub (add x a) y)', to: '(add (sub x y) a)' },
    { from: '(sub x (add y a))', to: '(add (sub x y) k)', where: ({ a }) => ({ k: -a }) },
    { from: '(sub a (add x b))', to: '(sub k x)', where: ({ a, b }) => ({ k: a - b }) },
    { from: '(sub 0 x)', to: '(neg x)' },
    { from: '(sub x (neg y))', to: '(add x y)' },
    { from: '(sub (add x y) x)', to: 'y' },
  ],
  neg: [
    { from: '(neg (neg x))', to: 'x' },
    { from: '(neg (sub x y))', to: '(sub y x)' },
  ],

  // Multiplication and division.
  mul: [
    { from: '(mul x 0)', to: '0' },
    { from: '(mul x 1)', to: 'x' },
    { from: '(mul x -1)', to: '(neg x)' },
    { from: '(mul x a)', to: '(shl x k)', where: ifPowerOfTwo },
    { from: '(mul (mul x a) b)', to: '(mul x k)', where: ({ a, b }) => ({ k: a * b }) },
  ],
  udiv: [
    { from: '(udiv x 1)', to: 'x' },
    { from: '(udiv x 0)', to: '0' },
    { from: '(udiv x a)', to: '(lshr x k)', where: ifPowerOfTwo },
  ],
  umod: [
    { from: '(umod x 1)', to: '0' },
    { from: '(umod x 0)', to: 'x' },
    { from: '(umod x a)', to: '(and x m)', where: ifPowerOfTwo },
  ],
  sdiv: [
    { from: '(sdiv x 1)', to: 'x' },
    { from: '(sdiv x 0)', to: '0' },
    { from: '(sdiv x -1)', to: '(neg x)' },
  ],
  smod: [
    { from: '(smod x 1)', to: '0' },
    { from: '(smod x 0)', to: 'x' },
    { from: '(smod x -1)', to: '0' },
  ],

  // Bits.
  and: [
    { from: '(and x 0)', to: '0' },
    { from: '(and x -1)', to: 'x' },
    { from: '(and x x)', to: 'x' },
    { from: '(and (and x a) b)', to: '(and x k)', where: ({ a, b }) => ({ k: a & b }) },
    { from: '(and x 255)', to: '(zext8 x)' },
    { from: '(and x 65535)', to: '(zext16 x)' },
    { from: '(and x 4294967295)', to: '(zext32 x)' },
  ],
  or: [
    { from: '(or x 0)', to: 'x' },
    { from: '(or x -1)', to: '-1' },
    { from: '(or x x)', to: 'x' },
    { from: '(or (or x a) b)', to: '(or x k)', where: ({ a, b }) => ({ k: a | b }) },
  ],
  xor: [
    { from: '(xor x 0)', to: 'x' },
    { from: '(xor x x)', to: '0' },
    { from: '(xor (xor x a) b)', to: '(xor x k)', where: ({ a, b }) => ({ k: a ^ b }) },
  ],

  // Shifts.
  shl: [
    { from: '(shl x 0)', to: 'x' },
    { from: '(shl (shl x a) b)', to: '(shl x k)', where: ifShiftSum },
  ],
  lshr: [
    { from: '(lshr x 0)', to: 'x' },
    { from: '(lshr (lshr x a) b)', to: '(lshr x k)', where: ifShiftSum },
    { from: '(lshr (shl x 32) 32)', to: '(zext32 x)' },
    { from: '(lshr (shl x 48) 48)', to: '(zext16 x)' },
    { from: '(lshr (shl x 56) 56)', to: '(zext8 x)' },
  ],
  ashr: [
    { from: '(ashr x 0)', to: 'x' },
    { from: '(ashr (ashr x a) b)', to: '(ashr x k)', where: ifShiftSum },
    { from: '(ashr (shl x 32) 32)', to: '(sext32 x)' },
    { from: '(ashr (shl x 48) 48)', to: '(sext16 x)' },
    { from: '(ashr (shl x 56) 56)', to: '(sext8 x)' },
  ],
  bswap64: [{ from: '(bswap64 (bswap64 x))', to: 'x' }],
  bswap32: [{ from: '(bswap32 (bswap32 x))', to: '(zext32 x)' }],
  bswap16: [{ from: '(bswap16 (bswap16 x))', to: '(zext16 x)' }],

  // Comparisons: with themselves, with the ends of the range, of something computed.
  eq: [
    { from: '(eq x x)', to: '1' },
    { from: '(eq (add x a) b)', to: '(eq x k)', where: ({ a, b }) => ({ k: b - a }) },
    { from: '(eq (xor x a) b)', to: '(eq x k)', where: ({ a, b }) => ({ k: a ^ b }) },
    { from: '(eq (sub x y) 0)', to: '(eq x y)' },
    { from: '(eq (neg x) a)', to: '(eq x k)', where: ({ a }) => ({ k: -a }) },
    { from: '(eq (neg x) (neg y))', to: '(eq x y)' },
  ],
  ne: [
    { from: '(ne x x)', to: '0' },
    { from: '(ne (add x a) b)', to: '(ne x k)', where: ({ a, b }) => ({ k: b - a }) },
    { from: '(ne (xor x a) b)', to: '(ne x k)', where: ({ a, b }) => ({ k: a ^ b }) },
    { from: '(ne (sub x y) 0)', to: '(ne x y)' },
    { from: '(ne (neg x) a)', to: '(ne x k)', where: ({ a }) => ({ k: -a }) },
    { from: '(ne (neg x) (neg y))', to: '(ne x y)' },
  ],
  ult: [
    { from: '(ult x x)', to: '0' },
    { from: '(ult x 0)', to: '0' },
    { from: '(ult x 1)', to: '(eq x 0)' },
  ],
  ule: [
    { from: '(ule x x)', to: '1' },
    { from: '(ule x -1)', to: '1' },
    { from: '(ule x 0)', to: '(eq x 0)' },
  ],
  ugt: [
    { from: '(ugt x x)', to: '0' },
    { from: '(ugt x -1)', to: '0' },
    { from: '(ugt x 0)', to: '(ne x 0)' },
  ],
  uge: [
    { from: '(uge x x)', to: '1' },
    { from: '(uge x 0)', to: '1' },
    { from: '(uge x 1)', to: '(ne x 0)' },
  ],
  slt: [{ from: '(slt x x)', to: '0' }],
  sle: [{ from: '(sle x x)', to: '1' }],
  sgt: [{ from: '(sgt x x)', to: '0' }],
  sge: [{ from: '(sge x x)', to: '1' }],

  // Selection.
  select: [
    { from: '(select x y y)', to: 'y' },
    { from: '(select a x y)', to: 'x', where: ({ a }) => (a === 0n ? undefined : {}) },
    { from: '(select 0 x y)', to: 'y' },
    { from: '(select (ne x 0) y z)', to: '(select x y z)' },
    { from: '(select (eq x 0) y z)', to: '(select x z y)' },
  ],
};
