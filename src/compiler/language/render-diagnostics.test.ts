import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalogue, Diagnostic } from './diagnostic.ts';
import { hasErrors, makeDiagnostic, withContext, withHint } from './diagnostic.ts';
import { renderDiagnostic, renderDiagnostics } from './render-diagnostics.ts';
import { createSource } from './source.ts';
import type { Span } from './span.ts';

const catalogue = () =>
  ({
    bad: {
      severity: 'error',
      message: (name: string) => `bad: ${name}`,
      hints: (name: string) => [`not ${name}`],
    },
    odd: { severity: 'warning', message: () => 'odd' },
  }) as const satisfies Catalogue;

function spanOf(text: string, part: string): Span {
  const start = text.indexOf(part);
  return { source: createSource('stdin', text), start, end: start + part.length };
}

test('a place on one line is underlined', () => {
  const diagnostic = makeDiagnostic(catalogue, 'odd', spanOf('begin { print($x); }', '$x'));
  assert.equal(
    renderDiagnostic(diagnostic),
    'stdin:1:15-17: WARNING: odd\nbegin { print($x); }\n              ~~\n',
  );
});

test('tabs take four columns, other characters one', () => {
  const diagnostic = makeDiagnostic(catalogue, 'odd', spanOf('\té\t$x\t$y', '\t$x'));
  assert.equal(renderDiagnostic(diagnostic), 'stdin:1:4-7: WARNING: odd\n    é    $x    $y\n     ~~~~~~\n');
});

test('several lines are shown without underline', () => {
  const diagnostic = makeDiagnostic(catalogue, 'odd', spanOf('a\n\tb\nc\nd', 'b\nc'));
  assert.equal(renderDiagnostic(diagnostic), 'stdin:2-3: WARNING: odd\n\tb\nc\n');
});

test('contexts, hints and macro calls follow in this order', () => {
  const text = 'macro m() { $x }\nbegin { m(); n() }';
  const span: Span = {
    ...spanOf(text, '$x'),
    expandedFrom: { ...spanOf(text, 'm()'), expandedFrom: spanOf(text, 'n()') },
  };
  const diagnostic = withHint(
    withHint(withContext(makeDiagnostic(catalogue, 'bad', span, 'x'), spanOf(text, 'begin'), 'first'), 'try'),
    undefined,
  );
  assert.equal(
    renderDiagnostic(diagnostic),
    [
      'stdin:1:13-15: ERROR: bad: x',
      'macro m() { $x }',
      '            ~~',
      'stdin:2:1-6: ERROR: first',
      'begin { m(); n() }',
      '~~~~~',
      'HINT: not x',
      'HINT: try',
      'stdin:1:7-10: ERROR: expanded from',
      'macro m() { $x }',
      '      ~~~',
      'stdin:2:14-17: ERROR: expanded from',
      'begin { m(); n() }',
      '             ~~~',
      '',
    ].join('\n'),
  );
});

test('errors come before warnings, and colours only on header lines', () => {
  const list: Diagnostic[] = [
    makeDiagnostic(catalogue, 'odd', undefined),
    makeDiagnostic(catalogue, 'bad', undefined, 'y'),
  ];
  assert.equal(renderDiagnostics(list), 'ERROR: bad: y\nHINT: not y\nWARNING: odd\n');
  assert.equal(renderDiagnostics(list, { errorsOnly: true }), 'ERROR: bad: y\nHINT: not y\n');
  assert.equal(
    renderDiagnostics(list, { colour: true }),
    '\x1b[31mERROR: bad: y\x1b[0m\nHINT: not y\n\x1b[33mWARNING: odd\x1b[0m\n',
  );
  assert.ok(hasErrors(list));
  assert.ok(!hasErrors(list.slice(0, 1)));
});
