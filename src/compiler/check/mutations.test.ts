import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkText } from '../../../tests/support/check-script.ts';
import { fakeKernel } from '../../../tests/support/fake-kernel.ts';
import { parseGolden } from '../../../tests/support/golden.ts';
import { goldenRoot } from '../../../tests/support/paths.ts';
import { hasErrors } from '../language/index.ts';

const target = fakeKernel();
const folder = join(goldenRoot, 'check');
const scripts = readdirSync(folder).map(
  (name) => parseGolden(readFileSync(join(folder, name), 'utf8')).script,
);
const tokens = scripts.map((script) => script.match(/[\w$@]+|\s+|"[^"]*"|./g) ?? []);
const anyToken = fc.constantFrom(...new Set(tokens.flat()));

/** Takes a token out, puts one in, or puts one in its place. */
const edit = fc.record({
  at: fc.nat(),
  removes: fc.boolean(),
  adds: fc.option(anyToken, { nil: undefined }),
});

test('a script that was changed at random is checked or refused, with a reason', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...tokens),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      (original, edits) => {
        const changed = [...original];
        for (const { at, removes, adds } of edits) {
          changed.splice(at % changed.length, removes ? 1 : 0, ...(adds === undefined ? [] : [adds]));
        }
        const checked = checkText(changed.join(''), { target, isUnsafe: true, positional: ['12', 'abc'] });
        assert.equal(checked.program === undefined, hasErrors(checked.diagnostics));
      },
    ),
    { seed: 20261122, numRuns: 200 },
  );
});
