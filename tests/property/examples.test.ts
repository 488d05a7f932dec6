/** Every script that comes along, cut off and changed at random: the compiler answers with a program or with errors, and always answers. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { compile } from '../../src/compiler/index.ts';
import { createSource, hasErrors, renderDiagnostics } from '../../src/compiler/language/index.ts';
import { fakeKernel } from '../support/fake-kernel.ts';
import { HangGuard } from '../support/hang-guard.ts';
import { projectRoot } from '../support/paths.ts';

const scripts: readonly string[] = ['examples', 'tools', 'tests/scripts'].flatMap((folder) =>
  readdirSync(join(projectRoot, folder))
    .filter((name) => name.endsWith('.bt'))
    .map((name) => readFileSync(join(projectRoot, folder, name), 'utf8')),
);
const target = fakeKernel();

/** Compiling the longest of them takes a second. */
const HANG_SECONDS = 120;

function compileAll(text: string): void {
  const { program, diagnostics } = compile({
    source: createSource('stdin', text),
    target,
    positional: ['12', 'abc'],
    environment: {},
    options: { isUnsafe: true, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  });
  renderDiagnostics(diagnostics);
  assert.equal(program === undefined, hasErrors(diagnostics), text);
}

const words = (script: string): string[] => script.match(/[\w$@]+|\s+|"[^"\n]*"|./gs) ?? [];
const anyWord = fc.constantFrom(...new Set(scripts.flatMap(words)));

test('scripts that are cut off anywhere', () => {
  using guard = new HangGuard(HANG_SECONDS);
  const cut = fc.tuple(fc.constantFrom(...scripts), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(cut, ([script, part]) => {
      const text = script.slice(0, Math.floor(script.length * part));
      guard.watch(text, () => compileAll(text));
    }),
    { seed: 31, numRuns: 150 },
  );
});

test('scripts with words taken out, put in, repeated and exchanged', () => {
  using guard = new HangGuard(HANG_SECONDS);
  const edit = fc.record({
    at: fc.nat(),
    removes: fc.nat({ max: 3 }),
    adds: fc.array(anyWord, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...scripts),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      (script, edits) => {
        const changed = words(script);
        for (const { at, removes, adds } of edits)
          changed.splice(at % (changed.length + 1), removes, ...adds);
        const text = changed.join('');
        guard.watch(text, () => compileAll(text));
      },
    ),
    { seed: 32, numRuns: 150 },
  );
});
