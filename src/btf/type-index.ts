import { BtfError } from './error.ts';
import { btfKinds } from './kind.ts';
import type { BtfId } from './type.ts';

/** Words of a record by kind number, as flat arrays for the hot loop of the index: always (0: no kind of a record), and for each of its items. */
const fixedWords = new Int32Array(32);
const eachWords = new Int32Array(32);
for (const row of Object.values(btfKinds)) {
  if (row.number === 0) continue;
  fixedWords[row.number] = 3 + row.extra / 4;
  eachWords[row.number] = row.each / 4;
}

/**
 * Word offset of each record. A kernel has 100,000 and more, and at a start this loop runs in the interpreter: what it does per record is
 * as little as can be.
 *
 * @throws BtfError for an unknown kind or a record that runs past the end.
 */
export function indexTypes(words: Uint32Array, firstId: BtfId): Uint32Array {
  const end = words.length;
  const fixedByKind = fixedWords;
  const eachByKind = eachWords;
  // No record is shorter than three words.
  const offsets = new Uint32Array(Math.floor(end / 3) + 1);
  let count = 0;
  let at = 0;
  while (at < end) {
    const info = words[at + 1]!; // undefined in a record of one word, which makes it of kind 0
    const kind = (info >>> 24) & 0x1f;
    const fixed = fixedByKind[kind]!;
    if (fixed === 0) {
      const problem = at + 3 > end ? 'is cut off' : `has the unknown kind ${kind}`;
      throw new BtfError(`type ${firstId + count} ${problem}`);
    }
    offsets[count++] = at;
    at += fixed + eachByKind[kind]! * (info & 0xffff);
  }
  if (at !== end) throw new BtfError(`type ${firstId + count - 1} is cut off`);
  return offsets.subarray(0, count);
}

/** Where a value stands in an ascending array. */
export function indexIn(ascending: Uint32Array, value: number): number | undefined {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === value ? low : undefined;
}
