import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTarget } from '../../../tests/support/fake-target.ts';
import { compile } from '../index.ts';
import { createSource, renderDiagnostics } from '../language/index.ts';

const target = fakeTarget({
  binaries: {
    '/bin/app': [
      { name: 'main', address: 0x1000n, fileOffset: 0x1000n, size: 16n },
      { name: '_init', address: 0x800n, fileOffset: 0x800n, size: 0n },
    ],
  },
});

/** What is said of a script's attach points. */
function complaints(script: string, isUnsafe = false): string {
  const { diagnostics } = compile({
    source: createSource('stdin', script),
    target,
    positional: [],
    environment: {},
    options: { isUnsafe, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  });
  return renderDiagnostics(diagnostics);
}

test('a symbol without a size is probed only with --unsafe, or by a pattern', () => {
  const script = 'uprobe:/bin/app:_init { @ = 1; }';
  assert.equal(
    complaints(script),
    'ERROR: Could not determine boundary for _init (symbol has size 0).\n' +
      'Use --unsafe to force attachment. WARNING: This option could lead to data corruption in the target process.\n',
  );
  assert.equal(complaints(script, true), '');
  assert.equal(complaints('uprobe:/bin/app:_in* { @ = 1; }'), '');
});

test('an offset stays inside its function', () => {
  assert.equal(complaints('uprobe:/bin/app:main+4 { @ = 1; }'), '');
  assert.match(complaints('uprobe:/bin/app:main+16 { @ = 1; }'), /Offset outside the function bounds/);
});
