import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText } from '../../../tests/support/check-script.ts';
import { fakeKernel } from '../../../tests/support/fake-kernel.ts';
import { denseSlots } from './dense-bounds.ts';

/** Slots of @m; undefined: it stays a hash. */
const cases: readonly (readonly [script: string, slots: number | undefined])[] = [
  ['begin { @m[0] = 1; @m[6] = 2; }', 8],
  ['begin { @m[240] = 1; }', 248],
  [
    'begin { $i = 0; unroll(20) { unroll(12) { @m[$i] = 1; @m[$i + 240] = 1; $i++; } } $i--; print(@m[$i]); }',
    480,
  ],
  ['begin { for $i : 0..100 { @m[$i] = 1; } }', 104],
  // Keys from outside, text, several numbers, declared kinds, values that are not replaced in place: a hash.
  ['begin { @m[pid] = 1; @m[0] = 1; }', undefined],
  ['begin { $p = pid; @m[$p] = 1; }', undefined],
  ['begin { @m["a"] = 1; }', undefined],
  ['begin { @m[1, 2] = 1; }', undefined],
  ['begin { @m[1] = comm; }', undefined],
  ['begin { @m[1] = count(); }', undefined],
  ['let @m = lruhash(10); begin { @m[1] = 1; }', undefined],
  // Iterated maps are ones the kernel can walk.
  ['begin { @m[1] = 1; for $kv : @m { print($kv); } }', undefined],
  // A table never holds more than the map may.
  ['config = { max_map_keys = 2 } begin { @m[1] = 1; @m[5] = 1; }', undefined],
  ['begin { @m[100000] = 1; }', undefined],
];
for (const [script, slots] of cases) {
  test(script, () => {
    const { program, text } = checkText(script, { target: fakeKernel() });
    if (!program) throw new Error(text);
    const map = program.maps.findIndex(({ name }) => name === '@m');
    assert.equal(denseSlots(program).get(map), slots);
  });
}
