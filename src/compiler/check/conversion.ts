/** Implicit conversions to the type of the place a value goes to: what inference has made large enough, element by element. */
import { sameType, type Type } from '../../types/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import type { Body } from './body.ts';
import { castTo } from './casts.ts';

/** The value with the place's type. Places are at least as wide as what inference saw, so nothing is lost but what the script accepted. */
export function convertTo(body: Body, value: TypedExpr, place: Type): TypedExpr {
  if (value.type.kind === 'record' && place.kind === 'record') return convertRecord(body, value, place);
  // A pointer kept somewhere is no longer one that the verifier knows.
  const plain = withoutTrust(place);
  if (sameType(withoutTrust(value.type), plain))
    return value.type === plain ? value : { ...value, type: plain };
  return castTo(value, plain);
}

/** Fields go by name: a record whose fields stand in another order is put in order. */
function convertRecord(body: Body, value: TypedExpr, place: Extract<Type, { kind: 'record' }>): TypedExpr {
  if (value.kind !== 'record' || value.type.kind !== 'record') return castTo(value, place);
  const from = value.type.fields;
  const values: TypedExpr[] = [];
  for (const field of place.fields) {
    const found = value.values[from.findIndex((other) => other.name === field.name)];
    if (found) values.push(convertTo(body, found, field.type));
  }
  return { ...value, type: place, values };
}

/** A pointer type for places that keep it: values kept in memory cannot be read directly. */
export function withoutTrust(type: Type): Type {
  if (type.kind !== 'pointer' || !type.trusted) return type;
  const { trusted: _trusted, ...plain } = type;
  return plain;
}
