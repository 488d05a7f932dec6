import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimalQuotient } from './decimal.ts';

test('decimal numbers', () => {
  const rows: readonly (readonly [bigint, bigint, number, string])[] = [
    [5n, 2n, 2, '2.50'],
    [1n, 3n, 6, '0.333333'],
    [2n, 3n, 3, '0.667'],
    [-1n, 8n, 2, '-0.13'],
    [-1n, 1000n, 1, '0.0'],
    [7n, -2n, 0, '-4'],
    [123456789n, 1000000n, 3, '123.457'],
    [5n, 0n, 2, 'inf'],
    [-5n, 0n, 2, '-inf'],
    [0n, 0n, 2, 'nan'],
  ];
  for (const [value, divisor, digits, text] of rows) {
    assert.equal(decimalQuotient(value, divisor, digits), text);
  }
});

test('no more than half of the last digit is lost', () => {
  const number = fc.bigInt({ min: -(1n << 64n), max: 1n << 64n });
  fc.assert(
    fc.property(number, number, fc.integer({ min: 0, max: 18 }), (value, divisor, digits) => {
      fc.pre(divisor !== 0n);
      const shown = BigInt(decimalQuotient(value, divisor, digits).replace('.', ''));
      const off = 2n * (shown * divisor - value * 10n ** BigInt(digits));
      assert.ok((off < 0n ? -off : off) <= (divisor < 0n ? -divisor : divisor));
    }),
    { seed: 5 },
  );
});
