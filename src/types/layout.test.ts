import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { string, tuple } from '../../tests/support/types-in-short.ts';
import { alignOf, layoutElements, layoutOf, sizeOf } from './layout.ts';
import { findField, type StructField, type StructTableData, structTableFrom } from './struct-table.ts';
import { bool, int8, int16, int32, int64, pointerTo, type Type, uint8, uint64, voidType } from './type.ts';

const types: StructTableData = {
  structs: {
    'struct outer': {
      name: 'struct outer',
      union: false,
      size: 24,
      align: 8,
      fields: [
        { name: 'a', type: int32, offset: 0 },
        { name: '', type: { kind: 'struct', name: 'union inner' }, offset: 8 },
        { name: 'named', type: { kind: 'struct', name: 'union inner' }, offset: 16 },
      ],
    },
    'union inner': {
      name: 'union inner',
      union: true,
      size: 8,
      align: 8,
      fields: [
        { name: 'b', type: int64, offset: 0 },
        { name: 'c', type: int16, offset: 2, bitfield: { shift: 3, width: 5 } },
      ],
    },
  },
  enums: {},
};
const table = structTableFrom(types);

const sizes: readonly (readonly [name: string, type: Type, size: number, align: number])[] = [
  ['none', { kind: 'none' }, 0, 1],
  ['bool', bool, 1, 1],
  ['int16', int16, 2, 2],
  ['enum', { kind: 'enum', name: 'e', size: 4, signed: false }, 4, 4],
  ['string[5]', string(5), 5, 1],
  ['buffer[3]', { kind: 'buffer', capacity: 3 }, 7, 4],
  ['pointer', pointerTo(voidType, 'user'), 8, 8],
  ['int32[3]', { kind: 'array', of: int32, length: 3 }, 12, 4],
  ['int8[]', { kind: 'array', of: int8, length: 0 }, 0, 1],
  ['struct', { kind: 'struct', name: 'struct outer' }, 24, 8],
  ['unknown struct', { kind: 'struct', name: 'struct nowhere' }, 0, 1],
  ['(int8,string[2])', tuple(int8, string(2)), 3, 1],
  ['(int8,int64,int8)', tuple(int8, int64, int8), 24, 8],
  ['nested tuple', tuple(int8, tuple(int16, int8)), 6, 2],
  [
    'record',
    {
      kind: 'record',
      fields: [
        { name: 'x', type: int8 },
        { name: 'y', type: int32 },
      ],
    },
    8,
    4,
  ],
  ['mac', { kind: 'mac' }, 6, 1],
  ['inet', { kind: 'inet' }, 24, 8],
  ['usym', { kind: 'usym' }, 16, 8],
  ['kstack', { kind: 'kstack', mode: 'bpftrace', limit: 127 }, 8 + 127 * 8, 8],
  ['ustack', { kind: 'ustack', mode: 'perf', limit: 3 }, 16 + 3 * 8, 8],
  ['ustack of build ids', { kind: 'ustack', mode: 'build_id', limit: 3 }, 16 + 3 * 32, 8],
  ['count', { kind: 'count' }, 8, 8],
  ['min', { kind: 'min', signed: true }, 16, 8],
  ['stats', { kind: 'stats', signed: false }, 16, 8],
  ['tseries', { kind: 'tseries', intervalNs: 1n, slots: 1, signed: true }, 24, 8],
];

for (const [name, type, size, align] of sizes) {
  test(`${name} takes ${size} bytes, aligned to ${align}`, () => {
    assert.equal(sizeOf(type, table), size);
    assert.equal(alignOf(type, table), align);
  });
}

test('elements lie as in a C struct', () => {
  const shape = { kind: 'tuple', elements: [uint8, uint64, string(3), int16] } as const;
  assert.deepEqual(layoutOf(shape, table), { offsets: [0, 8, 16, 20], size: 24, align: 8 });
  assert.deepEqual(layoutElements([], table), { offsets: [], size: 0, align: 1 });
});

test('elements never overlap, are aligned, and fit', () => {
  const scalar = fc.constantFrom<Type>(
    int8,
    int16,
    int32,
    int64,
    string(3),
    { kind: 'mac' },
    { kind: 'inet' },
  );
  fc.assert(
    fc.property(fc.array(scalar, { maxLength: 8 }), (elements) => {
      const layout = layoutElements(elements, table);
      let end = 0;
      for (const [index, element] of elements.entries()) {
        const offset = layout.offsets[index]!;
        assert.ok(offset >= end);
        assert.equal(offset % alignOf(element, table), 0);
        end = offset + sizeOf(element, table);
      }
      assert.ok(layout.size >= end && layout.size < end + layout.align);
      assert.equal(layout.size % layout.align, 0);
    }),
    { seed: 10 },
  );
});

test('fields are found through anonymous members', () => {
  const outer = table.struct('struct outer')!;
  const place = (name: string): Partial<StructField> | undefined => findField(table, outer, name);
  assert.equal(place('a')?.offset, 0);
  assert.equal(place('b')?.offset, 8);
  assert.equal(place('c')?.offset, 10);
  assert.deepEqual(place('c')?.bitfield, { shift: 3, width: 5 });
  assert.equal(place('named')?.offset, 16);
  assert.equal(place('missing'), undefined);
});
