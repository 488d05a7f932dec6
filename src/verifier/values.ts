import { covers, type Scalar } from './scalar.ts';

/** What a pointer points into. */
export type Place =
  | { readonly space: 'stack'; readonly frame: number }
  | { readonly space: 'ctx' }
  /** The map itself. */
  | { readonly space: 'map'; readonly map: number }
  | { readonly space: 'map-value' | 'map-key'; readonly map: number }
  /** Memory of a helper: a reserved record (`reference` names it, 0: none), the number of an iterator. */
  | {
      readonly space: 'memory';
      readonly size: number;
      readonly reference: number;
      readonly isRecord: boolean;
    }
  | { readonly space: 'func'; readonly insn: number };

export interface Pointer {
  readonly kind: 'pointer';
  readonly to: Place;
  /** The known part of the offset. */
  readonly off: bigint;
  /** The part that is a range; undefined when the offset is known. */
  readonly variable: Scalar | undefined;
  readonly orNull: boolean;
  /** Pointers with the same id are null or not null together. */
  readonly id: number;
}

/** What a register or a stack slot holds. */
export type Value =
  | Scalar
  | Pointer
  /** Never written, or lost in a call. */
  | { readonly kind: 'none' }
  /** A typed kernel pointer or what was read through one: nothing is said about it. */
  | { readonly kind: 'opaque' };

export const none: Value = { kind: 'none' };
export const opaque: Value = { kind: 'opaque' };

export function pointerTo(to: Place, off = 0n): Pointer {
  return { kind: 'pointer', to, off, variable: undefined, orNull: false, id: 0 };
}

function isSamePlace(a: Place, b: Place): boolean {
  if (a.space !== b.space) return false;
  switch (a.space) {
    case 'stack':
      return b.space === 'stack' && a.frame === b.frame;
    case 'ctx':
      return true;
    case 'map':
    case 'map-value':
    case 'map-key':
      return 'map' in b && a.map === b.map;
    case 'memory':
      return b.space === 'memory' && a.size === b.size && a.isRecord === b.isRecord;
    case 'func':
      return b.space === 'func' && a.insn === b.insn;
  }
}

/** Whether everything that may follow from `b` may follow from `a`. */
export function coversValue(a: Value, b: Value): boolean {
  if (a === b || a.kind === 'none') return true;
  if (a.kind === 'scalar') return b.kind === 'scalar' && covers(a, b);
  if (a.kind === 'opaque') return b.kind === 'opaque';
  if (b.kind !== 'pointer' || !isSamePlace(a.to, b.to) || a.orNull !== b.orNull || a.off !== b.off)
    return false;
  if (a.variable === undefined) return b.variable === undefined;
  return b.variable !== undefined && covers(a.variable, b.variable);
}

export function describeValue(value: Value): string {
  switch (value.kind) {
    case 'none':
      return 'nothing';
    case 'scalar':
      return 'a number';
    case 'opaque':
      return 'a kernel pointer';
    case 'pointer':
      return `${value.orNull ? 'a possibly null pointer to' : 'a pointer to'} ${placeNames[value.to.space]}`;
  }
}

const placeNames: Readonly<Record<Place['space'], string>> = {
  stack: 'the stack',
  ctx: 'the ctx',
  map: 'a map itself',
  'map-value': 'a map value',
  'map-key': 'a map key',
  memory: 'reserved memory',
  func: 'a function',
};

export function nameOfPlace(place: Place): string {
  return placeNames[place.space];
}
