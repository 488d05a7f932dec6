/** The tools that come along: their rows are true. Those that need kprobes are run by tests/vm/tools.test.ts. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { missingNeed } from '../support/needs.ts';
import { ownTools } from '../support/own-tools.ts';
import { projectRoot } from '../support/paths.ts';
import { requireRoot, skipUnless } from '../support/requirements.ts';

describe('tools print what is true', () => {
  for (const [name, { needs, check }] of Object.entries(ownTools)) {
    test(name, async (t) => {
      if (!requireRoot(t)) return;
      for (const need of needs) {
        const missing = missingNeed(need);
        if (!skipUnless(t, missing === undefined, missing ?? '')) return;
      }
      await check();
    });
  }
});

test('every tool has a test', () => {
  const files = readdirSync(join(projectRoot, 'tools')).map((file) => file.replace(/\.bt$/, ''));
  assert.deepEqual(Object.keys(ownTools).sort(), files.sort());
});
