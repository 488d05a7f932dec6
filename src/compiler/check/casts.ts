/** Conversions: constants are converted here, everything else becomes a `cast` node. */
import {
  bool,
  type IntSize,
  int64,
  intType,
  isCastableAggregate,
  sameType,
  sizeOf,
  spellType,
  type Type,
  uint64,
} from '../../types/index.ts';
import type { Cast } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { spaceOf, withSpace } from './annotations.ts';
import { type Body, fail, report } from './body.ts';
import { checkRaw } from './expressions.ts';
import { constant, isUnknown, unknownExpr } from './literals.ts';
import { asIntType, readAggregate } from './promotion.ts';
import { resolveType } from './type-names.ts';

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

/** `(type)operand` */
export function checkCast(body: Body, cast: Cast): TypedExpr {
  const given = checkRaw(body, cast.operand);
  const operand = readValue(given);
  const isEnum = cast.type.kind === 'tagged-type' && cast.type.tag === 'enum';
  const named = resolveType(body, cast.type, isEnum ? cast.headSpan : cast.type.span);
  if (isUnknown(operand) && named && body.program.guessesIntegers && !body.program.isFinal) {
    return constant(0n, withSpace(named, defaultSpace(body)), cast.headSpan);
  }
  if (isUnknown(operand) || !named) return unknownExpr(cast.span);
  const type = completeType(body, named, operand.type);
  if (!type) return fail(body, 'cast-array-size', cast.headSpan, []);
  if (!isCastAllowed(body, cast, operand, type)) return unknownExpr(cast.span);
  if (sameType(given.type, type)) {
    report(body, 'cast-unnecessary', cast.headSpan, [spellType(type)]);
  }
  const result = castTo(toBytesOf(body, operand, type), type);
  // A literal that was cast, even to the type it had, adapts to nothing any more.
  return result.kind === 'int'
    ? constant(result.value, result.type, cast.headSpan)
    : { ...result, at: cast.headSpan };
}

/**
 * What a cast leaves to its operand: the length of an array, the size of a string, the memory a pointer leads to. Integers keep the memory
 * they came from as well.
 */
function completeType(body: Body, type: Type, from: Type): Type | undefined {
  if (type.kind === 'string' && type.size === 0)
    return from.kind === 'string' ? from : { kind: 'string', size: 1 };
  if (type.kind === 'array' && type.length === 0) {
    const element = sizeOf(type.of, body.program.types);
    const bytes = sizeOf(from, body.program.types);
    if (element === 0 || bytes % element !== 0) return undefined;
    return { ...type, length: bytes / element };
  }
  const space = spaceOf(from);
  if (type.kind === 'pointer') return withSpace(type, space && space !== 'none' ? space : defaultSpace(body));
  return withSpace(type, space);
}

/** Which memory integers lead to where nothing else says so. */
export function defaultSpace(body: Body): 'kernel' | 'user' | 'none' {
  return body.probe?.space ?? 'kernel';
}

/** An integer that becomes an array is first widened to the array's bytes. */
function toBytesOf(body: Body, operand: TypedExpr, type: Type): TypedExpr {
  const int = asIntType(operand.type);
  if (type.kind !== 'array' || !int) return operand;
  const bytes = sizeOf(type, body.program.types);
  const size = ([1, 2, 4, 8] as const).find((candidate) => candidate >= bytes) ?? 8;
  return castTo(operand, intType(size satisfies IntSize, int.signed));
}

/** Reports what is wrong, if anything is. */
function isCastAllowed(body: Body, cast: Cast, operand: TypedExpr, type: Type): boolean {
  const from = operand.type;
  const at = cast.headSpan;
  if (from.kind === 'struct') {
    report(body, 'cast-from-struct', at, [spellType(from)]);
    return false;
  }
  if (from.kind === 'none' || from.kind === 'void') {
    report(body, 'cast-from-none', at, [spellType(from)]);
    return false;
  }
  if (type.kind === 'enum' && operand.kind === 'int') {
    const layout = body.program.types.enum(type.name);
    if (layout && !layout.values.some((row) => row.value === operand.value)) {
      report(body, 'cast-enum', at, [type.name, operand.value]);
      return false;
    }
  }
  if (sameType(from, type) || canConvert(body, from, type)) return true;
  report(body, 'cast', at, [spellType(from), spellType(type)]);
  return false;
}

function canConvert(body: Body, from: Type, to: Type): boolean {
  const isInt = from.kind === 'int' || from.kind === 'enum';
  const size = (type: Type): number => sizeOf(type, body.program.types);
  switch (to.kind) {
    case 'int':
    case 'enum':
      if (from.kind === 'array') return asIntType(from.of) !== undefined && size(from) === size(to);
      return isInt || from.kind === 'bool' || from.kind === 'pointer';
    case 'bool':
      return isInt || from.kind === 'pointer' || from.kind === 'string';
    case 'pointer':
      return isInt || from.kind === 'pointer';
    case 'username':
      return isInt;
    case 'string':
      return from.kind === 'string' && from.size <= to.size;
    case 'array': {
      if (to.of.kind !== 'int' && to.of.kind !== 'bool') return false;
      if (from.kind === 'string' || from.kind === 'bool') return size(from) === size(to);
      return isInt && (size(to) === size(from) || (size(to) > size(from) && size(to) <= 8));
    }
    default:
      return false;
  }
}
