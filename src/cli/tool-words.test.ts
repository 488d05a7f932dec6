import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createSourceFromBytes, formatScript, parseScript } from '../compiler/language/index.ts';
import { packageRoot } from './package-root.ts';
import { readToolFile } from './tool-file.ts';
import { toolHelp } from './tool-help.ts';
import { readToolWords } from './tool-words.ts';

const script = `#!/usr/bin/env tetrace
// sample FUNCTION: things that happen.
//
// More about them.

macro only_pid() { getopt("pid", 0, "only this process") }
begin {
  if (only_pid && getopt("json", false, "rows as objects") && getopt("comm", "", "only this name") == comm) {
    printf("%d %d\\n", getopt("failed"), getopt("interval", 0, "seconds") + getopt("count", 0, "times"));
  }
}
`;
const tool = readToolFile('sample', Buffer.from(script));

describe('the words behind a tool', () => {
  const run = (words: string): unknown => readToolWords(tool, words === '' ? [] : words.split(' '));

  test('go to the script or to the tracer', () => {
    assert.deepEqual(run('f --pid 1 -f json --failed -o out --comm=a=b'), {
      kind: 'run',
      tracer: ['-f', 'json', '-o', 'out'],
      script: ['vmlinux:f', '--pid=1', '--json', '--failed', '--comm=a=b'],
    });
    assert.deepEqual(run('-p7 f 5 2 -v'), {
      kind: 'run',
      tracer: ['-v'],
      script: ['vmlinux:f', '--interval=5', '--count=2', '--pid=7'],
    });
    assert.deepEqual(run('xfs:f -f text'), { kind: 'run', tracer: ['-f', 'text'], script: ['xfs:f'] });
    assert.deepEqual(run('f --pid nonsense -h'), { kind: 'help' });
  });

  test('are refused with what is wrong', () => {
    const messages = {
      '': 'sample requires FUNCTION',
      'f --bad': 'sample has no option --bad; `tetrace tools sample --help` lists those it has',
      'f --json': 'sample has no option --json; `tetrace tools sample --help` lists those it has',
      'f --pid': '--pid requires a value',
      'f --verbose=1': '--verbose takes no value',
      'f 1 x': "interval and count are numbers of seconds and times, not 'x'",
      'f 1 2 3': "sample has no use for '3'",
    };
    for (const [words, message] of Object.entries(messages))
      assert.deepEqual(run(words), { kind: 'error', message });
  });
});

test('a script says what it is, and which options it has', () => {
  assert.equal(tool.summary, 'things that happen');
  assert.deepEqual(tool.text, ['More about them.']);
  assert.deepEqual(
    tool.options.map(({ name, kind }) => `${name} ${kind}`),
    ['pid number', 'comm text', 'failed flag', 'interval number', 'count number'],
  );
  assert.match(toolHelp(tool), /^USAGE: tetrace tools sample \[options\] FUNCTION \[interval\] \[count\]$/m);
  assert.match(toolHelp(tool), /^ {4}-p, --pid N +only this process$/m);
  assert.throws(() => readToolFile('other', Buffer.from(script)), /other does not begin with what it is/);
});

describe('the tools that come along', () => {
  const folder = join(packageRoot(), 'tools');
  for (const file of readdirSync(folder)) {
    test(file, () => {
      const bytes = readFileSync(join(folder, file));
      const own = readToolFile(file.slice(0, -'.bt'.length), bytes);
      assert.ok(own.summary !== '' && own.text.join('') !== '' && own.hasJsonRows);
      for (const { name, description } of own.options) assert.notEqual(description, '', name);
      const source = createSourceFromBytes(file, bytes);
      assert.equal(formatScript(parseScript(source).script), source.text, 'run it through --fmt');
    });
  }
});
