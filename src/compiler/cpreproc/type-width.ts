/** Sizes and signs of the types that have them without a layout, along typedefs. */
import { ENUM_BITS } from './bit-fields.ts';
import type { CCursor } from './c-cursor.ts';
import type { CType } from './c-declaration.ts';
import { CProblem } from './c-diagnostics.ts';

/** Kernel and C99 names of fixed-width integers, as constants use them. */
const fixedWidth = /^(?:__)?([us])(8|16|32|64)$|^(u?)int(8|16|32|64)_t$/;

/** Whether a word names an integer of fixed width, such as `u32` or `uint32_t`. */
export function isFixedWidth(word: string): boolean {
  return fixedWidth.test(word);
}

/**
 * In bytes.
 *
 * @throws CProblem for a type whose size depends on a layout
 */
export function sizeOf(c: CCursor, type: CType): number {
  switch (type.kind) {
    case 'c-int':
    case 'c-float':
      return type.bytes;
    case 'c-bool':
      return 1;
    case 'c-pointer':
      return 8;
    case 'c-array':
      if (type.count === undefined) break;
      return type.count * sizeOf(c, type.element);
    case 'c-tag':
      if (type.tag === 'enum') return ENUM_BITS / 8;
      break;
    case 'c-name': {
      const [, , bits, , cBits] = fixedWidth.exec(type.name) ?? [];
      const width = bits ?? cBits;
      if (width !== undefined) return Number(width) / 8;
      const target = c.found.typedefs.get(type.name);
      if (target !== undefined) return c.within(() => sizeOf(c, target));
      break;
    }
    case 'c-void':
    case 'c-inline':
    case 'c-function':
      break;
  }
  throw new CProblem('sizeof of this type is not supported in a constant');
}

/** Bits of a type that bit-fields can have; undefined when only BTF knows it, 0 for any other type. */
export function bitsOf(c: CCursor, type: CType): number | undefined {
  switch (type.kind) {
    case 'c-bool':
      return 1;
    case 'c-int':
      return type.bytes * 8;
    case 'c-tag':
      return type.tag === 'enum' ? ENUM_BITS : 0;
    case 'c-inline':
      return type.definition.kind === 'c-enum' ? ENUM_BITS : 0;
    case 'c-name': {
      const target = c.found.typedefs.get(type.name);
      if (target !== undefined) return c.within(() => bitsOf(c, target));
      return isFixedWidth(type.name) ? sizeOf(c, type) * 8 : undefined;
    }
    default:
      return 0;
  }
}

/** False for what is no integer. */
export function isSigned(c: CCursor, type: CType): boolean {
  if (type.kind === 'c-int') return type.isSigned;
  if (type.kind !== 'c-name') return false;
  const [, sign, , unsigned] = fixedWidth.exec(type.name) ?? [];
  if (sign !== undefined || unsigned !== undefined) return sign === 's' || unsigned === '';
  const target = c.found.typedefs.get(type.name);
  return target !== undefined && c.within(() => isSigned(c, target));
}
