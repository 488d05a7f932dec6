import { unreachable } from '../base/index.ts';
import type { AluOp } from '../bpf/index.ts';
import {
  addBits,
  andBits,
  type KnownBits,
  orBits,
  shiftBitsLeft,
  shiftBitsRight,
  shiftBitsSigned,
  subtractBits,
  xorBits,
} from './known-bits.ts';
import {
  type Bounds,
  constant,
  constantOf,
  fullBounds,
  lowHalf,
  settle,
  signedRange,
  unsignedRange,
} from './scalar.ts';

/** The result of an operation. */
export interface Computed {
  readonly bounds: Bounds;
  /** Some kernel may know more of the result. */
  readonly isVague: boolean;
}

/** What a two-operand operation does to numbers with these bounds; a 32-bit one clears the high half. */
export function compute(op: Exclude<AluOp, 'mov'>, width: 32 | 64, a: Bounds, b: Bounds): Computed {
  const x = width === 64 ? a : lowHalf(a);
  const y = width === 64 ? b : lowHalf(b);
  const [known, other] = [constantOf(x), constantOf(y)];
  if (known !== undefined && other !== undefined) return exact(constant(fold(op, width, known, other)));
  const computed = width === 64 ? compute64(op, x, y) : compute32(op, x, y);
  return width === 64 ? computed : { ...computed, bounds: lowHalf(computed.bounds) };
}

/** `a op b` for numbers. Division by zero gives 0, the remainder then is `a`, as the instruction set has it. */
export function fold(op: Exclude<AluOp, 'mov'>, width: 32 | 64, a: bigint, b: bigint): bigint {
  const signed = (value: bigint): bigint => BigInt.asIntN(width, value);
  const shift = b & BigInt(width - 1);
  const result = (): bigint => {
    switch (op) {
      case 'add':
        return a + b;
      case 'sub':
        return a - b;
      case 'mul':
        return a * b;
      case 'div':
        return b === 0n ? 0n : a / b;
      case 'mod':
        return b === 0n ? a : a % b;
      case 'sdiv':
        return b === 0n ? 0n : signed(a) / signed(b);
      case 'smod':
        return b === 0n ? a : signed(a) % signed(b);
      case 'or':
        return a | b;
      case 'and':
        return a & b;
      case 'xor':
        return a ^ b;
      case 'lsh':
        return a << shift;
      case 'rsh':
        return a >> shift;
      case 'arsh':
        return signed(a) >> shift;
      default:
        return unreachable(op);
    }
  };
  return BigInt.asUintN(width, result());
}

function exact(bounds: Bounds): Computed {
  return { bounds, isVague: false };
}

/** Settles bounds that hold for sure; a contradiction would be an operation without a result. */
function settled(bounds: Bounds, isVague = false): Computed {
  return { bounds: settle(bounds) ?? fullBounds, isVague };
}

function isUnknown(a: Bounds): boolean {
  return (
    a.mask === fullBounds.mask &&
    a.umin === 0n &&
    a.umax === fullBounds.umax &&
    a.smin === fullBounds.smin &&
    a.smax === fullBounds.smax
  );
}

type Range = readonly [bigint, bigint];

/** Sums of two ranges, when all of them wrap the same number of times. */
function wrapped(low: bigint, high: bigint, isSigned: boolean, width: 32 | 64): Range {
  const wrap = isSigned ? BigInt.asIntN : BigInt.asUintN;
  const [first, last] = [wrap(width, low), wrap(width, high)];
  if (last - first === high - low) return [first, last];
  const size = 1n << BigInt(width);
  return isSigned ? [-size / 2n, size / 2n - 1n] : [0n, size - 1n];
}

function sums(a: Bounds, b: Bounds, sign: 1 | -1): Omit<Bounds, 'value' | 'mask'> {
  const sum = (low: Range, high: Range, isSigned: boolean, width: 32 | 64): Range =>
    sign === 1
      ? wrapped(low[0] + high[0], low[1] + high[1], isSigned, width)
      : wrapped(low[0] - high[1], low[1] - high[0], isSigned, width);
  const [umin, umax] = sum([a.umin, a.umax], [b.umin, b.umax], false, 64);
  const [smin, smax] = sum([a.smin, a.smax], [b.smin, b.smax], true, 64);
  const [u32min, u32max] = sum([a.u32min, a.u32max], [b.u32min, b.u32max], false, 32);
  const [s32min, s32max] = sum([a.s32min, a.s32max], [b.s32min, b.s32max], true, 32);
  return { umin, umax, smin, smax, u32min, u32max, s32min, s32max };
}

/** Only the bits are known; the ranges follow. */
function fromBits(bits: KnownBits, more: Partial<Bounds> = {}): Computed {
  return settled({ ...fullBounds, ...bits, ...more });
}

function compute64(op: Exclude<AluOp, 'mov'>, a: Bounds, b: Bounds): Computed {
  switch (op) {
    case 'add':
      return settled({ ...addBits(a, b), ...sums(a, b, 1) });
    case 'sub':
      return settled({ ...subtractBits(a, b), ...sums(a, b, -1) });
    case 'mul':
      return product(a, b);
    case 'and':
      return fromBits(andBits(a, b), {
        umax: a.umax < b.umax ? a.umax : b.umax,
        u32max: a.u32max < b.u32max ? a.u32max : b.u32max,
      });
    case 'or':
      return fromBits(orBits(a, b), {
        umin: a.umin > b.umin ? a.umin : b.umin,
        u32min: a.u32min > b.u32min ? a.u32min : b.u32min,
      });
    case 'xor':
      return fromBits(xorBits(a, b));
    case 'lsh':
    case 'rsh':
    case 'arsh':
      return shift(op, 64, a, b);
    case 'div':
    case 'mod':
      return quotient(op, a, b);
    case 'sdiv':
    case 'smod':
      return { bounds: fullBounds, isVague: true };
    default:
      return unreachable(op);
  }
}

function product(a: Bounds, b: Bounds): Computed {
  const high = a.umax * b.umax;
  if (high <= fullBounds.umax) return settled({ ...fullBounds, umin: a.umin * b.umin, umax: high });
  const corners = [a.smin * b.smin, a.smin * b.smax, a.smax * b.smin, a.smax * b.smax];
  const smin = corners.reduce((low, each) => (each < low ? each : low));
  const smax = corners.reduce((most, each) => (each > most ? each : most));
  if (smin >= fullBounds.smin && smax <= fullBounds.smax) return settled({ ...fullBounds, smin, smax });
  return { bounds: fullBounds, isVague: !(isUnknown(a) || isUnknown(b)) };
}

/** Of the amount only the low bits count. */
function shiftAmount(b: Bounds, width: 32 | 64): bigint | undefined {
  const by = constantOf(b);
  return by === undefined ? undefined : by & BigInt(width - 1);
}

function shift(op: 'lsh' | 'rsh' | 'arsh', width: 32 | 64, a: Bounds, b: Bounds): Computed {
  const by = shiftAmount(b, width);
  if (by === undefined) return { bounds: fullBounds, isVague: !isUnknown(a) || !isUnknown(b) };
  switch (op) {
    case 'lsh': {
      const [umin, umax] = [a.umin << by, a.umax << by];
      const [smin, smax] = [a.smin << by, a.smax << by];
      const unsigned = umax <= fullBounds.umax ? { umin, umax } : {};
      const signed = smin >= fullBounds.smin && smax <= fullBounds.smax ? { smin, smax } : {};
      // The sign-extension of a 32-bit number begins like this.
      const low = by === 32n ? { smin: a.s32min << 32n, smax: a.s32max << 32n } : {};
      return fromBits(shiftBitsLeft(a, by), { ...unsigned, ...signed, ...low });
    }
    case 'rsh':
      return fromBits(shiftBitsRight(a, by), { umin: a.umin >> by, umax: a.umax >> by });
    case 'arsh':
      return fromBits(shiftBitsSigned(a, by, 64), { smin: a.smin >> by, smax: a.smax >> by });
    default:
      return unreachable(op);
  }
}

function quotient(op: 'div' | 'mod', a: Bounds, b: Bounds): Computed {
  const by = constantOf(b);
  if (by === undefined || by === 0n) {
    // Dividing never makes a number larger; by zero it gives zero, and the remainder is the number itself.
    return settled({ ...fullBounds, umax: a.umax }, true);
  }
  if (op === 'div') return exact(unsignedRange(a.umin / by, a.umax / by));
  if (a.umax < by) return exact(a);
  return exact(unsignedRange(0n, by - 1n));
}

/** `a` and `b` are zero-extended; of the result the low half counts. */
function compute32(op: Exclude<AluOp, 'mov'>, a: Bounds, b: Bounds): Computed {
  switch (op) {
    case 'arsh': {
      const by = shiftAmount(b, 32);
      if (by === undefined) return { bounds: fullBounds, isVague: true };
      const bits = shiftBitsSigned(a, by, 32);
      return fromBits(bits, { s32min: a.s32min >> by, s32max: a.s32max >> by });
    }
    case 'sdiv':
    case 'smod':
      return { bounds: fullBounds, isVague: true };
    case 'mul':
      return product(a, b);
    case 'lsh':
    case 'rsh':
      return shift(op, 32, a, b);
    default:
      return compute64(op, a, b);
  }
}

/** `dst = (s<bits>)src`, then cut to `width`. */
export function signExtend(a: Bounds, bits: 8 | 16 | 32, width: 32 | 64): Computed {
  const known = constantOf(a);
  if (known !== undefined) return exact(constant(BigInt.asUintN(width, BigInt.asIntN(bits, known))));
  const half = 1n << BigInt(bits - 1);
  const isSame = a.smin >= -half && a.smax < half;
  const low = bits === 32 ? [a.s32min, a.s32max] : [-half, half - 1n];
  const wide = isSame ? a : signedRange(low[0]!, low[1]!);
  const isVague = !isSame && bits !== 32 && !isUnknown(a);
  return { bounds: width === 64 ? wide : lowHalf(wide), isVague };
}

/** Byte swaps and cuts to `bits`. The result of a cut alone (little-endian) is exact. */
export function convertEndian(a: Bounds, to: 'le' | 'be' | 'swap', bits: 16 | 32 | 64): Computed {
  const known = constantOf(a);
  if (known !== undefined) {
    const cut = BigInt.asUintN(bits, known);
    return exact(constant(to === 'le' ? cut : swapBytes(cut, bits)));
  }
  if (to === 'le' && bits === 64) return exact(a);
  const limit = bits === 64 ? fullBounds : unsignedRange(0n, (1n << BigInt(bits)) - 1n);
  return { bounds: limit, isVague: !isUnknown(a) };
}

function swapBytes(value: bigint, bits: number): bigint {
  let swapped = 0n;
  for (let at = 0; at < bits; at += 8) swapped = (swapped << 8n) | ((value >> BigInt(at)) & 0xffn);
  return swapped;
}
