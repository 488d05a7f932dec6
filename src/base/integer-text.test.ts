import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSigned, readUnsigned } from './integer-text.ts';

test('spellings of integers', () => {
  const rows: [string, bigint][] = [
    ['0', 0n],
    ['42', 42n],
    ['1_000', 1000n],
    ['0x1F', 31n],
    ['0b101', 5n],
    ['017', 15n],
    ['5e3', 5000n],
    ['2ms', 2_000_000n],
    ['1h', 3_600_000_000_000n],
    ['7ull', 7n],
    ['18446744073709551615', 18446744073709551615n],
  ];
  for (const [text, value] of rows) assert.deepEqual(readUnsigned(text), { kind: 'integer', value }, text);
  assert.deepEqual(readSigned('-9223372036854775808'), { kind: 'integer', value: -9223372036854775808n });
  assert.deepEqual(readSigned(''), { kind: 'integer', value: 0n });
});

test('what is no integer', () => {
  const rows: [string, string][] = [
    ['abc', 'invalid integer'],
    ['', 'invalid integer'],
    ['12x', 'invalid trailing bytes'],
    ['08', 'invalid trailing bytes'],
    ['12e3', 'coefficient part of scientific literal must be 1-9'],
    ['1toString', 'invalid trailing bytes'],
  ];
  for (const [text, reason] of rows)
    assert.deepEqual(readUnsigned(text), { kind: 'malformed', reason }, text);
  assert.equal(readUnsigned('18446744073709551616').kind, 'overflow');
  assert.equal(readUnsigned('5000000000u').kind, 'overflow');
  assert.equal(readUnsigned('9e999').kind, 'overflow');
  assert.equal(readSigned('-9223372036854775809').kind, 'overflow');
});
