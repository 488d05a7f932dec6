import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spellType } from '../../types/index.ts';
import { readCSection } from '../cpreproc/index.ts';
import { createSource, parseScript } from '../language/index.ts';
import { TypeTable } from './type-table.ts';

function tableOf(definitions: string): TypeTable {
  const { script } = parseScript(createSource('stdin', `${definitions}\nbegin { }`));
  const section = readCSection({ chunks: script.cSection, include: () => ({ kind: 'nothing' }) });
  assert.deepEqual(section.diagnostics, []);
  return new TypeTable(() => [], section.declarations);
}

/** `name@offset:type`, bit-fields with their place. */
function layoutText(table: TypeTable, name: string): string {
  const layout = table.struct(name);
  assert.ok(layout, name);
  const fields = layout.fields.map((field) => {
    const bits = field.bitfield ? `~${field.bitfield.shift}/${field.bitfield.width}` : '';
    return `${field.name}@${field.offset}${bits}:${spellType(field.type)}`;
  });
  return `${fields.join(' ')} | size ${layout.size} align ${layout.align}`;
}

// The expected numbers are what gcc gives for x86-64.
const layouts: readonly [string, string, string][] = [
  ['padding', 'struct s { char a; int b; short c; };', 'a@0:int8 b@4:int32 c@8:int16 | size 12 align 4'],
  ['packed', 'struct s { char a; int b; } __attribute__((packed));', 'a@0:int8 b@1:int32 | size 5 align 1'],
  ['aligned', 'struct s { char a; } __attribute__((aligned(16)));', 'a@0:int8 | size 16 align 16'],
  [
    'bit-fields share a unit, and do not cross its end',
    'struct s { unsigned int a : 3; unsigned int b : 30; unsigned char c : 2; };',
    'a@0~0/3:uint32 b@4~0/30:uint32 c@7~6/2:uint8 | size 8 align 4',
  ],
  [
    'a bit-field of width 0 starts a unit',
    'struct s { int a : 3; int : 0; int b : 5; };',
    'a@0~0/3:int32 b@4~0/5:int32 | size 8 align 4',
  ],
  [
    'arrays and text',
    'struct s { char name[5]; int grid[2][3]; long tail[]; };',
    'name@0:string[5] grid@8:int32[3][2] tail@32:int64[0] | size 32 align 8',
  ],
  [
    'floating point has its place',
    'struct s { char a; double d; float f[2]; char z; };',
    'a@0:int8 d@8:none f@16:none[2] z@24:int8 | size 32 align 8',
  ],
  ['unions', 'union s { int a; char b[7]; };', 'a@0:int32 b@0:string[7] | size 8 align 4'],
  [
    'typedefs, pointers and other structs',
    'typedef unsigned long long big; struct in { char c; big b; }; struct s { struct in i; void *p; enum { X = 300 } e; };',
    'i@0:struct in p@16:void * e@24:uint32 | size 32 align 8',
  ],
];

for (const [what, definitions, expected] of layouts) {
  test(`layout: ${what}`, () => {
    const table = tableOf(definitions);
    assert.equal(layoutText(table, definitions.includes('union s') ? 'union s' : 'struct s'), expected);
  });
}

test('enumerators are found by name, those of enums without a name too', () => {
  const table = tableOf('enum color { RED, BLUE = 5 }; enum { LOOSE = -1 };');
  assert.deepEqual(table.enumerator('BLUE'), { enumName: 'color', value: 5n, signed: false });
  const loose = table.enumerator('LOOSE');
  assert.equal(loose?.value, -1n);
  // Values are shown by name, so an enum without one is found as well.
  assert.deepEqual(
    table.enum(loose.enumName)?.values.map(({ name }) => name),
    ['LOOSE'],
  );
  assert.equal(table.enum('color')?.size, 4);
});

test('a typedef of a struct without a name gives it one', () => {
  const table = tableOf('typedef struct { int x; } point; struct s { point p; };');
  assert.deepEqual(table.named('point', 'none'), { kind: 'struct', name: 'struct point' });
  assert.equal(layoutText(table, 'struct s'), 'p@0:struct point | size 4 align 4');
});

test('a struct that holds itself has no layout, and nothing hangs', () => {
  assert.equal(tableOf('struct s { struct s inner; int x; };').struct('struct s')?.size, 4);
});

test('typedefs of each other lead nowhere', () => {
  const table = tableOf('typedef a b; typedef b a; typedef struct s *p; struct s { p next; };');
  assert.deepEqual(table.named('a', 'kernel'), { kind: 'void' });
  assert.equal(layoutText(table, 'struct s'), 'next@0:struct s * | size 8 align 8');
});

test('a chain of definitions that is deeper than any has no layout, and nothing overflows', () => {
  const indexes = Array.from({ length: 5000 }, (_, index) => index + 1);
  const structs = indexes.map((n) => `struct s${n} { struct s${n - 1} a; };`).join('\n');
  const types = indexes.map((n) => `typedef t${n - 1} t${n};`).join('\n');
  const table = tableOf(`${structs} ${types} struct s0 { int a; }; typedef int t0;`);
  assert.equal(table.struct('struct s5000')?.size, 0);
  assert.deepEqual(table.named('t5000', 'kernel'), { kind: 'void' });
});
