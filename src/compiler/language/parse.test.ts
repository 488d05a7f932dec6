import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childrenOf, createSource, type Node, parseScript } from './index.ts';

const codes = (text: string) => parseScript(createSource('stdin', text)).diagnostics.map(({ code }) => code);

test('nesting of any kind ends in one error', () => {
  const deep = 20_000;
  const shapes = [
    `begin { $x = ${'('.repeat(deep)}1${')'.repeat(deep)}; }`,
    `begin { $x = ${'-'.repeat(deep + 1).replaceAll('--', '- ')}1; }`,
    `begin { $x = ${'!'.repeat(deep)}1; }`,
    `begin { $x = ${'(int8)'.repeat(deep)}1; }`,
    `begin { $x = ${'comptime '.repeat(deep)}1; }`,
    `begin { $x = ${'f('.repeat(deep)}1${')'.repeat(deep)}; }`,
    `begin { $x = ${'@a['.repeat(deep)}1${']'.repeat(deep)}; }`,
    `begin { $x = ${'1 ? 2 : '.repeat(deep)}1; }`,
    `begin { $x = ${'1 ? '.repeat(deep)}1${' : 2'.repeat(deep)}; }`,
    `begin { $x = ${'sizeof('.repeat(deep)}1${')'.repeat(deep)}; }`,
    `begin { $x = ${'if 1 { '.repeat(deep)}1${' } else { 2 }'.repeat(deep)}; }`,
    `begin { ${'{'.repeat(deep)}${'}'.repeat(deep)} }`,
    `begin { ${'if (1) { '.repeat(deep)}${'}'.repeat(deep)} }`,
    `begin { ${'for $i : 0..1 { '.repeat(deep)}${'}'.repeat(deep)} }`,
  ];
  for (const shape of shapes) assert.deepEqual(codes(shape), ['syntax-too-deep'], shape.slice(0, 30));
});

test('long chains end in one error too', () => {
  const long = 10_000;
  const shapes = [
    `begin { $x = 1${' + 1'.repeat(long)}; }`,
    `begin { $x = $y${'.a'.repeat(long)}; }`,
    `begin { $x = $y${'[0]'.repeat(long)}; }`,
    `begin { if (1) { }${' else if (1) { }'.repeat(long)} }`,
    `begin { let $x : a ${'*'.repeat(long)}; }`,
  ];
  for (const shape of shapes) assert.deepEqual(codes(shape), ['syntax-too-deep'], shape.slice(0, 30));
});

test('operators of rising strength before each parenthesis stay within the stack', () => {
  const level = '1 || 1 && 1 | 1 ^ 1 & 1 == 1 < 1 << 1 + 1 * (';
  assert.deepEqual(codes(`begin { $x = ${level.repeat(140)}1${')'.repeat(140)}; }`), ['syntax-too-deep']);
});

test('many items and statements are only long', () => {
  const statements = '  @a[$x, 1] = count(); // comment\n  if ($x > 1) { print($x); }\n'.repeat(2000);
  const script = `begin {\n${statements}}\n${'k:f { @ = 1; }\n'.repeat(2000)}`;
  const { script: tree, diagnostics } = parseScript(createSource('stdin', script));
  assert.deepEqual(diagnostics, []);
  assert.equal(tree.items.length, 2001);
  assert.equal(tree.comments.length, 2000);
});

test('every node lies within its parent, and children are in order', () => {
  const script = [
    '#!/x\n#define X\nstruct a { int x; };\nconfig = { a = 1 }\nimport "x";\nlet @m = hash(1);',
    'macro m($a, @b, c) { c }\nfn f($a : int8, $b : struct x *) : typeof($q) { return 1; }',
    'k:f, k:g /pid/ { let $x : uint8[4] = (1, (a = 2), $1, $#, "s"); for $i : 1..2 { break; } @m[1, 2]++;',
    '  for $k : @m { continue } while 1 { } unroll(2) { } _ = sizeof(x) + offsetof(x, a.b) + typeinfo(int8);',
    '  if ($a ? 1 : 2) { &$x } else if !x { (int8)-x->y.z[1].0 } else { comptime @m } $x += f(typeof(x), true); }',
  ].join('\n');
  const { script: tree, diagnostics } = parseScript(createSource('stdin', script));
  assert.deepEqual(diagnostics, []);
  const seen = new Set<string>();
  const visit = (node: Node): void => {
    seen.add(node.kind);
    let at = node.span.start;
    for (const child of childrenOf(node)) {
      // The key of `@m[a, b]` is a tuple with the place of the whole access; a range has the place of the loop's head.
      const isWhole = child.kind === 'range' || (node.kind === 'map-access' && child.kind === 'tuple');
      if (!isWhole) {
        assert.ok(child.span.start >= at && child.span.end <= node.span.end, `${child.kind} in ${node.kind}`);
        at = child.span.end;
      }
      visit(child);
    }
  };
  visit(tree);
  assert.ok(seen.size > 50, `only ${seen.size} kinds`);
});
