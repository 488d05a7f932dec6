import { asI64, asU64, unreachable } from '../../base/index.ts';
import type { BinaryOp, CompareOp, UnaryOp } from './op.ts';

/**
 * What the operations compute, on signed 64-bit numbers: the one place that the constant folder and the evaluator share.
 * Source: instruction-set.rst; division by zero as in "Arithmetic instructions".
 */
export function computeBinary(op: BinaryOp, a: bigint, b: bigint): bigint {
  switch (op) {
    case 'add':
      return asI64(a + b);
    case 'sub':
      return asI64(a - b);
    case 'mul':
      return asI64(a * b);
    case 'udiv':
      return b === 0n ? 0n : asI64(asU64(a) / asU64(b));
    case 'umod':
      return b === 0n ? a : asI64(asU64(a) % asU64(b));
    case 'sdiv':
      return b === 0n ? 0n : asI64(a / b);
    case 'smod':
      return b === 0n ? a : asI64(a % b);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return asI64(a << (b & 63n));
    case 'lshr':
      return asI64(asU64(a) >> (b & 63n));
    case 'ashr':
      return a >> (b & 63n);
    default:
      return unreachable(op);
  }
}

export function computeUnary(op: UnaryOp, a: bigint): bigint {
  switch (op) {
    case 'neg':
      return asI64(-a);
    case 'sext8':
      return BigInt.asIntN(8, a);
    case 'sext16':
      return BigInt.asIntN(16, a);
    case 'sext32':
      return BigInt.asIntN(32, a);
    case 'zext8':
      return a & 0xffn;
    case 'zext16':
      return a & 0xffffn;
    case 'zext32':
      return a & 0xffff_ffffn;
    case 'bswap16':
      return swapBytes(a, 2);
    case 'bswap32':
      return swapBytes(a, 4);
    case 'bswap64':
      return asI64(swapBytes(a, 8));
    default:
      return unreachable(op);
  }
}

export function computeCompare(op: CompareOp, a: bigint, b: bigint): boolean {
  switch (op) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'ult':
      return asU64(a) < asU64(b);
    case 'ule':
      return asU64(a) <= asU64(b);
    case 'ugt':
      return asU64(a) > asU64(b);
    case 'uge':
      return asU64(a) >= asU64(b);
    case 'slt':
      return a < b;
    case 'sle':
      return a <= b;
    case 'sgt':
      return a > b;
    case 'sge':
      return a >= b;
    default:
      return unreachable(op);
  }
}

function swapBytes(value: bigint, bytes: number): bigint {
  let swapped = 0n;
  for (let index = 0n; index < BigInt(bytes); index++)
    swapped = (swapped << 8n) | ((value >> (8n * index)) & 0xffn);
  return swapped;
}
