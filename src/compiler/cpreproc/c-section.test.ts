import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSource, parseScript } from '../language/index.ts';
import type { IncludeRequest } from './index.ts';
import { expandIdentifier, readCSection } from './index.ts';

const chunksOf = (script: string) => parseScript(createSource('/dir/script.bt', script)).script.cSection;

test('headers come before the section, and what they hold that is unreadable is no error', () => {
  const header = createSource(
    'types.h',
    '#define SIZE 4\ninline int f(void) { return 1; }\nstruct first { int a; };\n',
  );
  const section = readCSection({
    chunks: chunksOf('struct second { struct first f[SIZE]; };'),
    headers: [header],
    include: () => ({ kind: 'refused', reason: 'none here' }),
  });
  assert.deepEqual(section.diagnostics, []);
  assert.deepEqual(
    section.declarations.map((decl) => (decl.kind === 'c-typedef' ? decl.name : decl.tag)),
    ['first', 'second'],
  );
  assert.deepEqual(expandIdentifier(section.macros, 'SIZE'), { kind: 'text', text: '4' });
});

test('an include says how it is written and by whom', () => {
  const asked: IncludeRequest[] = [];
  const include = (request: IncludeRequest) => {
    asked.push(request);
    return request.path === 'a.h'
      ? ({ kind: 'text', name: '/dir/a.h', text: '#include <sub/b.h>\n' } as const)
      : ({ kind: 'nothing' } as const);
  };
  readCSection({ chunks: chunksOf('#include "a.h"\n'), include });
  assert.deepEqual(asked, [
    { path: 'a.h', form: 'quoted', from: '/dir/script.bt' },
    { path: 'sub/b.h', form: 'angled', from: '/dir/a.h' },
  ]);
});

test('conditions follow C, with 64 bits and signs', () => {
  const cases: readonly [string, boolean][] = [
    ['1 + 2 * 3 == 7', true],
    ['(1 ? 2 : 3) == 2 && !(0 ? 1 : 0)', true],
    ['-1 > 0', false],
    ['-1 > 0u', true],
    ['0xffffffffffffffff == -1', true],
    ['(1 << 63) < 0', true],
    ['(1u << 63) > 0', true],
    ['-7 / 2 == -3 && -7 % 2 == -1', true],
    ['0 && 1 / 0', false],
    ['1 || 1 / 0', true],
    ["'a' == 97 && '\\n' == 10 && '\\x41' == 65 && '\\0' == 0", true],
    ['~0 == -1 && +1', true],
    ['010 == 8 && 0b11 == 3 && 1uLL', true],
    ['1 ? 0 : 2 ? 3 : 4', false],
  ];
  for (const [condition, holds] of cases) {
    const { declarations, diagnostics } = readCSection({
      chunks: chunksOf(`#if ${condition}\nstruct yes { int x; };\n#endif\n`),
      include: () => ({ kind: 'nothing' }),
    });
    assert.deepEqual(diagnostics, [], condition);
    assert.equal(declarations.length === 1, holds, condition);
  }
});

test('what nests without end is refused, not followed', () => {
  const deep = (open: string, close = ''): string => `${open.repeat(5000)}1${close.repeat(5000)}`;
  const scripts: readonly string[] = [
    `#if ${deep('1 ? 1 : ')}\n#endif\n`,
    `#define F(x) x\n#if ${deep('F(', ')')}\n#endif\n`,
    `#if ${deep('(', ')')}\n#endif\n`,
    `struct s { int ${'*'.repeat(5000)}a; };\n`,
    `struct s { int a${'[1]'.repeat(5000)}; };\n`,
    `struct s { ${'struct { '.repeat(5000)}int a; ${'};'.repeat(5000)} };\n`,
  ];
  const circle = 'typedef b a; typedef a b;';
  const circles = [`${circle} struct s { a x : 3; };`, `${circle} enum e { X = sizeof(a), Y = (a)1 };`];
  for (const script of [...scripts, ...circles.map((text) => `${text}\n`)]) {
    const { diagnostics } = readCSection({
      chunks: chunksOf(script),
      include: () => ({ kind: 'nothing' }),
    });
    const [first] = diagnostics;
    assert.match(first?.message ?? '', /nested too deeply|levels deep/, script.slice(0, 40));
  }
});
