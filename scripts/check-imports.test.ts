import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { importCircles, importViolations } from './check-imports.ts';
import { importArrows } from './import-arrows.ts';

test('an import against the arrows is a violation', () => {
  const rows: [path: string, line: string, expected: RegExp | undefined][] = [
    ['src/btf/decode.ts', "import { ByteWriter } from '../base/index.ts';", undefined],
    ['src/btf/decode.ts', "import { x } from './tables.ts';", undefined],
    ['src/btf/decode.ts', "import { x } from '../bpf/index.ts';", /btf may not import bpf/],
    ['src/btf/decode.ts', "import { x } from '../base/bytes.ts';", /through its index.ts/],
    ['src/btf/decode.test.ts', "import { x } from '../bpf/index.ts';", undefined],
    ['src/btf/decode.test.ts', "import { x } from '../base/bytes.ts';", /through its index.ts/],
    ['src/btf/decode.test.ts', "import { x } from '../../tests/support/golden.ts';", undefined],
    [
      'src/compiler/compile.ts',
      "import { load } from '../runtime/index.ts';",
      /compiler may not import runtime/,
    ],
    [
      'src/runtime/run.ts',
      "import { compile } from '../compiler/index.ts';",
      /runtime may not import compiler/,
    ],
    ['src/compiler/opt/dce.ts', "import { print } from '../ir/index.ts';", undefined],
    [
      'src/compiler/ir/print.ts',
      "import { x } from '../opt/index.ts';",
      /compiler\/ir may not import compiler\/opt/,
    ],
    ['src/compiler/builtins/signatures/output.ts', "import { x } from '../rows.ts';", undefined],
    ['src/cli/main.ts', "const { x } = await import('../kernel/index.ts');", /cli may not import kernel/],
    ['src/kernel/sys/ffi.ts', "import koffi from 'koffi';", undefined],
    ['src/kernel/map.ts', "import koffi from 'koffi';", /may not import this package/],
    ['src/kernel/map.ts', "import { openSync } from 'node:fs';", undefined],
    ['src/base/x.ts', "export { y } from\n  '../types/index.ts';", /base may not import types/],
    ['src/base/x.ts', "/** as in `import { y } from '../types/index.ts'` */", undefined],
    ['src/base/x.ts', "const text = Buffer.from('text');", undefined],
    ['src/nowhere/x.ts', '', /is in no module/],
  ];
  for (const [path, line, expected] of rows) {
    const found = importViolations(path, line).join('\n');
    if (expected === undefined) assert.equal(found, '', `${path}: ${line}`);
    else assert.match(found, expected, `${path}: ${line}`);
  }
});

test('files that import each other in a circle', () => {
  const circlesOf = (a: string, b: string, c = ''): string[] =>
    importCircles(
      new Map([
        ['src/x/a.ts', a],
        ['src/x/b.ts', b],
        ['src/x/y/c.ts', c],
      ]),
    );
  const importsB = "import { b } from './b.ts';";
  assert.deepEqual(circlesOf(importsB, "import {\n  type A,\n  a,\n} from './a.ts';"), [
    'src/x/a.ts -> src/x/b.ts -> src/x/a.ts',
  ]);
  assert.deepEqual(circlesOf(importsB, "export { c } from './y/c.ts';", "import '../b.ts';"), [
    'src/x/b.ts -> src/x/y/c.ts -> src/x/b.ts',
  ]);
  assert.deepEqual(circlesOf(importsB, "import { c } from './y/c.ts';", "import { d } from './d.ts';"), []);
  assert.deepEqual(circlesOf(importsB, "import type { A } from './a.ts';"), []);
  assert.deepEqual(circlesOf(importsB, "const { a } = await import('./a.ts');"), []);
  assert.deepEqual(circlesOf(importsB, "/** as in\nimport { a } from './a.ts'; */"), []);
});

test('the arrows have no cycle and name known modules', () => {
  const done = new Set<string>();
  const visit = (module: string, trail: readonly string[]): void => {
    assert.ok(Object.hasOwn(importArrows, module), `${module}, named by ${trail.at(-1)}, is no module`);
    assert.ok(!trail.includes(module), `cycle: ${[...trail, module].join(' -> ')}`);
    if (done.has(module)) return;
    for (const next of importArrows[module] ?? []) visit(next, [...trail, module]);
    done.add(module);
  };
  for (const module of Object.keys(importArrows)) visit(module, []);
});

test('every module that has arrows is there', () => {
  const missing = Object.keys(importArrows).filter((module) => !existsSync(`src/${module}`));
  assert.deepEqual(missing, []);
});
