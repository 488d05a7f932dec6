/** As tests/kernel/tools.test.ts, on kernels that have kprobes. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { missingNeed } from '../support/needs.ts';
import { ownTools } from '../support/own-tools.ts';
import { projectRoot } from '../support/paths.ts';
import { skipUnless } from '../support/requirements.ts';
import { runTetrace } from '../support/run-tetrace.ts';

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

/** What stands in for operands. */
const operands: Readonly<Record<string, readonly string[]>> = { funclatency: ['vmlinux:vfs_read'] };

describe('every tool attaches, on every kernel', () => {
  for (const file of readdirSync(join(projectRoot, 'tools'))) {
    const name = file.replace(/\.bt$/, '');
    test(name, async () => {
      const script = join(projectRoot, 'tools', file);
      const run = await runTetrace(['--dry-run', script, '--', ...(operands[name] ?? [])], {
        timeoutMs: 120_000,
      });
      assert.equal(run.code, 0, run.stderr);
      assert.doesNotMatch(run.stderr, /WARNING|ERROR/);
    });
  }
});
