import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Conversion, formatArity, parseFormat } from './format.ts';

function conversion(arg: number, verb: Conversion['verb'], more: Partial<Conversion> = {}): Conversion {
  return { arg, verb, flags: '', length: '', ...more };
}

const cases: readonly [string, readonly (string | Conversion)[]][] = [
  ['', []],
  ['plain', ['plain']],
  ['%d', [conversion(0, 'd')]],
  ['a%sb%%c%x', ['a', conversion(0, 's'), 'b%c', conversion(1, 'x')]],
  ['%-+ #012.3lld|', [conversion(0, 'd', { flags: '-+ #0', width: 12, precision: 3, length: 'll' }), '|']],
  ['%5.s', ['%5.s']],
  ['%*d %.*s', [conversion(0, 'd'), ' ', conversion(1, 's')]],
  ['%r%rx%rh%gr', [conversion(0, 'r'), conversion(1, 'rx'), conversion(2, 'rh'), conversion(3, 'gr')]],
  ['%rxy', [conversion(0, 'rx'), 'y']],
  ['50% done', ['50', conversion(0, 'd', { flags: ' ' }), 'one']],
  ['lone %y', ['lone %y']],
  ['%0-5d', ['%0-5d']],
  ['end%', ['end%']],
  ['%5%!', ['%!']],
  ['%lhd', [conversion(0, 'd')]],
  ['\xff%c', ['\xff', conversion(0, 'c')]],
];

for (const [text, expected] of cases) {
  test(`format ${JSON.stringify(text)}`, () => assert.deepEqual(parseFormat(text), expected));
}

test('conversions of C that the language lacks are named', () => {
  for (const verb of ['e', 'g', 'a', 'n', 'E', 'F', 'G', 'A']) {
    assert.deepEqual(parseFormat(`x %${verb}`), { unsupported: verb });
  }
});

test('%f takes a number and what it is divided by', () => {
  const format = parseFormat('%.2f ms, %d');
  assert.deepEqual(format, [conversion(0, 'f', { precision: 2 }), ' ms, ', conversion(2, 'd')]);
  assert.equal(formatArity(format), 3);
});

test('arity counts conversions', () => {
  const format = parseFormat('%d %% %s');
  assert.ok(!('unsupported' in format));
  assert.equal(formatArity(format), 2);
});

test('widths and precisions have a limit', () => {
  for (const text of ['%65536d', '%.65536f', '%-99999999999s', '%99999999999999999999u'])
    assert.deepEqual(parseFormat(`x ${text}`), { unsupported: text });
  assert.deepEqual(parseFormat('%65535.99999s'), [conversion(0, 's', { width: 65_535, precision: 99_999 })]);
});

test('text without a percent sign is one literal', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const plain = text.replaceAll('%', '');
      assert.deepEqual(parseFormat(plain), plain === '' ? [] : [plain]);
    }),
    { seed: 1 },
  );
});
