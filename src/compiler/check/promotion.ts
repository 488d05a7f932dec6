/**
 * Which type holds values of two types: the type of a variable that is assigned both, of a comparison's operands, of a map's
 * keys and values. Types only grow, so repeating it over a script comes to an end.
 */
import {
  type IntSize,
  type IntType,
  int64,
  intType,
  isCastableAggregate,
  type RecordType,
  sameType,
  type TupleType,
  type Type,
  uint64,
} from '../../types/index.ts';
import { flexible, isFlexible, spaceOf, withSpace } from './annotations.ts';

/** The smallest integer size of at least so many bytes. */
function sizeAtLeast(bytes: number): IntSize {
  if (bytes <= 1) return 1;
  if (bytes <= 2) return 2;
  return bytes <= 4 ? 4 : 8;
}

/** The common type of two integers. */
export function promoteInt(current: IntType, next: IntType): IntType {
  const size = sizeAtLeast(Math.max(current.size, next.size));
  const space = spaceOf(current) ?? spaceOf(next);
  const bothFlexible = isFlexible(current) && isFlexible(next);
  if (bothFlexible) return withSpace(flexible(intType(size, current.signed)), space);
  if (current.signed === next.signed) return withSpace(intType(size, current.signed), space);
  if (isFlexible(current)) return withSpace(intType(size, next.signed), space);
  if (isFlexible(next)) return withSpace(intType(size, current.signed), space);
  const signed = current.signed ? current : next;
  const unsigned = current.signed ? next : current;
  if (signed.size > unsigned.size) return withSpace(intType(signed.size, true), space);
  return withSpace(intType(sizeAtLeast(size * 2), true), space);
}

/** What a castable aggregate is when it is read. */
export function readAggregate(type: Type): Type {
  if (!isCastableAggregate(type)) return type;
  return 'signed' in type && type.signed ? int64 : uint64;
}

/** Of one kind, so that values of both can be in one place: checked before promotion. */
export function compatible(left: Type, right: Type): boolean {
  if (isIntegral(left) && isIntegral(right)) return true;
  if (left.kind !== right.kind) return false;
  switch (left.kind) {
    case 'pointer':
      return right.kind === 'pointer' && (sameType(left.to, right.to) || compatible(left.to, right.to));
    case 'struct':
      return right.kind === 'struct' && left.name === right.name;
    case 'array':
      return (
        right.kind === 'array' &&
        sameType(left.of, right.of) &&
        (left.length === right.length || left.length === 0 || right.length === 0)
      );
    case 'tuple':
      return (
        right.kind === 'tuple' &&
        left.elements.length === right.elements.length &&
        left.elements.every((element, index) => compatible(element, right.elements[index] as Type))
      );
    case 'record':
      return (
        right.kind === 'record' &&
        left.fields.length === right.fields.length &&
        left.fields.every((field) => {
          const other = right.fields.find((candidate) => candidate.name === field.name);
          return other !== undefined && compatible(field.type, other.type);
        })
      );
    case 'kstack':
    case 'ustack':
      return right.kind === left.kind && left.mode === right.mode && left.limit === right.limit;
    case 'timestamp':
      return sameType(left, right);
    default:
      return true;
  }
}

function isIntegral(type: Type): boolean {
  return type.kind === 'int' || type.kind === 'enum';
}

/** An enum as the integer it is kept in. */
export function asIntType(type: Type): IntType | undefined {
  if (type.kind === 'int') return type;
  return type.kind === 'enum' ? withSpace(intType(type.size, type.signed), spaceOf(type)) : undefined;
}

/**
 * The type that holds both; undefined when there is none.
 *
 * @param current the type so far; undefined: none yet, and castable aggregates are then taken as the integer they are read as.
 */
export function promote(current: Type | undefined, next: Type): Type | undefined {
  if (current === undefined) return readAggregate(next);
  if (isCastableAggregate(next) && isIntegral(current)) return promote(current, readAggregate(next));
  if (isCastableAggregate(current) && isIntegral(next)) return promote(readAggregate(current), next);
  if (!compatible(current, next)) return undefined;
  return promoteCompatible(current, next);
}

function promoteCompatible(current: Type, next: Type): Type | undefined {
  switch (current.kind) {
    case 'int':
    case 'enum': {
      if (current.kind === 'enum' && next.kind === 'enum' && current.name === next.name) {
        return next.size > current.size ? next : current;
      }
      const left = asIntType(current);
      const right = asIntType(next);
      return left && right && promoteInt(left, right);
    }
    case 'string':
      return next.kind === 'string' && next.size > current.size
        ? withSpace(next, spaceOf(current) ?? spaceOf(next))
        : current;
    case 'buffer':
      return next.kind === 'buffer' && next.capacity > current.capacity ? next : current;
    case 'pointer':
      return next.kind === 'pointer' ? promotePointer(current, next) : undefined;
    case 'tuple':
      return next.kind === 'tuple' ? promoteTuple(current, next) : undefined;
    case 'record':
      return next.kind === 'record' ? promoteRecord(current, next) : undefined;
    case 'array':
      return next.kind === 'array' && current.length === 0 ? next : current;
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
      return next.kind === current.kind && next.signed ? next : current;
    default:
      return current;
  }
}

function promotePointer(
  current: Extract<Type, { kind: 'pointer' }>,
  next: Extract<Type, { kind: 'pointer' }>,
): Type | undefined {
  const to = sameType(current.to, next.to) ? current.to : promote(current.to, next.to);
  if (!to) return undefined;
  return { kind: 'pointer', to, space: current.space === 'none' ? next.space : current.space };
}

function promoteTuple(current: TupleType, next: TupleType): Type | undefined {
  const elements = promoteAll(current.elements, next.elements);
  return elements && { kind: 'tuple', elements };
}

/** The order of the fields stays the one seen first. */
function promoteRecord(current: RecordType, next: RecordType): Type | undefined {
  const types = promoteAll(
    current.fields.map((field) => field.type),
    current.fields.map((field) => next.fields.find((other) => other.name === field.name)?.type ?? field.type),
  );
  return (
    types && {
      kind: 'record',
      fields: current.fields.map((field, index) => ({ name: field.name, type: types[index] ?? field.type })),
    }
  );
}

function promoteAll(current: readonly Type[], next: readonly Type[]): Type[] | undefined {
  const promoted: Type[] = [];
  for (const [index, type] of current.entries()) {
    const other = next[index];
    const both = other && promote(type, other);
    if (!both) return undefined;
    promoted.push(both);
  }
  return promoted;
}

/** Whether every value of the type is a value of the place, without losing anything. */
export function fitsInto(type: Type, place: Type): boolean {
  if (!compatible(type, place)) return false;
  const from = asIntType(type);
  const into = asIntType(place);
  if (from && into) {
    if (from.signed === into.signed || isFlexible(from)) return from.size <= into.size;
    return !from.signed && from.size < into.size;
  }
  if (type.kind === 'string' && place.kind === 'string') return type.size <= place.size;
  if (type.kind === 'buffer' && place.kind === 'buffer') return type.capacity <= place.capacity;
  if (type.kind === 'tuple' && place.kind === 'tuple') {
    return type.elements.every((element, index) => fitsInto(element, place.elements[index] as Type));
  }
  if (type.kind === 'record' && place.kind === 'record') {
    return type.fields.every((field) => {
      const other = place.fields.find((candidate) => candidate.name === field.name);
      return other !== undefined && fitsInto(field.type, other.type);
    });
  }
  if (type.kind === 'pointer' && place.kind === 'pointer') return sameType(type.to, place.to);
  return sameType(type, place);
}
