import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeTarget } from '../../../tests/support/fake-target.ts';
import { createSource, parseScript, renderDiagnostics, spanText } from '../language/index.ts';
import { loadImports } from './index.ts';

interface Files {
  readonly files: Readonly<Record<string, string>>;
  readonly worldWritable?: readonly string[];
}

/** The heads of all blocks and functions after importing, the headers, and what is said of it. */
function load(text: string, machine: Files, name = 'stdin') {
  const { script, diagnostics } = parseScript(createSource(name, text));
  assert.deepEqual(diagnostics, []);
  const loaded = loadImports(script, fakeTarget(machine));
  return {
    items: loaded.script.items.map((item) => spanText('headSpan' in item ? item.headSpan : item.span)),
    c: loaded.script.cSection.map(({ text: chunk }) => chunk),
    headers: loaded.headers.map((header) => header.name),
    said: renderDiagnostics(loaded.diagnostics),
  };
}

describe('what an import brings', () => {
  test('stands before the script, what it imports itself before it, each file once', () => {
    const files = {
      'lib/a.bt': 'import "b.bt"; import "main.bt"; interval:s:1 { }',
      'main.bt': 'begin { }',
      'lib/b.bt': 'import "a.bt"; interval:s:2 { } macro m() { 1 }',
    };
    const { items, said } = load('import "lib/a.bt"; import "lib/b.bt"; begin { }', { files }, 'main.bt');
    assert.deepEqual(items, ['interval:s:2', 'macro m', 'interval:s:1', 'begin']);
    assert.equal(said, '');
  });

  test('files beside the importing one win over those beside the script', () => {
    const files = {
      '/x/lib/a.bt': 'import "c.bt"; import "d.bt";',
      '/x/lib/c.bt': 'end { }',
      '/x/c.bt': 'begin { }',
      '/x/d.bt': 'self:signal:SIGUSR1 { }',
    };
    assert.deepEqual(load('import "lib/a.bt"; interval:s:1 { }', { files }, '/x/main.bt').items, [
      'end',
      'self:signal:SIGUSR1',
      'interval:s:1',
    ]);
  });

  test('a folder stands for its files of known kinds, not for folders in it', () => {
    const files = {
      'lib/z.bt': 'end { }',
      'lib/a.bt': 'begin { }',
      'lib/types.h': 'struct t { int x; };',
      'lib/README': '',
      'lib/more/c.bt': 'interval:s:1 { }',
    };
    const { items, headers, said } = load('import "lib"; interval:s:9 { }', { files });
    assert.deepEqual(items, ['begin', 'end', 'interval:s:9']);
    assert.deepEqual(headers, ['lib/types.h']);
    assert.equal(said, '');
  });

  test('C definitions of imported scripts come before those of the script', () => {
    const files = { 'a.bt': '#define A 1\nstruct s { int x; };\nlet @m = hash(2);' };
    assert.deepEqual(load('#define B A\nimport "a.bt"; begin { }', { files }).c, [
      '#define A 1',
      'struct s { int x; }',
      '#define B A',
    ]);
  });

  test('the library of bpftrace is there', () => {
    const { items, said } = load('import "stdlib"; import "stdlib/test"; begin { }', { files: {} });
    assert.deepEqual(items, ['fn __always_true', 'begin']);
    assert.equal(said, '');
  });

  test('inside a block a header, from any depth', () => {
    const files = { 'a.h': 'struct a { int x; };' };
    const loaded = load('begin { if (1) { while (0) { import "a.h"; } } }', { files });
    assert.deepEqual(loaded.headers, ['a.h']);
    assert.equal(loaded.said, '');
  });
});

describe('what is refused', () => {
  const refused = (text: string, machine: Files, expected: string): void =>
    assert.equal(load(text, machine, 'm.bt').said, expected);

  test('nothing there', () => {
    refused(
      'import "nope.bt";',
      { files: {} },
      'm.bt:1:1-17: ERROR: Unable to find suitable path for import\nimport "nope.bt";\n~~~~~~~~~~~~~~~~\nHINT: checked: nope.bt\n',
    );
    assert.match(load('import "stdlib/tests";', { files: {} }).said, /^HINT: checked: stdlib\/tests$/m);
  });

  test('files and folders that everybody may write to', () => {
    const files = { 'open/a.bt': '', 'lib/a.bt': '', 'lib/b.bt': 'begin { }' };
    const skipped = load('import "open/a.bt";', { files, worldWritable: ['open'] });
    assert.match(skipped.said, /^stdin:1:1-19: ERROR: Unable to find suitable path for import$/m);
    assert.match(
      skipped.said,
      /^stdin:1:1-19: WARNING: skipping due to global write permissions: "open\/a\.bt"$/m,
    );
    const one = load('import "lib";', { files, worldWritable: ['lib/b.bt'] });
    assert.match(
      one.said,
      /ERROR: cowardly refusing to import from a directory with global write permissions: "lib\/b\.bt"$/m,
    );
    assert.deepEqual(one.items, []);
  });

  test('kinds of files that are unknown', () => {
    const files = { 'a.txt': '' };
    assert.match(load('import "a.txt";', { files }).said, /ERROR: unknown import type: "a\.txt"$/m);
  });

  test('a config block in an import, at its place there', () => {
    const files = { 'lib/c.bt': 'config = { missing_probes = warn } macro m() { 3 }' };
    assert.match(
      load('import "lib/c.bt";', { files }).said,
      /^lib\/c\.bt:1:1-35: ERROR: invalid `config` within import\nconfig = /,
    );
  });

  test('syntax errors of an import, at their place there', () => {
    assert.match(
      load('import "a.bt";', { files: { 'a.bt': 'begin { 1 + }' } }).said,
      /^a\.bt:1:\d+(-\d+)?: ERROR/,
    );
  });

  test('scripts and folders inside a block', () => {
    const files = { 'lib/a.bt': '' };
    const { said } = load('begin { import "lib/a.bt"; import "lib"; }', { files });
    assert.equal(said.match(/ERROR: Import statements that are not at the root are limited to/g)?.length, 2);
  });
});
