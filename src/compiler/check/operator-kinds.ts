import type { BinaryOp as AnyOp } from '../language/index.ts';
import type { CompareOp } from '../typed/index.ts';

const compareOps: ReadonlySet<AnyOp> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** Operators that make a bool of two values. */
export function isCompareOp(op: AnyOp): op is CompareOp {
  return compareOps.has(op);
}

/** Those that look at their right side only when the left one leaves it open. */
export function isLogicalOp(op: AnyOp): op is '&&' | '||' {
  return op === '&&' || op === '||';
}
