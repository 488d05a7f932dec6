import { updateFlags } from '../../bpf/index.ts';
import { layoutOf, sizeOf, type Type } from '../../types/index.ts';
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import type { MapIndex } from '../typed/index.ts';
import type { ProgContext } from './program-context.ts';
import { reportNumberSubprogram } from './records.ts';
import { helperResult } from './runtime-errors.ts';
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

/** The body of write(value, record, key): `record` reports that the map is full, where such reports are wanted. */
export function updateFromParams(
  b: FuncBuilder,
  prog: ProgContext,
  write: { readonly map: MapIndex; readonly bpfMap: number; readonly reports: boolean },
): void {
  const { structs, maps } = prog.program;
  const { value } = maps[write.map]!;
  const key = storeKey(b, prog, write.map, 2);
  const place = { base: b.temporary(8), off: 0, align: 8 } as const;
  storeValue(b, place, value, b.param(0), structs);
  const flags = b.const(updateFlags.BPF_ANY);
  const returned = b.call('map_update_elem', [b.mapFd(write.bpfMap), key, place.base, flags]);
  if (write.reports) {
    const result = helperResult(b, 'map_update_elem', returned);
    const failed = b.newBlock();
    const done = b.newBlock();
    b.branch(b.compare('slt', result, b.const(0)), failed, done, { cold: 'ifTrue' });
    b.enter(failed);
    b.callFunc(reportNumberSubprogram(prog), [b.param(1), result]);
    b.jump(done);
    b.enter(done);
  }
  b.return(b.const(0));
}
