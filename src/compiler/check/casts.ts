/** Casts as the script writes them. */
import { type IntSize, intType, sameType, sizeOf, spellType, type Type } from '../../types/index.ts';
import type { Cast } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { spaceOf, withSpace } from './annotations.ts';
import { type Body, fail, report } from './body.ts';
import { castTo, readValue } from './cast-to.ts';
import { checkRaw } from './check-expr.ts';
import { constant, isUnknown, unknownExpr } from './literals.ts';
import { asIntType } from './promotion.ts';
import { resolveType } from './type-names.ts';

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
