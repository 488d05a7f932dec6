import { layoutOf, sizeOf, type Type } from '../../types/index.ts';
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import type { MapIndex } from '../typed/index.ts';
import type { ProgContext } from './program-context.ts';
import { isByValue, storedSize, storeValue } from './values.ts';

/** A call passes five numbers; a store takes the value and the record of its failure along with the key. */
const MAX_KEY_NUMBERS = 3;

/** The types of the numbers a key consists of. */
export function keyTypes(key: Type): readonly Type[] | undefined {
  const types = key.kind === 'tuple' ? key.elements : [key];
  return types.length <= MAX_KEY_NUMBERS && types.every(isByValue) ? types : undefined;
}

/** Puts the parameters from `first` on into the bytes of a key. */
export function storeKey(b: FuncBuilder, prog: ProgContext, map: MapIndex, first: number): ValueId {
  const { structs, maps } = prog.program;
  const type = maps[map]!.key!;
  const bytes = sizeOf(type, structs);
  const place = b.temporary(Math.max(8, bytes));
  const types = keyTypes(type) ?? [];
  const offsets = type.kind === 'tuple' ? layoutOf(type, structs).offsets : [0];
  const used = types.reduce((sum, each) => sum + storedSize(each, structs), 0);
  if (used < bytes) b.zero(place, bytes, { off: 0, align: 8 });
  types.forEach((each, index) => {
    storeValue(b, { base: place, off: offsets[index] ?? 0, align: 1 }, each, b.param(first + index), structs);
  });
  return place;
}
