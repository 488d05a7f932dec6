import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DwarfCursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';

test('LEB128 numbers, as bigints and as numbers', () => {
  const rows: [number[], bigint, bigint][] = [
    [[0x02], 2n, 2n],
    [[0x7f], 127n, -1n],
    [[0x80, 0x01], 128n, 128n],
    [[0x80, 0x7f], 16256n, -128n],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 0xffff_ffff_ffff_ffffn, -1n],
  ];
  for (const [bytes, unsigned, signed] of rows) {
    const cursor = () => new DwarfCursor(new Uint8Array(bytes), '.debug_info');
    assert.equal(cursor().bigUleb(), unsigned);
    assert.equal(cursor().bigSleb(), signed);
    assert.equal(cursor().uleb(), Number(unsigned));
    assert.equal(cursor().sleb(), Number(signed));
  }
});

test('a read past the end is an error, and so is a number of more than 64 bits', () => {
  const cursor = new DwarfCursor(new Uint8Array(3), '.debug_info');
  assert.throws(() => cursor.u32(), DwarfError);
  assert.equal(cursor.at, 0);
  assert.throws(() => cursor.view(-1), DwarfError);
  assert.throws(() => new DwarfCursor(new Uint8Array([65]), '.debug_str').text(), DwarfError);
  const endless = () => new DwarfCursor(new Uint8Array(20).fill(0x80), '.debug_info');
  assert.throws(() => endless().uleb(), DwarfError);
  assert.throws(() => endless().bigSleb(), DwarfError);
});
