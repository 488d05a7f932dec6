import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseGolden, printGolden } from './golden.ts';

const example = `# an unsigned comparison
#
# second paragraph
#include <x.h>
BEGIN { exit(); }
---- bpf 5.10
   0: r0 = 0
\\---- not a section
---- output
`;

test('a golden file is read and written back', () => {
  const file = parseGolden(example);
  assert.equal(file.comment, 'an unsigned comparison\n\nsecond paragraph');
  assert.equal(file.script, '#include <x.h>\nBEGIN { exit(); }');
  assert.deepEqual(
    [...file.sections],
    [
      ['bpf 5.10', '   0: r0 = 0\n---- not a section'],
      ['output', ''],
    ],
  );
  assert.equal(printGolden(file), example);
});

test('a section cannot stand twice', () => {
  assert.throws(() => parseGolden('x\n---- a\n---- a\n'), /section "a" stands twice/);
});

test('what is printed reads back as the same', () => {
  const line = fc.constantFrom('a', ' b', '', '---- x', '\\---- y', '----', '#x', '\\');
  const text = fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(fc.constantFrom('', 'why', 'why\n\nelse'), text, text, (comment, script, section) => {
      const file = {
        comment,
        script,
        sections: new Map([
          ['one', section],
          ['two', ''],
        ]),
      };
      assert.deepEqual(parseGolden(printGolden(file)), file);
    }),
    { seed: 7, numRuns: 300 },
  );
});
