/**
 * In which order a map's keys are printed.
 *
 * Integers compare as signed numbers whatever their type, strings byte by byte, tuples field by field. Where upstream leaves the order open
 * (other key types, and tuples equal in their integers and strings) keys are still ordered, so that equal maps print equally.
 */

import { layoutOf, type StructTable, type Type } from '../types/index.ts';
import { readI64, readInteger, readU64 } from './integers.ts';

/** Negative, 0, positive: as sort() wants it. Both keys are whole. */
export type KeyComparator = (a: Uint8Array, b: Uint8Array) => number;

export function keyComparator(type: Type, table: StructTable): KeyComparator {
  const ruled = ruledComparator(type, table, 0);
  return ruled ? (a, b) => ruled(a, b) || compareBytes(a, b, 0, a.length) : openComparator(type);
}

/** The order upstream defines; undefined for types that it leaves as they come. */
function ruledComparator(type: Type, table: StructTable, offset: number): KeyComparator | undefined {
  switch (type.kind) {
    case 'int':
    case 'enum': {
      const { size } = type;
      if (size === 8) return (a, b) => sign(readI64(a, offset), readI64(b, offset));
      return (a, b) => Number(readInteger(a, offset, size, true) - readInteger(b, offset, size, true));
    }
    case 'string': {
      const { size } = type;
      return (a, b) => compareBytes(a, b, offset, size);
    }
    case 'tuple': {
      const { offsets } = layoutOf(type, table);
      const fields = type.elements.flatMap((element, index) => {
        // Only the tuple's own integers and strings count, not those of a tuple in it.
        if (element.kind === 'tuple') return [];
        const comparator = ruledComparator(element, table, offset + offsets[index]!);
        return comparator ? [comparator] : [];
      });
      return (a, b) => {
        for (const compare of fields) {
          const order = compare(a, b);
          if (order !== 0) return order;
        }
        return 0;
      };
    }
    default:
      return undefined;
  }
}

function openComparator(type: Type): KeyComparator {
  switch (type.kind) {
    case 'pointer':
    case 'ksym':
    case 'usym':
    case 'username':
    case 'timestamp':
    case 'cgroupPath':
      return (a, b) => sign(readU64(a, 0), readU64(b, 0)) || compareBytes(a, b, 8, a.length - 8);
    default:
      return (a, b) => compareBytes(a, b, 0, a.length);
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array, offset: number, length: number): number {
  for (let index = offset; index < offset + length; index++) {
    const difference = a[index]! - b[index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function sign(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
