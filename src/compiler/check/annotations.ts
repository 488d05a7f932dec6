/**
 * What inference knows about a type beyond the type itself, kept in symbol properties of the type object: comparing, spelling and
 * serialising types does not see it, copying a type with spread keeps it.
 *
 * - A *flexible* integer type comes from non-negative literals: its value means the same signed and unsigned, so it takes the sign of
 *   whatever it meets.
 * - The *space* of a type that is no pointer says which memory the value points to when it is used as an address (integers), or
 *   where the value lies (structs, arrays, strings), which is where pointers inside it lead.
 */
import type { AddressSpace, IntType, Type } from '../../types/index.ts';

const flexibleMark = Symbol('flexible');
const spaceMark = Symbol('space');

interface Marks {
  readonly [flexibleMark]?: true;
  readonly [spaceMark]?: AddressSpace;
}

function marksOf(type: Type): Marks {
  return type as Marks; // every object may have symbol properties; absent ones read as undefined
}

export function isFlexible(type: Type): boolean {
  return marksOf(type)[flexibleMark] === true;
}

/** The integer type of a literal that can take either sign. */
export function flexible(type: IntType): IntType {
  return { ...type, [flexibleMark]: true } as IntType;
}

/** Which memory a value of the type leads to; undefined: not known, so what is usual for the probe. */
export function spaceOf(type: Type): AddressSpace | undefined {
  if (type.kind === 'pointer') return type.space;
  return marksOf(type)[spaceMark];
}

/** The type, leading to the given memory. */
export function withSpace<T extends Type>(type: T, space: AddressSpace | undefined): T {
  if (space === undefined || spaceOf(type) === space) return type;
  if (type.kind === 'pointer') return { ...type, space };
  return { ...type, [spaceMark]: space } as T;
}

/** Equal for types that are equal with all that is known about them, element types included. */
export function annotatedKey(type: Type): string {
  const own = `${isFlexible(type) ? 'f' : ''}${marksOf(type)[spaceMark] ?? ''}`;
  switch (type.kind) {
    case 'tuple':
      return `(${type.elements.map(annotatedKey).join()})${own}`;
    case 'record':
      return `{${type.fields.map((field) => `${field.name}=${annotatedKey(field.type)}`).join()}}${own}`;
    case 'int':
      return `${type.signed ? 'i' : 'u'}${type.size}${own}`;
    default:
      return `${JSON.stringify(type, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}${own}`;
  }
}

/** Stands for the type of what cannot be typed: not yet, or not at all. Compare by identity. */
export const unknownType: Type = Object.freeze({ kind: 'none' });
