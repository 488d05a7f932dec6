import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Argument, ReportRun } from '../../tests/support/report-run.ts';
import { string } from '../../tests/support/types-in-short.ts';
import {
  bool,
  type IntSize,
  int8,
  int16,
  int32,
  int64,
  intType,
  uint8,
  uint32,
  uint64,
} from '../types/index.ts';

function show(format: string, ...args: readonly Argument[]): string {
  return new ReportRun().printf(format, ...args).stdout;
}

const cases: readonly (readonly [format: string, args: readonly Argument[], expected: string])[] = [
  ['no argument %%\n', [], 'no argument %\n'],
  [
    '%d %d',
    [
      [int8, -1],
      [uint8, 255],
    ],
    '-1 255',
  ],
  ['%d', [[uint32, 0xffffffff]], '-1'],
  ['%u', [[int32, -1]], '4294967295'],
  [
    '%u %lu',
    [
      [int8, -1],
      [int8, -1],
    ],
    '4294967295 18446744073709551615',
  ],
  [
    '%ld %ld',
    [
      [uint64, -1n],
      [uint32, 0xffffffff],
    ],
    '-1 4294967295',
  ],
  [
    '%lld %ju %zx %td',
    [
      [int64, -5],
      [uint64, -1n],
      [uint8, 255],
      [int16, -2],
    ],
    '-5 18446744073709551615 ff -2',
  ],
  [
    '%hd %hhd %hu',
    [
      [uint32, 0x18000],
      [uint32, 0x1ff],
      [int32, -1],
    ],
    '-32768 -1 65535',
  ],
  [
    '%x %X %o',
    [
      [int32, -1],
      [uint8, 171],
      [uint8, 8],
    ],
    'ffffffff AB 10',
  ],
  [
    '%#x %#X %#o %#x',
    [
      [uint8, 255],
      [uint8, 255],
      [uint8, 8],
      [uint8, 0],
    ],
    '0xff 0XFF 010 0',
  ],
  [
    '[%6d][%-6d][%06d][%6x]',
    [
      [int8, -5],
      [int8, -5],
      [int8, -5],
      [uint8, 255],
    ],
    '[    -5][-5    ][-00005][    ff]',
  ],
  [
    '[%+d][%+d][%+06d][%#06x]',
    [
      [int8, 0],
      [int8, -1],
      [uint8, 42],
      [uint8, 42],
    ],
    '[+0][-1][+00042][0x002a]',
  ],
  [
    '[%05s][%-5s][%5s]',
    [
      [string(3), 'ab'],
      [string(3), 'ab'],
      [uint8, 7],
    ],
    '[000ab][ab   ][    7]',
  ],
  [
    '[%5c][%c]',
    [
      [uint8, 65],
      [uint32, 0x141],
    ],
    '[    A][A]',
  ],
  [
    '%5p|%p',
    [
      [uint64, 0],
      [int64, -1],
    ],
    '    0|0xffffffffffffffff',
  ],
  [
    '%5s|%-6s|%s',
    [
      [bool, true],
      [bool, false],
      [{ kind: 'none' }, 0],
    ],
    ' true|false |null',
  ],
  // The width is that of the opening bracket.
  ['%9s|', [[{ kind: 'tuple', elements: [uint8, uint8] }, [1, 2]]], '        (1, 2)|'],
  ['%-9s|', [[{ kind: 'tuple', elements: [uint8, uint8] }, [1, 2]]], '(        1, 2)|'],
  ['%5s|', [[{ kind: 'array', of: uint8, length: 2 }, [1, 2]]], '    [1,2]|'],
  [
    '%r|%rh|%rx|%s',
    Array.from({ length: 4 }, (): Argument => [{ kind: 'buffer', capacity: 3 }, 'a\x00~']),
    'a\\x00~|61 00 7e|\\x61\\x00\\x7e|a\\x00~',
  ],
  ['%rh.', [[{ kind: 'buffer', capacity: 3 }, '']], '.'],
  ['%s', [[string(4), 'abcd']], 'abcd..'],
  ['\xff%s', [[string(4), '\xfe\x80']], '\xff\xfe\x80'],
  ['%d', [[{ kind: 'mac' }, new Uint8Array(6)]], '!{invalid integer conversion: 00:00:00:00:00:00}'],
  [
    '%gr %gr %gr %gr',
    [
      [uint32, 0],
      [uint32, 0x40cc0],
      [uint32, 0xcc0 | 0x400000],
      [uint64, 1n << 40n],
    ],
    '0 GFP_KERNEL|__GFP_COMP GFP_KERNEL_ACCOUNT 0x10000000000',
  ],
  [
    '%gr %gr',
    [
      [uint32, 0x820],
      [uint32, 0x208],
    ],
    'GFP_ATOMIC 0x208',
  ],
];

for (const [format, args, expected] of cases) {
  test(`printf ${JSON.stringify(format)} -> ${JSON.stringify(expected)}`, () => {
    assert.equal(show(format, ...args), expected);
  });
}

test('decimal conversions of every width agree with bigint arithmetic', () => {
  const sizes: readonly IntSize[] = [1, 2, 4, 8];
  fc.assert(
    fc.property(
      fc.constantFrom(...sizes),
      fc.boolean(),
      fc.bigInt(0n, (1n << 64n) - 1n),
      (size, signed, raw) => {
        const width = size * 8;
        const value = signed ? BigInt.asIntN(width, raw) : BigInt.asUintN(width, raw);
        const arg: Argument = [intType(size, signed), value];
        const expected = [
          value,
          BigInt.asIntN(32, value),
          BigInt.asUintN(32, value),
          BigInt.asIntN(64, value),
          BigInt.asUintN(64, value),
        ];
        assert.equal(show('%s %d %u %ld %lu', arg, arg, arg, arg, arg), expected.join(' '));
      },
    ),
    { seed: 3 },
  );
});

test('widths pad to at least that many bytes and change nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), fc.integer({ min: 1, max: 40 }), (raw, width) => {
      const text = raw.replaceAll('\0', '');
      const arg: Argument = [string(text.length + 1), text];
      assert.equal(show(`%${width}s`, arg), text.padStart(width));
      assert.equal(show(`%-${width}s`, arg), text.padEnd(width));
    }),
    { seed: 5 },
  );
});
