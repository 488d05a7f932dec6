import { isAggregate, isScalar } from '../../../types/index.ts';
import { operandsOf, type TypedExpr } from '../../typed/index.ts';
import type { Lower } from './lowering.ts';
import { copyPlace, type Place } from './place.ts';

/** Kinds of expressions whose lowering may leave the probe or run statements: not while a record is reserved. */
const involved: ReadonlySet<TypedExpr['kind']> = new Set([
  'block',
  'call-fn',
  'call-kernel',
  'conditional',
  'modify',
  'logical',
]);

/**
 * Prepares a value for a record and returns what writes it there: numbers are computed now; text and other large values that are
 * simply read go straight into the record later.
 */
export function prepareValue(lower: Lower, value: TypedExpr): (to: Place) => void {
  const { b } = lower;
  const bytes = lower.sizeOf(value.type);
  if (isScalar(value.type)) {
    const number = lower.scalar(value);
    const size = bytes === 1 || bytes === 2 || bytes === 4 ? bytes : 8;
    return (to) => b.store(size, to.base, number, to.off);
  }
  if (isSimple(value)) return (to) => lower.into(value, to, 'loose');
  const place = lower.memory(value);
  return (to) => copyPlace(b, to, place, bytes);
}

/** Whether a value is read without anything happening on the way. */
function isSimple(value: TypedExpr): boolean {
  if (involved.has(value.kind) || (value.kind === 'call' && value.attrs.reports)) return false;
  // Put together over all CPUs, in a loop.
  if (isAggregate(value.type)) return false;
  return operandsOf(value).every(isSimple);
}
