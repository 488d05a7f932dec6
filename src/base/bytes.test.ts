import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asI64, asU64, BoundedCache, ByteReader, ByteWriter, OutOfBytesError } from './index.ts';

test('what a writer wrote, a reader reads', () => {
  const written = new ByteWriter(1)
    .u8(1)
    .i16(-2)
    .u32(0xffff_ffff)
    .i64(-5n)
    .cString('hé')
    .alignTo(8)
    .u64(9n)
    .finish();
  const reader = new ByteReader(written);
  assert.equal(reader.u8(), 1);
  assert.equal(reader.i16(), -2);
  assert.equal(reader.u32(), 0xffff_ffff);
  assert.equal(reader.i64(), -5n);
  assert.equal(reader.cString(), 'hé');
  reader.alignTo(8);
  assert.equal(reader.u64(), 9n);
  assert.equal(reader.remaining, 0);
});

test('a writer grows at any write', () => {
  const writer = new ByteWriter(1);
  for (let index = 0; index < 1000; index++) writer.u32(index);
  const reader = new ByteReader(writer.finish());
  for (let index = 0; index < 1000; index++) assert.equal(reader.u32(), index);
});

test('a read past the end throws and moves nothing', () => {
  const reader = new ByteReader(new Uint8Array(3));
  assert.throws(() => reader.u32(), OutOfBytesError);
  assert.equal(reader.offset, 0);
  assert.throws(() => reader.bytes(-1), OutOfBytesError);
  assert.throws(() => new ByteReader(new Uint8Array([65])).cString(), OutOfBytesError);
  assert.throws(() => new ByteReader(new Uint8Array(20).fill(0x80)).uleb128(), OutOfBytesError);
});

test('LEB128 numbers', () => {
  const rows: [number[], bigint, bigint][] = [
    [[0x02], 2n, 2n],
    [[0x7f], 127n, -1n],
    [[0x80, 0x01], 128n, 128n],
    [[0x80, 0x7f], 16256n, -128n],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 0xffff_ffff_ffff_ffffn, -1n],
  ];
  for (const [bytes, unsigned, signed] of rows) {
    assert.equal(new ByteReader(new Uint8Array(bytes)).uleb128(), unsigned);
    assert.equal(new ByteReader(new Uint8Array(bytes)).sleb128(), signed);
  }
});

test('wrapping keeps the low 64 bits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 70n), max: 1n << 70n }), (value) => {
      assert.equal(asU64(asI64(value)), asU64(value));
      assert.ok(asU64(value) >= 0n && asU64(value) < 1n << 64n);
    }),
    { seed: 1 },
  );
});

test('a bounded cache forgets the least recently used entry', () => {
  const cache = new BoundedCache<string, number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  assert.equal(cache.get('a'), 1);
  cache.set('c', 3);
  assert.equal(cache.get('b'), undefined);
  assert.equal(
    cache.getOrMake('a', () => 9),
    1,
  );
  assert.equal(cache.size, 2);
});
