/** As tests/kernel/tools.test.ts, on kernels that have kprobes. */
import { release } from 'node:os';
import { describe, test } from 'node:test';
import { missingNeed } from '../support/needs.ts';
import { ownTools } from '../support/own-tools.ts';
import { skipUnless } from '../support/requirements.ts';

/** Those that need kprobes, and some whose structs and tracepoints differ between kernels. */
const chosen = Object.entries(ownTools).filter(
  ([name, { needs }]) =>
    needs.includes('kprobe') ||
    ['funclatency', 'runqlen', 'tcpaccept', 'biosnoop', 'execsnoop'].includes(name),
);

describe('tools print what is true', () => {
  for (const [name, { needs, check }] of chosen) {
    test(name, async (t) => {
      if (!skipUnless(t, /^(6\.12|7\.2)\./.test(release()), 'is run on 6.12 and 7.2')) return;
      for (const need of needs) {
        const missing = missingNeed(need);
        if (!skipUnless(t, missing === undefined, missing ?? '')) return;
      }
      await check();
    });
  }
});
