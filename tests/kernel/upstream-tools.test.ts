/** The tools of a checkout of bpftrace's repository (TETRACE_UPSTREAM): nothing of them stands in this one. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { compile } from '../../src/compiler/index.ts';
import {
  arrayOfBytes,
  bytesOfText,
  createSourceFromBytes,
  formatScript,
  hasErrors,
  parseScript,
  renderDiagnostics,
} from '../../src/compiler/language/index.ts';
import { requireCheckout, requireRoot, skipUnless } from '../support/requirements.ts';
import { targetWithEverything } from '../support/target-with-everything.ts';
import { obstacleTo, runTool, upstreamTools } from '../support/upstream-tools.ts';

function toolFolder(t: TestContext): string | undefined {
  const checkout = requireCheckout(t, 'TETRACE_UPSTREAM');
  return checkout === undefined ? undefined : join(checkout, 'tools');
}

test('every tool is in the table', (t) => {
  const folder = toolFolder(t);
  if (folder === undefined) return;
  const files = readdirSync(folder).filter((file) => file.endsWith('.bt'));
  assert.deepEqual(
    Object.keys(upstreamTools).sort(),
    files.map((file) => file.slice(0, -'.bt'.length)).sort(),
  );
});

test('every tool parses, is formatted once and for all, and compiles where its probes exist', (t) => {
  const folder = toolFolder(t);
  if (folder === undefined || !requireRoot(t)) return;
  const target = targetWithEverything();
  for (const name of Object.keys(upstreamTools)) {
    const bytes = readFileSync(join(folder, `${name}.bt`));
    const once = formatted(name, bytes);
    assert.equal(formatted(name, arrayOfBytes(bytesOfText(once))), once);
    const { diagnostics, program } = compile({
      source: createSourceFromBytes(name, bytes),
      target,
      positional: [],
      environment: {},
      options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
    });
    assert.ok(program !== undefined, renderDiagnostics(diagnostics));
    assert.ok(program.progs.every(({ insns }) => insns.length > 0));
  }
});

describe('tools run, and their rows are true', () => {
  for (const [name, tool] of Object.entries(upstreamTools)) {
    test(name, async (t) => {
      const folder = toolFolder(t);
      if (folder === undefined || !requireRoot(t)) return;
      const obstacle = obstacleTo(tool);
      if (skipUnless(t, obstacle === undefined, obstacle ?? ''))
        await runTool(join(folder, `${name}.bt`), tool);
    });
  }
});

function formatted(name: string, bytes: Uint8Array): string {
  const { script, diagnostics } = parseScript(createSourceFromBytes(name, bytes));
  assert.ok(!hasErrors(diagnostics), renderDiagnostics(diagnostics));
  return formatScript(script);
}
