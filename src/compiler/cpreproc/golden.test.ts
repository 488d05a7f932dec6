import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testGoldenFolder } from '../../../tests/support/golden.ts';
import { goldenRoot } from '../../../tests/support/paths.ts';
import { createSource, parseScript, renderDiagnostic } from '../language/index.ts';
import type { CSection, IncludeAnswer } from './index.ts';
import { cDiagnostics, expandIdentifier, readCSection } from './index.ts';

/** Files that golden scripts include. */
const files: Readonly<Record<string, string>> = {
  'guarded.h': '#ifndef GUARDED\n#define GUARDED\nstruct guarded { int x; };\n#endif\n',
  'once.h': '#pragma once\nstruct once { int x; };\n',
  'outer.h': '#include "inner.h"\nstruct outer { struct inner i; };\n',
  'inner.h': 'struct inner { char c; };\n',
  'functions.h': [
    'extern int printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));',
    'static inline int twice(int x) { if (x) { return 2 * x; } return 0; }',
    'static int table[] = { 1, 2, { 3 } };',
    'struct before { int x; };',
    'typeof(table) unreadable;',
    '_Static_assert(sizeof(struct before) == 4, "size");',
    'int old_style(a, b) int a; char b; { return a; }',
    'struct behind { int y; } variable;',
    '',
  ].join('\n'),
  'broken.h': '#error not for you\n#frob\n#if 1\nstruct half { int x; };\n',
  'self.h': '#include "self.h"\n',
};

function include({ path }: { readonly path: string }): IncludeAnswer {
  if (path.startsWith('kernel/')) return { kind: 'nothing' };
  const text = files[path];
  return text === undefined
    ? { kind: 'refused', reason: 'no such file' }
    : { kind: 'text', name: path, text };
}

function read(script: string, hasBtf = false): CSection {
  const { script: tree, diagnostics } = parseScript(createSource('stdin', script));
  assert.deepEqual(diagnostics, []);
  return readCSection({ chunks: tree.cSection, include, hasBtf, defines: { CONFIG_HZ: '250' } });
}

/** One declaration to a line, without places. */
function show(section: CSection): string {
  const spans = (key: string, value: unknown): unknown => {
    if (key === 'span' || value === false) return undefined;
    return typeof value === 'bigint' ? String(value) : value;
  };
  return section.declarations.map((decl) => `${JSON.stringify(decl, spans)}\n`).join('');
}

testGoldenFolder('language/c-section', {
  declarations: (script, name) => {
    const section = read(script, name.includes('btf'));
    assert.deepEqual(section.diagnostics, []);
    return show(section);
  },
  errors: (script) =>
    read(script)
      .diagnostics.map((diagnostic) => `[${diagnostic.code}]\n${renderDiagnostic(diagnostic)}`)
      .join(''),
  /** What uses expand to, the uses being the words behind `expand`. */
  expand: (script, name) => {
    const { macros, diagnostics } = read(script);
    assert.deepEqual(diagnostics, []);
    const [, ...uses] = name.split(' ');
    const lines = uses.map((use) => {
      const [, word = '', args] = /^(\w+)(?:\((.*)\))?$/.exec(use) ?? [];
      const result = expandIdentifier(macros, word, args?.split(';'));
      return `${use} -> ${result.kind === 'text' ? result.text : JSON.stringify(result)}\n`;
    });
    return lines.join('');
  },
});

test('every diagnostic of the C section has a golden file', () => {
  const folder = join(goldenRoot, 'language/c-section');
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  for (const code of Object.keys(cDiagnostics())) {
    assert.ok(
      texts.some((text) => text.includes(`[${code}]`)),
      `no golden file shows ${code}`,
    );
  }
});
