import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Program, programFromText, programToText } from './index.ts';

test('a program comes back as it was', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.bigInt(),
      fc.uint8Array(),
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.record({ kind: fc.string(), of: tie('value') }, { noNullPrototype: true }),
    ),
  })).value;
  fc.assert(
    fc.property(value, (part) => {
      // What the parts of a program are does not matter here.
      const program = { progs: [part], license: 'GPL' } as unknown as Program;
      assert.deepEqual(programFromText(programToText(program)), program);
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('other text is refused', () => {
  for (const text of [
    '',
    '5',
    '{}',
    '{"progs":',
    'null',
    '{"progs":{"$n":"x"}}',
    '['.repeat(50_000) + ']'.repeat(50_000),
  ]) {
    assert.throws(() => programFromText(text), SyntaxError);
  }
});
