import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Arch } from '../../program/index.ts';
import type { ArgSource } from '../typed/index.ts';
import { parseUsdtArguments } from './usdt-arguments.ts';

const symbols: Readonly<Record<string, bigint>> = { counter: 0x5000n, '.LC0': 0x6000n };

function parse(text: string, arch: Arch) {
  return parseUsdtArguments(text, arch, { location: 0x1000n, symbol: (name) => symbols[name] });
}

function sources(text: string, arch: Arch): (ArgSource | string)[] {
  return parse(text, arch).map((argument) =>
    argument.kind === 'source' ? argument.source : argument.reason,
  );
}

function part(register: string, size: 1 | 2 | 4 | 8, signed = false, byte = 0): ArgSource {
  return { kind: 'register-part', register, byte, size, signed };
}

function memory(
  address: Partial<Extract<ArgSource, { kind: 'user-memory' }>['address']>,
  size: 1 | 2 | 4 | 8,
  signed = false,
): ArgSource {
  return { kind: 'user-memory', address: { offset: 0n, bits: 64, ...address }, size, signed };
}

const x86: readonly (readonly [string, ArgSource])[] = [
  ['8@%rdi', part('di', 8)],
  ['-4@%eax', part('ax', 4, true)],
  ['2@%r9w', part('r9', 2)],
  ['1@%r15b', part('r15', 1)],
  ['-1@%sil', part('si', 1, true)],
  ['1@%ah', part('ax', 1, false, 1)],
  // A register may be narrower than the value that is said to be in it.
  ['8@%ecx', part('cx', 4)],
  ['%rdx', part('dx', 8)],
  ['8@$-1', { kind: 'constant', value: 0xffff_ffff_ffff_ffffn }],
  ['4@$-202182160', { kind: 'constant', value: 4092785136n }],
  ['-1@$240', { kind: 'constant', value: 0xffff_ffff_ffff_fff0n }],
  ['8@$0x10', { kind: 'constant', value: 16n }],
  ['8@(%rax)', memory({ base: 'ax' }, 8)],
  ['-4@-72(%rbp)', memory({ base: 'bp', offset: -72n }, 4, true)],
  ['-4@-12(%ebp)', memory({ base: 'bp', offset: -12n, bits: 32 }, 4, true)],
  [
    '8@-80(%rbp,%rax,8)',
    memory({ base: 'bp', offset: -80n, index: { register: 'ax', bits: 64, signed: false, scale: 8 } }, 8),
  ],
  ['1@(%rbx,%r12)', memory({ base: 'bx', index: { register: 'r12', bits: 64, signed: false, scale: 1 } }, 1)],
  [
    '4@0x40(,%rcx,4)',
    memory({ offset: 64n, index: { register: 'cx', bits: 64, signed: false, scale: 4 } }, 4),
  ],
  // A variable is as far from the probe in memory as it is in the file.
  ['8@counter(%rip)', memory({ base: 'ip', offset: 0x4000n }, 8)],
  ['-4@counter+8(%rip)', memory({ base: 'ip', offset: 0x4008n }, 4, true)],
  ['-4@4+counter(%rip)', memory({ base: 'ip', offset: 0x4004n }, 4, true)],
  ['8@.LC0-16', memory({ base: 'ip', offset: 0x4ff0n }, 8)],
];

const arm64: readonly (readonly [string, ArgSource])[] = [
  ['8@x0', part('r0', 8)],
  ['-4@w30', part('r30', 4, true)],
  ['8@sp', part('sp', 8)],
  ['-4@0', { kind: 'constant', value: 0n }],
  ['-8@-579005069656919568', { kind: 'constant', value: BigInt.asUintN(64, -579005069656919568n) }],
  ['4@#12', { kind: 'constant', value: 12n }],
  ['8@xzr', { kind: 'constant', value: 0n }],
  ['8@[x1]', memory({ base: 'r1' }, 8)],
  ['-4@[sp, 60]', memory({ base: 'sp', offset: 60n }, 4, true)],
  ['-4@[x29,#-8]', memory({ base: 'r29', offset: -8n }, 4, true)],
  ['8@[x0, x1]', memory({ base: 'r0', index: { register: 'r1', bits: 64, signed: false, scale: 1 } }, 8)],
  [
    '8@[x0, x1, lsl 3]',
    memory({ base: 'r0', index: { register: 'r1', bits: 64, signed: false, scale: 8 } }, 8),
  ],
  [
    '4@[x0, w2, sxtw 2]',
    memory({ base: 'r0', index: { register: 'r2', bits: 32, signed: true, scale: 4 } }, 4),
  ],
  [
    '4@[x0, w2, uxtw]',
    memory({ base: 'r0', index: { register: 'r2', bits: 32, signed: false, scale: 1 } }, 4),
  ],
];

const tables: readonly (readonly [Arch, typeof x86])[] = [
  ['x86_64', x86],
  ['aarch64', arm64],
];

for (const [arch, rows] of tables) {
  test(`operands of ${arch}`, () => {
    for (const [text, expected] of rows) assert.deepEqual(sources(text, arch), [expected], text);
    const all = rows.map(([text]) => text).join(' ');
    assert.deepEqual(
      sources(all, arch),
      rows.map(([, expected]) => expected),
    );
  });
}

test('what cannot be read says why', () => {
  const rows: readonly (readonly [Arch, string, RegExp])[] = [
    ['x86_64', '8f@%xmm0', /^'8f@%xmm0' is a floating-point number$/],
    ['x86_64', '8@%xmm0', /^'8@%xmm0' is in %xmm0, which a probe does not get to see$/],
    ['x86_64', '8@%fs:16', /lies in a segment/],
    ['x86_64', '8@missing(%rip)', /names 'missing', which is not in the binary's symbol table/],
    ['x86_64', '8@table@GOTPCREL(%rip)', /found through a table of the linker/],
    ['x86_64', '8@4(%al)', /not understood/],
    ['x86_64', '8@4(%rax,%rbx,3)', /not understood/],
    ['x86_64', '8@()', /not understood/],
    ['x86_64', '8@$counter', /not understood/],
    ['aarch64', '8@d0', /is in d0, which a probe does not get to see/],
    ['aarch64', '8@[w0]', /not understood/],
    ['aarch64', '8@[x0, 8, lsl 3]', /not understood/],
  ];
  for (const [arch, text, pattern] of rows) {
    const [source] = sources(text, arch);
    assert.match(String(source), pattern, text);
  }
});

test('no arguments', () => {
  assert.deepEqual(sources('', 'x86_64'), []);
  assert.deepEqual(sources('  ', 'aarch64'), []);
});

test('any text is taken apart without failing', () => {
  const piece = fc.constantFrom(
    '8@',
    '-4@',
    '%rax',
    '$',
    '(',
    ')',
    ',',
    '[',
    ']',
    ' ',
    'x0',
    '12',
    'counter',
    '+',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.constantFrom<Arch>('x86_64', 'aarch64'),
      (words, arch) => {
        assert.ok(Array.isArray(parse(words.join(''), arch)));
      },
    ),
    { seed: 1, numRuns: 500 },
  );
});
