import { describe, test } from 'node:test';
import { missingNeed } from '../support/needs.ts';
import { ownScripts, scriptPath } from '../support/own-scripts.ts';
import { requireRoot, skipUnless } from '../support/requirements.ts';

describe('our own scripts print what is true', () => {
  for (const { file, needs, check } of ownScripts) {
    test(file, async (t) => {
      if (!requireRoot(t)) return;
      for (const need of needs) {
        const missing = missingNeed(need);
        if (!skipUnless(t, missing === undefined, missing ?? '')) return;
      }
      await check(scriptPath(file));
    });
  }
});
