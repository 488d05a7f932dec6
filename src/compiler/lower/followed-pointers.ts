/**
 * Pointers that the verifier follows: it knows what the ctx of a tracing prog points to. It wants them compared with NULL before
 * anything is added to them, and allows no other arithmetic.
 */
import { addressOf, type Place } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import { readMemory } from './memory-reads.ts';

/** The pointer under casts from one pointer type to another. */
export function underCasts(pointer: TypedExpr): TypedExpr {
  let inner = pointer;
  while (inner.kind === 'cast' && inner.type.kind === 'pointer' && inner.operand.type.kind === 'pointer') {
    inner = inner.operand;
  }
  return inner;
}

/** Whether the value of an expression may be a pointer that came from ctx. What such a pointer leads to is no longer followed in this way. */
export function isFollowed(f: FuncContext, expr: TypedExpr): boolean {
  return f.prog.probe.progType === 'BPF_PROG_TYPE_TRACING' && comesFromCtx(expr);
}

function comesFromCtx(expr: TypedExpr): boolean {
  switch (expr.kind) {
    case 'field':
    case 'element':
    case 'index':
      return comesFromCtx(expr.base);
    case 'cast':
      return comesFromCtx(expr.operand);
    case 'deref':
      return underCasts(expr.pointer).kind === 'ctx';
    case 'int':
    case 'call':
    case 'map':
      return false;
    default:
      return true;
  }
}

/** A pointer as a mere number: its bytes are read back through a helper. */
export function asNumber(f: FuncContext, pointer: ValueId): ValueId {
  const { b } = f;
  const stored: Place = { base: b.temporary(8), off: 0, align: 8 };
  const number: Place = { base: b.temporary(8), off: 0, align: 8 };
  b.store(8, stored.base, pointer);
  readMemory(f, 'kernel', number, b.const(8), addressOf(b, stored));
  return b.load(8, number.base);
}
