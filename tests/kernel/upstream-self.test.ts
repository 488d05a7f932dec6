/** The scripts with which bpftrace tests itself, from a checkout of its repository (TETRACE_UPSTREAM): nothing of them stands in this one. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireCheckout, requireRoot } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

test('every script of tests/self passes', async (t) => {
  const checkout = requireCheckout(t, 'TETRACE_UPSTREAM');
  if (checkout === undefined || !requireRoot(t)) return;
  const folder = join(checkout, 'tests/self');
  const scripts = readdirSync(folder).filter((file) => file.endsWith('.bt'));
  assert.ok(scripts.length > 0);
  for (const script of scripts) {
    const { stdout, stderr, code } = await runTetrace(['--test', join(folder, script)]);
    assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`);
    assert.match(stdout, /\[ {2}PASSED {2}\]/);
    assert.doesNotMatch(stdout, /FAILED/);
  }
});
