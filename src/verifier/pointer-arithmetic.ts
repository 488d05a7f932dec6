import type { AluOp } from '../bpf/index.ts';
import { compute } from './arithmetic.ts';
import type { Here } from './here.ts';
import { constant, constantOf, type Scalar, scalarOf } from './scalar.ts';
import { describeValue, nameOfPlace, opaque, type Pointer, type Value } from './values.ts';

/** Constants from here on are no offsets. Source: check_reg_sane_offset(). */
const MAX_OFFSET = 1n << 29n;

/** `R<dst> op= other` where one of them is a pointer. Source: adjust_reg_min_max_vals(), adjust_ptr_min_max_vals(). */
export function pointerArithmetic(
  here: Here,
  op: Exclude<AluOp, 'mov'>,
  width: 32 | 64,
  dst: number,
  a: Value,
  b: Value,
): Value {
  if (a.kind === 'opaque' || b.kind === 'opaque') return opaque;
  if (width === 32) {
    if (op === 'sub') return here.unknown();
    return here.refuse(
      'pointer-arithmetic',
      `R${dst} holds ${describeValue(a.kind === 'pointer' ? a : b)} and takes part in 32-bit arithmetic`,
    );
  }
  if (a.kind === 'pointer' && b.kind === 'pointer') {
    if (op === 'sub') return here.unknown();
    return here.refuse('pointer-arithmetic', `two pointers meet in R${dst}; they may only be subtracted`);
  }
  if (a.kind === 'pointer') return shifted(here, op, dst, a, b as Scalar);
  if (op === 'add') return shifted(here, op, dst, b as Pointer, a as Scalar);
  if (op === 'sub')
    return here.refuse('pointer-arithmetic', `a pointer is subtracted from a number in R${dst}`);
  return here.refuse(
    'pointer-arithmetic',
    `${describeValue(b)} takes part in arithmetic other than addition and subtraction`,
  );
}

function shifted(here: Here, op: Exclude<AluOp, 'mov'>, dst: number, pointer: Pointer, by: Scalar): Value {
  const known = constantOf(by);
  if (pointer.orNull) {
    if (known === 0n) return here.doubt();
    return here.refuse(
      'null',
      `R${dst} holds ${describeValue(pointer)} and is calculated with: compare it with 0 before`,
    );
  }
  if (op !== 'add' && op !== 'sub')
    return here.refuse(
      'pointer-arithmetic',
      `R${dst} holds ${describeValue(pointer)}, which may only be added to or subtracted from`,
    );
  const space = pointer.to.space;
  if (space === 'map' || space === 'func') {
    if (known === 0n) return pointer;
    return here.refuseIfSure(
      'pointer-arithmetic',
      `R${dst} holds ${describeValue(pointer)}, which is not calculated with`,
      by,
    );
  }
  if (op === 'sub' && space === 'stack')
    return here.refuse(
      'pointer-arithmetic',
      `something is subtracted from a pointer to ${nameOfPlace(pointer.to)} in R${dst}`,
    );
  if (known !== undefined) {
    const signed = BigInt.asIntN(64, known);
    if (signed >= MAX_OFFSET || signed <= -MAX_OFFSET)
      return here.refuseIfSure(
        'pointer-arithmetic',
        `${signed} is too much to be added to a pointer in R${dst}`,
        by,
      );
    const off = pointer.off + (op === 'add' ? signed : -signed);
    if (off >= MAX_OFFSET || off <= -MAX_OFFSET)
      return here.refuseIfSure(
        'pointer-arithmetic',
        `the offset ${off} of the pointer in R${dst} is too large`,
        pointer,
        by,
      );
    return { ...pointer, off };
  }
  if (by.smin >= MAX_OFFSET || by.smin <= -MAX_OFFSET)
    here.refuseIfSure(
      'pointer-arithmetic',
      `a number that may be far below 0 is added to a pointer in R${dst}`,
      by,
    );
  const { bounds, isVague } = compute(op, 64, pointer.variable ?? constant(0n), by);
  const variable = scalarOf(bounds, { isVague: isVague || by.isVague || pointer.variable?.isVague === true });
  return { ...pointer, variable };
}
