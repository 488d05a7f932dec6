import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badProgs, programOf } from '../../tests/support/bad-progs.ts';
import type { Program } from '../program/index.ts';
import { describeVerdicts, foretellRefusals } from './foretold-refusals.ts';

/** The parts that a verdict is shown with. */
function programNamed(name: string): Program {
  const bad = badProgs.find((each) => each.name === name);
  assert.ok(bad, name);
  return {
    ...programOf(bad),
    sources: [{ name: 'a.bt', text: 'one\ntwo\nthree\nfour\n' }],
  } as unknown as Program;
}

test('a refusal is foretold with its line and a mark', () => {
  assert.deepEqual(foretellRefusals(programNamed('compares with null too late')), [
    'a.bt:2:1-2: WARNING: A kernel would refuse this: memory is accessed through R0, which may be null: compare it with 0 before',
    'two',
    '~',
  ]);
});

test('every kernel has its say', () => {
  const lines = describeVerdicts(programNamed('compares with null too late'));
  assert.match(lines[0] ?? '', /^bad \(\d+ instructions\):$/);
  assert.equal(lines.length, 6);
  for (const line of lines.slice(1))
    assert.match(line, /^ {2}Linux \d+\.\d+: refuses instruction \d+ \(a\.bt:2\): memory/);
});
