import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testGoldenFolder } from '../../../tests/support/golden.ts';
import { goldenRoot } from '../../../tests/support/paths.ts';
import type { Diagnostic } from './index.ts';
import {
  createSource,
  formatScript,
  parseExpression,
  parseScript,
  printTree,
  renderDiagnostic,
  syntaxDiagnostics,
} from './index.ts';

const parse = (script: string) => parseScript(createSource('stdin', script));

const show = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map((diagnostic) => `[${diagnostic.code}]\n${renderDiagnostic(diagnostic)}`).join('');

const stages = {
  tree: (script: string): string => {
    const { script: tree, diagnostics } = parse(script);
    assert.deepEqual(diagnostics, []);
    return printTree(tree);
  },
  format: (script: string): string => {
    const { script: tree, diagnostics } = parse(script);
    assert.deepEqual(diagnostics, []);
    return formatScript(tree);
  },
  errors: (script: string): string => show(parse(script).diagnostics),
  /** Every line read as an expression that stands for the script's first word. */
  expressions: (script: string): string => {
    const use = { source: createSource('stdin', script), start: 0, end: 5 };
    const read = (line: string): string => {
      const { expr, diagnostics } = parseExpression(line, use);
      return expr === undefined ? show(diagnostics) : printTree(expr);
    };
    return script.split('\n').map(read).join('');
  },
};

testGoldenFolder('language/syntax', stages);
testGoldenFolder('language/format', stages, ['format']);

test('every syntax diagnostic has a golden file', () => {
  const folder = join(goldenRoot, 'language/syntax');
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  for (const code of Object.keys(syntaxDiagnostics())) {
    assert.ok(
      texts.some((text) => text.includes(`[${code}]`)),
      `no golden file shows ${code}`,
    );
  }
});
