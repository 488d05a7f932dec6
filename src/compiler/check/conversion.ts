/** Implicit conversions to the type of the place a value goes to: what inference has made large enough, element by element. */
import { sameType, type Type } from '../../types/index.ts';
import type { TypedExpr, TypedStatement } from '../typed/index.ts';
import type { Body } from './body.ts';
import { castTo } from './cast-to.ts';
import { warnOfLoss } from './fitting.ts';
import { declareTemporary } from './variables.ts';

/** The value with the place's type. Places are at least as wide as what inference saw, so nothing is lost but what the script accepted. */
export function convertTo(body: Body, value: TypedExpr, place: Type): TypedExpr {
  if (value.type.kind === 'record' && place.kind === 'record') return convertRecord(body, value, place);
  // A pointer kept somewhere is no longer one that the verifier knows.
  const plain = withoutTrust(place);
  if (sameType(withoutTrust(value.type), plain))
    return value.type === plain ? value : { ...value, type: plain };
  warnOfLoss(body, value, plain);
  return castTo(value, plain);
}

/** Fields go by name: a record whose fields stand in another order is put in order, its values made in the order they are written. */
function convertRecord(body: Body, value: TypedExpr, place: Extract<Type, { kind: 'record' }>): TypedExpr {
  if (value.kind !== 'record' || value.type.kind !== 'record') return castTo(value, place);
  const names = value.type.fields.map((field) => field.name);
  const isInOrder = place.fields.every((field, index) => field.name === names[index]);
  const before: TypedStatement[] = [];
  const made = isInOrder ? value.values : value.values.map((each) => keptForLater(body, each, before));
  const values: TypedExpr[] = [];
  for (const field of place.fields) {
    const found = made[names.indexOf(field.name)];
    if (found) values.push(convertTo(body, found, field.type));
  }
  const record: TypedExpr = { ...value, type: place, values };
  return before.length === 0
    ? record
    : { kind: 'block', type: place, at: value.at, body: before, value: record };
}

/** A value that is made now and used later, unless it is the same at any time. */
function keptForLater(body: Body, value: TypedExpr, before: TypedStatement[]): TypedExpr {
  if (value.kind === 'int' || value.kind === 'string') return value;
  const type = withoutTrust(value.type);
  const { index } = declareTemporary(body, value.at, type);
  before.push({ kind: 'set-local', at: value.at, local: index, value: convertTo(body, value, type) });
  return { kind: 'local', type, at: value.at, local: index };
}

/** A pointer type for places that keep it: values kept in memory cannot be read directly. */
export function withoutTrust(type: Type): Type {
  if (type.kind !== 'pointer' || !type.trusted) return type;
  const { trusted: _trusted, ...plain } = type;
  return plain;
}
