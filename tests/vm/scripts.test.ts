import { release } from 'node:os';
import { describe, test } from 'node:test';
import { missingNeed } from '../support/needs.ts';
import { ownScripts, scriptPath } from '../support/own-scripts.ts';
import { skipUnless } from '../support/requirements.ts';

/** Those that most machines where tests are run cannot show, and some that touch much of the kernel. */
const chosen = ownScripts.filter(
  ({ file, needs }) =>
    needs.includes('kprobe') ||
    needs.includes('all kernel symbols') ||
    ['path-opens.bt', 'function-latency.bt', 'disk-requests.bt'].includes(file),
);

describe('our own scripts print what is true', () => {
  for (const { file, needs, check } of chosen) {
    test(file, async (t) => {
      if (!skipUnless(t, /^(6\.12|7\.2)\./.test(release()), 'is run on 6.12 and 7.2')) return;
      for (const need of needs) {
        const missing = missingNeed(need);
        if (!skipUnless(t, missing === undefined, missing ?? '')) return;
      }
      await check(scriptPath(file));
    });
  }
});
