import { layoutOf, type RecordType, sizeOf, type TupleType } from '../../types/index.ts';
import { type Place, placeAfter, zeroPlace } from '../builtins/index.ts';
import type { FuncContext } from './func-context.ts';

/** Clears the bytes between and behind the elements of a tuple or record, so that equal values have equal bytes. */
export function zeroGaps(f: FuncContext, type: TupleType | RecordType, to: Place): void {
  const { structs } = f.prog.program;
  const types = type.kind === 'tuple' ? type.elements : type.fields.map((field) => field.type);
  const { offsets, size } = layoutOf(type, structs);
  let end = 0;
  [...offsets, size].forEach((offset, index) => {
    if (offset > end) zeroPlace(f.b, placeAfter(to, end), offset - end);
    const element = types[index];
    end = offset + (element === undefined ? 0 : sizeOf(element, structs));
  });
}
