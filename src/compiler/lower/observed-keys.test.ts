/** Random scripts on the embedded machine: no map has more keys in the end than were counted for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkText } from '../../../tests/support/check-script.ts';
import { fakeKernel } from '../../../tests/support/fake-kernel.ts';
import { runBegin } from '../../../tests/support/run-begin.ts';
import { keyCounts } from './key-counts.ts';

const MAPS = 6;
const ROUNDS = 100;

type Text = fc.Arbitrary<string>;

function joined(...parts: readonly (string | Text)[]): Text {
  const texts = parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part));
  return fc.tuple(...texts).map((each) => each.join(''));
}

/** Expressions that are numbers, all of them uint64, or truths. */
function expressions(...sources: readonly string[]): { readonly number: Text; readonly truth: Text } {
  const literal = fc.integer({ min: 1, max: 20 }).map(String);
  const operator = fc.constantFrom('+', '-', '*', '/', '%', '&', '|', '^');
  return fc.letrec<{ number: string; truth: string }>((tie) => ({
    number: fc.oneof(
      { maxDepth: 3 },
      joined('(uint64)', literal),
      fc.constantFrom('rand', '(uint64)nsecs', 'cpu', ...sources),
      joined('(', tie('number'), ' % ', literal, ')'),
      joined('(', literal, ' & ', tie('number'), ')'),
      joined('(', tie('truth'), ' ? ', tie('number'), ' : ', tie('number'), ')'),
      joined('(uint64)(uint8)', tie('number')),
      joined('(uint64)(', tie('truth'), ')'),
      joined('(', tie('number'), ' ', operator, ' ', tie('number'), ')'),
    ),
    truth: fc.oneof(
      { maxDepth: 3 },
      joined('(rand & ', literal, ') == 0'),
      joined(tie('number'), ' > ', tie('number')),
      joined('!(', tie('truth'), ')'),
      joined('(', tie('truth'), ' && ', tie('truth'), ')'),
    ),
  }));
}

const early = expressions();
const { number, truth } = expressions('$v', '$before', '(uint64)$i');
const word = fc.oneof(
  fc.constantFrom('"a"', '"bc"'),
  joined('(', truth, ' ? "a" : ', truth, ' ? "bc" : "def")'),
);
/** The keys of one map are all of a shape. */
const shapes: readonly Text[] = [
  number,
  word,
  joined('(', number, ', ', word, ')'),
  joined('((uint64)(', truth, '), ', number, ')'),
];
const writes: readonly ((map: string, key: string) => string)[] = [
  (map, key) => `${map}[${key}] = 1;`,
  (map, key) => `${map}[${key}]++;`,
  (map, key) => `if (${map}[${key}]++ > 3) { delete(${map}, ${key}); }`,
  (map, key) => `for $j : 0..2 { ${map}[${key}] += $j; }`,
];

function writesTo(map: string): Text {
  return fc
    .constantFrom(...shapes)
    .chain((keys) => fc.array(fc.tuple(fc.constantFrom(...writes), keys), { minLength: 1, maxLength: 3 }))
    .map((each) => each.map(([write, key]) => write(map, key)).join('\n    '));
}

const names = Array.from({ length: MAPS }, (_unused, index) => `@m${index}`);
/** `$v` gets one of two in every round, `$before` what it was in the round before. */
const script = joined(
  `begin {
  $v = (uint64)1;
  $before = (uint64)1;
  for $i : 0..${ROUNDS} {
    $before = $v;
    $v = `,
  early.number,
  ';\n    if (rand & 1) { $v = ',
  early.number,
  '; }\n    ',
  fc.tuple(...names.map(writesTo)).map((each) => each.join('\n    ')),
  `
  }
  ${names.map((name) => `print(len(${name}));`).join(' ')}
}`,
);

test('no map gets more keys than are counted', () => {
  let maps = 0;
  let counted = 0;
  fc.assert(
    fc.property(script, (text) => {
      const { program, probes } = checkText(text, { target: fakeKernel() });
      // Constants that overflow are errors, as are those that are divided by 0.
      fc.pre(program !== undefined);
      const counts = keyCounts(program, probes, fakeKernel());
      const { stdout, stderr } = runBegin(text, { backend: 'embedded', runtimeWarnings: 'none' });
      assert.equal(stderr, '', text);
      for (const [index, length] of stdout.split('\n', MAPS).map(Number).entries()) {
        const count = counts.get(program.maps.findIndex(({ name }) => name === names[index])) ?? 0;
        assert.ok(length <= count, `${names[index]} has ${length} keys, not ${count}:\n${text}`);
        maps += 1;
        if (count < ROUNDS) counted += 1;
      }
    }),
    { seed: 20261130, numRuns: Number(process.env['TETRACE_PROPERTY_RUNS'] ?? 12) },
  );
  assert.ok(counted > maps / 4, `of ${maps} maps ${counted} are counted: too few to say anything`);
});
