/** Whether values go into places of a fixed type, and what is said when they do not quite. */
import { isAggregate, spellType, type Type } from '../../types/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, report } from './body.ts';
import { isIntLiteral } from './literals.ts';
import { asIntType, compatible, fitsInto } from './promotion.ts';

/** Whether an integer literal is a value of the type; true for everything else. */
export function literalFits(expr: TypedExpr, place: Type): boolean {
  const int = asIntType(place);
  if (!int || !isIntLiteral(expr)) return true;
  const bits = BigInt(int.size * 8);
  const { value } = expr;
  return int.signed
    ? value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n)
    : value >= 0n && value < 1n << bits;
}

/** Whether some string of the value is too long for its place. */
function losesText(type: Type, place: Type): boolean {
  if (type.kind === 'string' && place.kind === 'string') return place.size > 0 && type.size > place.size;
  if (type.kind === 'tuple' && place.kind === 'tuple') {
    return type.elements.some((element, index) => losesText(element, place.elements[index] ?? element));
  }
  if (type.kind === 'record' && place.kind === 'record') {
    return type.fields.some((field) => {
      const other = place.fields.find((candidate) => candidate.name === field.name);
      return losesText(field.type, other?.type ?? field.type);
    });
  }
  return false;
}

/** Whether a value may go into a place whose type was declared. The caller words the refusal. */
export function acceptsFixed(value: TypedExpr, place: Type): boolean {
  if (isIntLiteral(value) && asIntType(place)) return literalFits(value, place);
  return compatible(value.type, place) && !losesText(value.type, place);
}

/** Warns of integers that are converted, without being asked to, to a type that does not hold all of their values; in tuples too. */
export function warnOfLoss(body: Body, value: TypedExpr, place: Type): void {
  const { type } = value;
  if (value.kind === 'tuple' && place.kind === 'tuple') {
    for (const [index, element] of value.elements.entries()) {
      warnOfLoss(body, element, place.elements[index] ?? element.type);
    }
    return;
  }
  if (body.metaDepth > 0 || isIntLiteral(value) || readsAggregation(body, value)) return;
  for (const [from, into] of integerParts(type, place)) {
    if (!fitsInto(from, into)) report(body, 'implicit-cast', value.at, [spellType(from), spellType(into)]);
  }
}

/** Counts and sums are taken as whatever integer is wanted. */
export function readsAggregation(body: Body, value: TypedExpr): boolean {
  const map = value.kind === 'map' ? body.program.inference.maps[value.map] : undefined;
  return map?.value !== undefined && isAggregate(map.value);
}

/** The integers of a type beside those of the type it is converted to. */
function integerParts(type: Type, place: Type): (readonly [Type, Type])[] {
  if (asIntType(type) && asIntType(place))
    return type.kind === 'enum' && place.kind === 'enum' ? [] : [[type, place]];
  if (type.kind === 'tuple' && place.kind === 'tuple') {
    return type.elements.flatMap((element, index) => integerParts(element, place.elements[index] ?? element));
  }
  if (type.kind === 'record' && place.kind === 'record') {
    return type.fields.flatMap((field) => {
      const other = place.fields.find((candidate) => candidate.name === field.name);
      return integerParts(field.type, other?.type ?? field.type);
    });
  }
  return [];
}
