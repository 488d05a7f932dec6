/** The front end under arbitrary input: it never throws, always ends, and printing loses nothing. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCSection } from '../../src/compiler/cpreproc/index.ts';
import type { ParsedScript } from '../../src/compiler/language/index.ts';
import {
  createSource,
  createSourceFromBytes,
  formatScript,
  hasErrors,
  parseScript,
  renderDiagnostics,
} from '../../src/compiler/language/index.ts';
import { parseGolden } from '../support/golden.ts';
import { HangGuard } from '../support/hang-guard.ts';
import { goldenRoot } from '../support/paths.ts';
import { requireCheckout } from '../support/requirements.ts';

/** Reading one script takes milliseconds. */
const HANG_SECONDS = 60;

/** The scripts of our own golden files. */
const scripts: readonly string[] = ['syntax', 'format', 'c-section'].flatMap((folder) => {
  const path = join(goldenRoot, 'language', folder);
  return readdirSync(path)
    .filter((name) => !name.startsWith('too-') && !name.startsWith('expansion-'))
    .map((name) => parseGolden(readFileSync(join(path, name), 'utf8')).script);
});

const parse = (text: string): ParsedScript => parseScript(createSource('stdin', text));

/** The tree without places and comments: what a script means. */
function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaning);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !/span$|^source$|^comments$/i.test(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, meaning(inner)]));
}

/** The words of all comments, whatever lines they are on; one in the middle of a line may move to its end. */
function commentWords({ script }: ParsedScript): string {
  const texts = script.comments.map(({ text }) => text.replace(/\/\*|\*\/|\/\//g, ' '));
  return texts.join(' ').split(/\s+/).filter(Boolean).sort().join(' ');
}

/** Formatting keeps the meaning and the comments, and changes nothing the second time. */
function checkFormatting(text: string, note: string): void {
  const parsed = parse(text);
  const once = formatScript(parsed.script);
  const again = parse(once);
  assert.equal(renderDiagnostics(again.diagnostics), '', `${note}\n${once}`);
  assert.deepEqual(meaning(again.script), meaning(parsed.script), `${note}\n${once}`);
  assert.equal(commentWords(again), commentWords(parsed), `${note}\n${once}`);
  assert.equal(formatScript(again.script), once, note);
}

/** Reads everything there is to read, and prints what is found; returns nothing, as only throwing would be wrong. */
function readAll(text: string): void {
  const { script, diagnostics } = parse(text);
  renderDiagnostics(diagnostics, { colour: true });
  for (const { span } of diagnostics) assert.ok(span && span.start <= span.end && span.end <= text.length);
  const section = readCSection({ chunks: script.cSection, include: () => ({ kind: 'nothing' }) });
  renderDiagnostics(section.diagnostics);
  if (!hasErrors(diagnostics)) checkFormatting(text, text);
}

const anyScript = fc.constantFrom(...scripts);
/** Pieces that hit the grammar more often than random characters. */
const piece = fc.oneof(
  fc.constantFrom(
    ...'{ } ( ) [ ] ; , : " \' / // /* */ \\ \n # #if #endif $ @ $x @m = == += ++ -- -> . .. ? & && * - ! 0x 1e 09 1_'.split(
      ' ',
    ),
    ...'if else while for unroll let return struct macro fn config import typeof sizeof comptime begin'.split(
      ' ',
    ),
  ),
  fc.string({ unit: 'binary', maxLength: 3 }),
);

test('a script cut off anywhere is read', () => {
  using guard = new HangGuard(HANG_SECONDS);
  fc.assert(
    fc.property(anyScript, fc.double({ min: 0, max: 1, noNaN: true }), (script, part) => {
      const text = script.slice(0, Math.floor(script.length * part));
      guard.watch(text, () => readAll(text));
    }),
    { seed: 11, numRuns: 1500 },
  );
});

test('a script with pieces put in, taken out or repeated is read', () => {
  using guard = new HangGuard(HANG_SECONDS);
  const edit = fc.record({ at: fc.nat(), drop: fc.nat({ max: 12 }), insert: piece });
  fc.assert(
    fc.property(anyScript, fc.array(edit, { minLength: 1, maxLength: 5 }), (script, edits) => {
      let text = script;
      for (const { at, drop, insert } of edits) {
        const start = at % (text.length + 1);
        text = text.slice(0, start) + insert + text.slice(start + drop);
      }
      guard.watch(text, () => readAll(text));
    }),
    { seed: 12, numRuns: 2000 },
  );
});

test('pieces of scripts in any order are read', () => {
  using guard = new HangGuard(HANG_SECONDS);
  const slice = fc
    .tuple(anyScript, fc.nat(), fc.nat({ max: 60 }))
    .map(([script, start, length]) => script.slice(start % script.length, (start % script.length) + length));
  fc.assert(
    fc.property(fc.array(fc.oneof(slice, piece), { maxLength: 20 }), (pieces) => {
      const text = pieces.join(' ');
      guard.watch(text, () => readAll(text));
    }),
    { seed: 13, numRuns: 1500 },
  );
});

test('any bytes are read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { diagnostics } = parseScript(createSourceFromBytes('stdin', bytes));
      renderDiagnostics(diagnostics);
    }),
    { seed: 14, numRuns: 1000 },
  );
});

test('ten independent errors give ten messages', () => {
  const broken = fc.constantFrom(
    '$x = ;',
    'print(1;',
    'print((1 + );',
    '$y = 1 2;',
    'let 5;',
    '@[1 = 2;',
    '5 = $x;',
    '$t.a = 1;',
    '$z = 10q;',
    'print("\\q");',
    'print("open);\n',
    'if ($x { print(1); }',
    'while ) { }',
    'for $i : 5 { }',
    'unroll(3 { }',
    'f(1, , 2);',
    '$ = 1;',
    'return 1 2;',
    '--5;',
    "$c = 'ab';",
  );
  const fine = fc.constantFrom(
    'print(1);',
    '@a = count();',
    'if (1) { $q = 2; } else { }',
    '{ }',
    '// note\n',
    '',
  );
  const shape = fc.tuple(broken, fine, fc.constantFrom(' ', '\n'), fc.constantFrom('', 'if (1) {', '{'));
  fc.assert(
    fc.property(fc.array(shape, { minLength: 10, maxLength: 10 }), (parts) => {
      const statements = parts.map(
        ([bad, good, gap, open]) => `${open} ${bad}${gap}${good} ${open ? '}' : ''}`,
      );
      const { diagnostics } = parse(`begin {\n${statements.join('\n')}\n}`);
      assert.equal(diagnostics.length, 10, renderDiagnostics(diagnostics));
    }),
    { seed: 15, numRuns: 1000 },
  );
});

// ---- printing ------------------------------------------------------------------------------------------------------

/** Random expressions as text, with random parentheses and blanks. */
const expression: fc.Arbitrary<string> = fc.letrec<{ expr: string; operand: string }>((tie) => ({
  expr: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('operand'),
    fc
      .tuple(
        tie('operand'),
        fc.constantFrom(...'|| && | ^ & == != < > <= >= << >> + - * / %'.split(' ')),
        tie('expr'),
      )
      .map(([left, op, right]) => `${left} ${op} ${right}`),
    fc.tuple(tie('operand'), tie('expr'), tie('expr')).map(([a, b, c]) => `${a} ? ${b} : ${c}`),
    fc.tuple(tie('operand'), tie('expr')).map(([a, b]) => `${a} ?: ${b}`),
  ),
  operand: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      '1',
      '0x1F',
      '5ms',
      "'a'",
      '"s\\n"',
      '$x',
      '@',
      '@m',
      'pid',
      'comm',
      '$1',
      '$#',
      'true',
      '&$x',
      '&@m',
    ),
    tie('expr').map((inner) => `(${inner})`),
    fc
      .tuple(fc.constantFrom('-', '!', '~', '*', '- ', 'comptime '), tie('operand'))
      .map(([op, of]) => op + of),
    fc
      .tuple(fc.constantFrom('(int8)', '(struct x *)', '(uint8[4])', '(typeof($x))'), tie('operand'))
      .map(([type, of]) => type + of),
    fc
      .tuple(fc.constantFrom('f', 'print', 'str'), fc.array(tie('expr'), { maxLength: 3 }))
      .map(([name, args]) => `${name}(${args.join(',')})`),
    tie('expr').map((key) => `@m[${key}]`),
    fc.tuple(tie('expr'), tie('expr')).map(([a, b]) => `@m[${a}, ${b}]`),
    fc.array(tie('expr'), { minLength: 1, maxLength: 3 }).map((items) => `(${items.join(', ')},)`),
    fc.tuple(tie('expr'), tie('expr')).map(([a, b]) => `(a = ${a}, b=${b})`),
    fc
      .tuple(fc.constantFrom('$x', '$p->q', 'args', '(1, 2)'), fc.constantFrom('.f', '->f', '.0', '[1]'))
      .map(([of, part]) => of + part),
    fc.constantFrom(
      '$x++',
      '--@m',
      '@m[1]--',
      'sizeof(struct x)',
      'sizeof($x)',
      'offsetof(x, a.b)',
      'typeinfo(int8)',
    ),
    fc.tuple(tie('expr'), tie('expr'), tie('expr')).map(([a, b, c]) => `if (${a}) { ${b} } else { ${c} }`),
    tie('expr').map((value) => `{ let $l = 1; ${value} }`),
  ),
})).expr;

test('formatting random expressions keeps their meaning', () => {
  fc.assert(
    fc.property(fc.array(expression, { minLength: 1, maxLength: 4 }), expression, (values, predicate) => {
      const script = `begin /${predicate}/ { ${values.map((value) => `$v = ${value};`).join(' ')} }`;
      // A record or block of another kind may stand where it is not allowed: then there is nothing to print.
      if (!hasErrors(parse(script).diagnostics)) checkFormatting(script, script);
    }),
    { seed: 21, numRuns: 600 },
  );
});

test('most random expressions are valid, so the test above means something', () => {
  const valid = fc.sample(expression, { seed: 22, numRuns: 500 }).filter((value) => {
    return !hasErrors(parse(`begin { $v = ${value}; }`).diagnostics);
  });
  assert.ok(valid.length > 400, `only ${valid.length} of 500`);
});

/** Offsets where a comment may be put: between tokens, outside strings, attach points and C. */
function gapsOf(text: string): readonly number[] {
  const start = text.search(/\bbegin\b[\s\S]*\{/);
  if (start < 0) return [];
  const gaps: number[] = [];
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[\w$@#]+|\s+|<<=?|>>=?|[-+&|=<>!*/%^]=?[-+&|>]?|[\s\S]/y;
  token.lastIndex = text.indexOf('{', start);
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0].trim() === '') gaps.push(match.index);
  }
  return gaps;
}

test('comments put anywhere between words stay', () => {
  const formatted = scripts
    .map(parse)
    .filter(({ diagnostics, script }) => !hasErrors(diagnostics) && script.items.length > 0)
    .map(({ script }) => formatScript(script))
    .filter((text) => gapsOf(text).length > 0);
  const comment = fc.constantFrom(
    '/* one */',
    '// two\n',
    '\n// three\n',
    '\n/* four\n five */\n',
    ' /* six */ // seven\n',
  );
  const insertions = fc.array(fc.tuple(fc.nat(), comment), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...formatted), insertions, (script, places) => {
      let text = script;
      for (const [place, inserted] of places) {
        const gaps = gapsOf(text);
        const at = gaps[place % gaps.length] ?? 0;
        text = `${text.slice(0, at)} ${inserted}${text.slice(at)}`;
      }
      if (!hasErrors(parse(text).diagnostics)) checkFormatting(text, text);
    }),
    { seed: 23, numRuns: 500 },
  );
});

test('our golden scripts format to the same meaning', () => {
  for (const script of scripts) if (!hasErrors(parse(script).diagnostics)) checkFormatting(script, script);
});

test('the tools of a checkout format to the same meaning', (t) => {
  const path = requireCheckout(t, 'TETRACE_UPSTREAM');
  if (path === undefined) return;
  const names = readdirSync(join(path, 'tools')).filter((name) => name.endsWith('.bt'));
  assert.ok(names.length > 0);
  for (const name of names) {
    const text: string = readFileSync(join(path, 'tools', name), 'utf8');
    assert.equal(renderDiagnostics(parse(text).diagnostics), '', name);
    checkFormatting(text, name);
  }
});

test('the game of a checkout formats to the same meaning', (t) => {
  const path = requireCheckout(t, 'TETRACE_TETRIS');
  if (path === undefined) return;
  const game = readFileSync(path.endsWith('.bt') ? path : join(path, 'tetris.bt'), 'utf8');
  assert.equal(renderDiagnostics(parse(game).diagnostics), '');
  checkFormatting(game, path);
});
