import type { BinaryOp as AnyOp } from '../language/index.ts';
import type { CompareOp } from '../typed/index.ts';

const compareOps: ReadonlySet<AnyOp> = new Set(['==', '!=', '<', '<=', '>', '>=']);

export function isCompareOp(op: AnyOp): op is CompareOp {
  return compareOps.has(op);
}

export function isLogicalOp(op: AnyOp): op is '&&' | '||' {
  return op === '&&' || op === '||';
}
