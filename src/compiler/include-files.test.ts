import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeKernel } from '../../tests/support/fake-kernel.ts';
import type { Target } from '../program/index.ts';
import { compile } from './compile.ts';
import { createSource, renderDiagnostics } from './language/index.ts';

const files: Readonly<Record<string, string>> = {
  '/inc/own.h': '#define OWN 5\n',
  '/inc/limits.h': '#include_next <limits.h>\n',
  '/inc2/limits.h': '#if __SIZEOF_LONG__ == 8\n#define LIMIT 64\n#endif\n',
  './here.h': '#define HERE 6\n',
  '/inc/config.h': '#define CONFIG_HZ 250\n',
};

/** What is said of a script that includes headers. */
function diagnose(
  script: string,
  includeFiles: readonly string[] = [],
  kernelHeaders?: Target['kernelHeaders'],
): string {
  const target: Target = Object.create(fakeKernel(), {
    includeDirs: { value: ['/inc', '/inc2'] },
    kernelHeaders: { value: kernelHeaders },
    readFile: {
      value: (path: string) =>
        files[path] === undefined
          ? { kind: 'refused', reason: 'No such file or directory' }
          : { kind: 'text', text: files[path], worldWritable: false },
    },
  });
  const { diagnostics } = compile({
    source: createSource('stdin', script),
    target,
    positional: [],
    environment: {},
    options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles },
  });
  return renderDiagnostics(diagnostics);
}

test('headers are found in the include directories, headers of the kernel need not be there', () => {
  assert.equal(diagnose('#include <own.h>\n#include <linux/none.h>\nbegin { print(OWN); }'), '');
  const missing = diagnose('#include <own.h>\n#include <lol/no.h>\nbegin { print(OWN); }');
  assert.match(missing, /^stdin:2:1-20: ERROR: cannot include 'lol\/no\.h': No such file in \/inc, \/inc2$/m);
  assert.match(missing, /^definitions\.h:3:10: fatal error: 'lol\/no\.h' file not found$/m);
});

test('a header can lean on the next of its name, and on what a compiler of the machine defines', () => {
  assert.equal(diagnose('#include <limits.h>\nbegin { print(LIMIT); }'), '');
});

test('headers of the command line come before the script', () => {
  assert.equal(diagnose('begin { print(OWN + HERE); }', ['own.h', 'here.h']), '');
  assert.match(diagnose('begin { }', ['none.h']), /^<command line>:1:1-18: ERROR: cannot include 'none\.h'/);
});

test('with headers of a kernel its configuration is known to C, and what its build defines', () => {
  const headers = { first: ['/inc/config.h'], defines: { __KERNEL__: '1' } };
  const script = '#if CONFIG_HZ == 250 && defined(__KERNEL__)\n#define HZ 4\n#endif\nbegin { print(HZ); }';
  assert.equal(diagnose(script, [], headers), '');
  assert.match(diagnose(script), /Unknown identifier: 'HZ'/);
  assert.match(diagnose('begin { print(CONFIG_HZ); }', [], headers), /Unknown identifier: 'CONFIG_HZ'/);
});
