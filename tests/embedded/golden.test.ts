/** The scripts of the golden files on the embedded machine, without root: whatever compiles for it runs. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { goldenScripts, outcomeOf } from '../support/golden-scripts.ts';

const scripts = goldenScripts();

describe('scripts of the golden files', () => {
  test('run on the embedded machine when they compile for it', () => {
    const ran = scripts.filter(({ text }) => !('refused' in outcomeOf(text, 'embedded')));
    assert.ok(ran.length >= 50, `${ran.length} of ${scripts.length}`);
  });
});
