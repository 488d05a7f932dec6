/** Conversions: constants are converted here, everything else becomes a `cast` node. */
import { bool, int64, intType, isCastableAggregate, sameType, type Type, uint64 } from '../../types/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { spaceOf, withSpace } from './annotations.ts';
import { constant, isUnknown } from './literals.ts';
import { asIntType, readAggregate } from './promotion.ts';

/** The value as it is kept in a type: wrapped to its size, with its sign. */
export function wrapTo(value: bigint, type: Type): bigint {
  const int = asIntType(type);
  if (int) return int.signed ? BigInt.asIntN(int.size * 8, value) : BigInt.asUintN(int.size * 8, value);
  if (type.kind === 'bool') return value === 0n ? 0n : 1n;
  return BigInt.asUintN(64, value);
}

const registerKinds: ReadonlySet<Type['kind']> = new Set([
  'int',
  'enum',
  'bool',
  'pointer',
  'username',
  'ksym',
]);

/** The expression converted to a type; the caller knows that this is allowed. */
export function castTo(expr: TypedExpr, wanted: Type): TypedExpr {
  if (isUnknown(expr) || expr.type === wanted) return expr;
  // A number that was an address of some memory stays one.
  const type = asIntType(wanted) ? withSpace(wanted, spaceOf(wanted) ?? spaceOf(expr.type)) : wanted;
  if (sameType(expr.type, type)) return retyped(expr, type);
  // An integer becomes an address with zeros above, whatever its sign.
  if (type.kind === 'pointer' && expr.type.kind === 'int' && expr.type.signed && expr.type.size < 8) {
    return castTo(castTo(expr, intType(expr.type.size, false)), type);
  }
  if (expr.kind === 'int' && registerKinds.has(type.kind)) {
    return constant(wrapTo(expr.value, type), type, expr.at);
  }
  if (expr.kind === 'string' && type.kind === 'string' && type.size > expr.value.length)
    return { ...expr, type };
  if (expr.kind === 'string' && type.kind === 'bool') {
    return constant(expr.value === '' ? 0n : 1n, type, expr.at);
  }
  if (expr.kind === 'tuple' && type.kind === 'tuple') {
    const elements = expr.elements.map((element, index) =>
      castTo(element, type.elements[index] ?? element.type),
    );
    return { ...expr, type, elements };
  }
  return { kind: 'cast', type, at: expr.at, operand: expr };
}

/** The same value with a type that differs in annotations only, or in how its bytes are read. */
export function retyped(expr: TypedExpr, type: Type): TypedExpr {
  return { ...expr, type };
}

/** Whatever can be a condition, as a bool. */
export function castToBool(expr: TypedExpr): TypedExpr {
  return castTo(expr, bool);
}

/** An integer, bool or enum at 64 bits with its own sign. */
export function widen(expr: TypedExpr): TypedExpr {
  const int = asIntType(expr.type);
  return castTo(expr, withSpace(int?.signed ? int64 : uint64, spaceOf(expr.type)));
}

/** The value of a map that aggregates, as the integer it is read as; other values as they are. */
export function readValue(expr: TypedExpr): TypedExpr {
  return isCastableAggregate(expr.type) ? retyped(expr, readAggregate(expr.type)) : expr;
}
