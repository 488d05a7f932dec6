import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { optionRows } from './option-table.ts';
import { type Invocation, type Options, parseOptions } from './options.ts';

const parse = (...words: string[]): Invocation =>
  parseOptions(words, { fileExists: (path) => path === 'there.bt' });

function scriptOptions(...words: string[]): Options {
  const invocation = parse(...words);
  assert.equal(invocation.kind, 'script', JSON.stringify(invocation));
  return (invocation as { options: Options }).options;
}

test('a script comes from -e, a file or standard input', () => {
  assert.deepEqual(scriptOptions('-e', 'BEGIN { }').script, { kind: 'text', text: 'BEGIN { }' });
  assert.deepEqual(scriptOptions('x.bt').script, { kind: 'file', path: 'x.bt' });
  assert.deepEqual(scriptOptions('-').script, { kind: 'stdin' });
  assert.deepEqual(scriptOptions('-e', '', 'x.bt').script, { kind: 'file', path: 'x.bt' });
});

test('options count wherever they stand, and -- ends them', () => {
  const options = scriptOptions('x.bt', '10', '-v', 'p1', '--', '20', '--opt=5', '-q');
  assert.equal(options.verbose, true);
  assert.equal(options.quiet, false);
  assert.deepEqual(options.scriptArguments, { positional: ['10', 'p1', '20', '-q'], named: ['opt=5'] });
  assert.deepEqual(scriptOptions('-e', 'P', 'a', '--', '--help').scriptArguments, {
    positional: ['a'],
    named: ['help'],
  });
});

test('spellings of options and their arguments', () => {
  const spellings = [['-p1'], ['-p', '1'], ['--pid', '1'], ['--pid=1'], ['--pi=1'], ['-qp1'], ['-vqp', '1']];
  for (const words of spellings) assert.equal(scriptOptions(...words, 'x.bt').pid, '1', words.join(' '));
  assert.equal(scriptOptions('--verb', 'x.bt').verbose, true);
  assert.equal(scriptOptions('--bench', 'x.bt').mode, 'bench');
  assert.deepEqual([...scriptOptions('-d', 'ast,types', '-d', 'dis', 'x.bt').debug], ['ast', 'types', 'dis']);
  assert.ok(scriptOptions('-d', 'all', 'x.bt').debug.has('verifier'));
  assert.deepEqual(scriptOptions('-I', 'a', '-Ib', 'x.bt').includeDirs, ['a', 'b']);
  assert.deepEqual(scriptOptions('--debuginfo', 'a:b', '--debuginfo=c', 'x.bt').debugInfoDirs, [
    'a',
    'b',
    'c',
  ]);
  assert.equal(scriptOptions('--backend', 'embedded', 'x.bt').backend, 'embedded');
  assert.deepEqual(
    [...scriptOptions('--no-feature', 'kprobe,uprobe_multi', 'x.bt').disabledFeatures],
    ['kprobe', 'uprobe_multi'],
  );
});

test('a listing is by pattern, or by an existing file', () => {
  const listing = (...words: string[]) => {
    const { script, listing } = scriptOptions(...words);
    return { script, pattern: listing?.pattern };
  };
  assert.deepEqual(listing('-l'), { script: undefined, pattern: '*:*' });
  assert.deepEqual(listing('-l', '*'), { script: undefined, pattern: '*:*' });
  assert.deepEqual(listing('-lv', 'kprobe:x'), { script: undefined, pattern: 'kprobe:x' });
  assert.deepEqual(listing('-l', 'there.bt'), {
    script: { kind: 'file', path: 'there.bt' },
    pattern: undefined,
  });
  assert.deepEqual(listing('-l', '-e', 'P'), { script: { kind: 'text', text: 'P' }, pattern: undefined });
});

test('answers that need no script', () => {
  assert.deepEqual(parse('-h'), { kind: 'help' });
  assert.deepEqual(parse('x.bt', '--help'), { kind: 'help' });
  assert.deepEqual(parse('-V', '--mode=nonsense'), { kind: 'version' });
  assert.deepEqual(parse('--no-feature', 'kprobe_multi', '--info'), {
    kind: 'info',
    disabledFeatures: new Set(['kprobe_multi']),
  });
});

test('what is wrong with a command line', () => {
  const rows: [words: string[], says: string | undefined, usage: boolean][] = [
    [[], undefined, true],
    [['--foo', 'x.bt'], "unrecognized option '--foo'", true],
    [['x.bt', '--foo=1'], "unrecognized option '--foo=1'", true],
    [['-x'], "invalid option -- 'x'", true],
    [['-idonotexist'], "invalid option -- 'i'", true],
    [
      ['--d', 'x.bt'],
      "option '--d' is ambiguous; possibilities: '--dwarf-pid' '--debuginfo' '--dry-run' '--debug'",
      true,
    ],
    [['--quiet=1'], "option '--quiet' doesn't allow an argument", true],
    [['x.bt', '--output'], "option '--output' requires an argument", true],
    [['x.bt', '-e'], "option requires an argument -- 'e'", true],
    [['-l', 'a', 'b'], undefined, true],
    [['-v'], "USAGE: filename or -e 'program' required.", false],
    [['-e', ''], "USAGE: filename or -e 'program' required.", false],
    [['-c', 'true', '-p', '1', 'x.bt'], 'USAGE: Cannot use both -c and -p.', true],
    [['-B', 'all', 'x.bt'], "USAGE: -B must be either 'line', 'full', or 'none'.", false],
    [
      ['--mode', 'x', 'x.bt'],
      "USAGE: --mode can only be 'codegen', 'compiler-bench', 'bench', 'test' or 'format'.",
      false,
    ],
    [['--bench', '--test', 'x.bt'], 'USAGE: --test conflicts with existing --mode', false],
    [['--mode=test', '--fmt', 'x.bt'], 'USAGE: --fmt conflicts with existing --mode', false],
    [['-d', 'everything', 'x.bt'], 'USAGE: invalid option for -d: everything', false],
    [
      ['-kk', 'x.bt'],
      'USAGE: -kk has been deprecated. Use a single -k for runtime warnings for errors in map lookups and probe reads.',
      false,
    ],
    [['-k', '--no-warnings', 'x.bt'], 'USAGE: -k, --warnings conflicts with --no-warnings', false],
    [['--no-warnings', '-k', 'x.bt'], 'USAGE: -k, --warnings conflicts with --no-warnings', false],
    [['-k', '--aot', 'f', 'x.bt'], 'Cannot use -k with --aot', false],
    [['--backend=cloud', 'x.bt'], "USAGE: --backend can only be 'kernel' or 'embedded'.", false],
  ];
  for (const [words, says, usage] of rows) {
    const invocation = parse(...words);
    assert.equal(invocation.kind, 'usage-error', words.join(' '));
    if (invocation.kind !== 'usage-error') continue;
    assert.equal(invocation.message ?? invocation.parserMessage, says, words.join(' '));
    assert.equal(invocation.showUsage, usage, words.join(' '));
  }
  const features = parse('--no-feature', 'btf', 'x.bt');
  assert.ok(
    features.kind === 'usage-error' &&
      features.message?.startsWith('USAGE: --no-feature can only have values '),
  );
});

test('every spelling of the table is used once', () => {
  const spellings = optionRows
    .flatMap(([, row]) => [row.short, row.long])
    .filter((text) => text !== undefined);
  assert.equal(new Set(spellings).size, spellings.length);
});

test('an option means the same before and after the script', () => {
  const words = fc.subarray(['-v', '-q', '--unsafe', '--dry-run', '-k', '--exclude-self'], { minLength: 1 });
  fc.assert(
    fc.property(words, (options) => {
      assert.deepEqual(scriptOptions(...options, 'x.bt', 'arg'), scriptOptions('x.bt', 'arg', ...options));
    }),
    { seed: 20, numRuns: 50 },
  );
});
