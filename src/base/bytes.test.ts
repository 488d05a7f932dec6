import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asI64, asU64, BoundedCache, ByteWriter } from './index.ts';

test('a writer puts numbers little-endian, texts with their NUL, and grows at any write', () => {
  const written = new ByteWriter(1)
    .u8(1)
    .i16(-2)
    .u32(0xffff_fffe)
    .i64(-5n)
    .cString('hé')
    .alignTo(8)
    .u64(9n)
    .finish();
  const expected =
    '01' + 'feff' + 'feffffff' + 'fbffffffffffffff' + '68c3a900' + '0000000000' + '0900000000000000';
  assert.equal(Buffer.from(written).toString('hex'), expected);
  const writer = new ByteWriter(1);
  for (let index = 0; index < 1000; index++) writer.u32(index);
  const words = new Uint32Array(writer.finish().buffer);
  for (let index = 0; index < 1000; index++) assert.equal(words[index], index);
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
