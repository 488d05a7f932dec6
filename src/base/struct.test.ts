import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, at, bytes, chars, OutOfBytesError, struct, u8, u16, u32, u64 } from './index.ts';

test('fields are placed as C places them', () => {
  const layout = struct('sample', { a: u8, b: u32, c: u16, d: u64 });
  assert.deepEqual(layout.offsets, { a: 0, b: 4, c: 8, d: 16 });
  assert.equal(layout.size, 24);
});

test('decode is the inverse of encode', () => {
  const inner = struct('inner', { x: u16, y: u16 });
  const layout = struct('outer', {
    kind: u8,
    inner,
    name: chars(16),
    raw: bytes(3),
    list: array(u16, 2),
    last: u64,
  });
  const value = {
    kind: 7,
    inner: { x: 1, y: 0xffff },
    name: 'tetrace',
    raw: new Uint8Array([1, 2, 3]),
    list: [4, 5],
    last: 0xffff_ffff_ffff_fffen,
  };
  assert.deepEqual(layout.decode(layout.encode(value)), value);
});

test('a union is written with at(), and absent fields are zero', () => {
  const attr = struct('attr', { tag: u32, left: at(8, u64), right: at(8, u32) }, { size: 32 });
  const encoded = attr.encode({ right: 0x01020304 });
  assert.equal(encoded.length, 32);
  assert.deepEqual([...encoded.subarray(8, 12)], [4, 3, 2, 1]);
  assert.equal(encoded[0], 0);
});

test('names are cut so that a NUL remains, and short input is an error', () => {
  const layout = struct('named', { name: chars(4) });
  assert.equal(layout.decode(layout.encode({ name: 'abcdef' })).name, 'abc');
  assert.throws(() => layout.decode(new Uint8Array(3)), OutOfBytesError);
});
