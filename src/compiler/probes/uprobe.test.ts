import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTarget } from '../../../tests/support/fake-target.ts';
import { compile } from '../index.ts';
import { createSource, renderDiagnostics } from '../language/index.ts';

/** push %rbp; mov %rsp,%rbp; nop … from 0x1000 on. */
const code = new Uint8Array(0x1010).fill(0x90);
code.set([0x55, 0x48, 0x89, 0xe5], 0x1000);

const target = fakeTarget({
  foreignBinaries: {
    libown: { shown: '/usr/lib32/libown.so.1', machine: 'i386 (32 bits)', wanted: 'x86_64' },
  },
  code: { '/bin/app': code },
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

test('a library that is there for another machine is named', () => {
  const found = "target file 'libown' is not there for x86_64: /usr/lib32/libown.so.1 is for i386 (32 bits)";
  assert.ok(complaints('uprobe:libown:f { @ = 1; }').includes(`ERROR: uprobe ${found}\n`));
  assert.ok(complaints('usdt:libown:f { @ = 1; }').includes(`ERROR: usdt ${found}\n`));
  assert.match(complaints('uprobe:libother:f { @ = 1; }'), /'libother' does not exist or is not executable/);
});

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

test('a probe stands on the first byte of an instruction, unless --unsafe', () => {
  const middle =
    /ERROR: Could not add uprobe into middle of instruction: \/bin\/app:main\+3\nUse --unsafe to force attachment\./;
  assert.match(complaints('uprobe:/bin/app:main+3 { @ = 1; }'), middle);
  assert.match(
    complaints('uprobe:/bin/app:main+3 { @ = 1; }', true),
    /WARNING: Unsafe uprobe in the middle of the instruction: \/bin\/app:main\+3/,
  );
  for (const place of ['main', 'main+1', 'main+4', '0x1000', '0x1001', '0x1005'])
    assert.equal(complaints(`uprobe:/bin/app:${place} { @ = 1; }`), '', place);
  assert.match(
    complaints('uprobe:/bin/app:0x1002 { @ = 1; }'),
    /into middle of instruction: \/bin\/app:4098/,
  );
  const stripped =
    'Could not determine instruction boundary for uprobe:/bin/app:2000 (binary appears stripped).';
  assert.ok(complaints('uprobe:/bin/app:2000 { @ = 1; }').includes(`ERROR: ${stripped}\nUse --unsafe`));
  assert.ok(complaints('uprobe:/bin/app:2000 { @ = 1; }', true).includes(`WARNING: ${stripped} Misaligned`));
});

test('an offset stays inside its function', () => {
  assert.equal(complaints('uprobe:/bin/app:main+4 { @ = 1; }'), '');
  assert.match(complaints('uprobe:/bin/app:main+16 { @ = 1; }'), /Offset outside the function bounds/);
});
