import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { badProgs, programOf } from '../../tests/support/bad-progs.ts';
import { kernelProfiles, verifyProg } from './index.ts';

describe('bad programs', () => {
  it('are at least 200, all of different names', () => {
    assert.ok(badProgs.length >= 200, `${badProgs.length}`);
    assert.equal(new Set(badProgs.map(({ name }) => name)).size, badProgs.length);
  });

  for (const kernel of Object.values(kernelProfiles)) {
    it(`are foretold for ${kernel.name}, with their lines`, () => {
      // What takes a million instructions to say is said once.
      const asked = badProgs.filter(({ isLong }) => !isLong || kernel.name === '7.2');
      const missed = asked.flatMap((bad) => {
        const verdict = verifyProg(programOf(bad), 0, kernel);
        if (verdict.kind !== 'refused') return [`${bad.name}: not refused`];
        const line = verdict.trail?.at.line;
        return line === bad.wrong
          ? []
          : [`${bad.name}: line ${line}, not ${bad.wrong}: ${verdict.refusal.text}`];
      });
      assert.deepEqual(missed, []);
    });
  }
});
