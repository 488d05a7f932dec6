import { isScalar, type StructTable, sizeOf, type Type } from '../../types/index.ts';
import type { Place } from '../builtins/index.ts';
import type { FuncBuilder, MemorySize, ValueId } from '../ir/index.ts';

/**
 * Whether values of a type are IR values. Such a value is always extended to 64 bits as its type says: sign for signed integers and
 * enums, zeros for all others. Everything else is handled by address.
 */
export function isByValue(type: Type): boolean {
  return isScalar(type) || type.kind === 'timestamp' || type.kind === 'cgroupPath';
}

/** Bytes of a by-value type where it is stored. */
export function storedSize(type: Type, structs: StructTable): MemorySize {
  const size = sizeOf(type, structs);
  return size === 1 || size === 2 || size === 4 ? size : 8;
}

export function isSigned(type: Type): boolean {
  return (type.kind === 'int' || type.kind === 'enum') && type.signed;
}

export function loadValue(b: FuncBuilder, place: Place, type: Type, structs: StructTable): ValueId {
  return b.load(storedSize(type, structs), place.base, place.off, isSigned(type));
}

export function storeValue(
  b: FuncBuilder,
  place: Place,
  type: Type,
  value: ValueId,
  structs: StructTable,
): void {
  b.store(storedSize(type, structs), place.base, value, place.off);
}

/** Brings the low bytes of a value into the 64-bit form of `type`. */
export function extend(b: FuncBuilder, value: ValueId, size: MemorySize, signed: boolean): ValueId {
  switch (size) {
    case 1:
      return b.unary(signed ? 'sext8' : 'zext8', value);
    case 2:
      return b.unary(signed ? 'sext16' : 'zext16', value);
    case 4:
      return b.unary(signed ? 'sext32' : 'zext32', value);
    case 8:
      return value;
  }
}
