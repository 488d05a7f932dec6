/** Types of values, written as tests of layouts and of output want to: in a word. */
import { pointerTo, type StructTableData, type Type, voidType } from '../../src/types/index.ts';

export const string = (size: number): Type => ({ kind: 'string', size });
export const buffer = (capacity: number): Type => ({ kind: 'buffer', capacity });
export const tuple = (...elements: Type[]): Type => ({ kind: 'tuple', elements });
export const array = (of: Type, length: number): Type => ({ kind: 'array', of, length });
export const pointer: Type = pointerTo(voidType, 'kernel');
export const stats: Type = { kind: 'stats', signed: true };
export const avg: Type = { kind: 'avg', signed: true };
export const hist = (bits = 0): Type => ({ kind: 'hist', bits });
export const lhist = (min: bigint, max: bigint, step: bigint): Type => ({ kind: 'lhist', min, max, step });

/** `enum C { R, G = 7 }`, which is in `smallEnumTypes`. */
export const smallEnum: Type = { kind: 'enum', name: 'C', size: 4, signed: false };
export const smallEnumTypes: StructTableData = {
  structs: {},
  enums: {
    C: {
      name: 'C',
      size: 4,
      signed: false,
      values: [
        { name: 'R', value: 0n },
        { name: 'G', value: 7n },
      ],
    },
  },
};
