/** As tests/kernel/upstream-tools.test.ts, on kernels that have kprobes. */
import { release } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { requireCheckout, skipUnless } from '../support/requirements.ts';
import { obstacleTo, runTool, upstreamTools } from '../support/upstream-tools.ts';

describe('tools run, and their rows are true', () => {
  for (const [name, tool] of Object.entries(upstreamTools)) {
    test(name, async (t) => {
      // The functions of one are in old kernels only; the others are made for new ones.
      const [pattern, where] =
        name === 'biolatency-kp' ? [/^5\.10\./, '5.10'] : [/^(6\.12|7\.2)\./, '6.12 and 7.2'];
      if (!skipUnless(t, pattern.test(release()), `is run on ${where}`)) return;
      const checkout = requireCheckout(t, 'TETRACE_UPSTREAM');
      if (checkout === undefined) return;
      const obstacle = obstacleTo(tool);
      if (!skipUnless(t, obstacle === undefined, obstacle ?? '')) return;
      await runTool(join(checkout, 'tools', `${name}.bt`), tool);
    });
  }
});
