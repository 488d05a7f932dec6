import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { expandGlob, globToRegExp } from './path-glob.ts';

const directory = mkdtempSync(join(tmpdir(), 'tetrace-'));
after(() => rmSync(directory, { recursive: true }));

test('patterns for one name', () => {
  const rows: [string, string, boolean][] = [
    ['*', 'abc', true],
    ['a*c', 'abbc', true],
    ['a?c', 'abbc', false],
    ['lib[cm].so', 'libm.so', true],
    ['lib[!cm].so', 'libm.so', false],
    ['a.c', 'abc', false],
    ['a+(b)', 'a+(b)', true],
    ['a[', 'a[', true],
    ['[a-c]', 'b', true],
    ['[a-]', '-', true],
    ['[^x-]', '-', false],
    ['[]-]', ']', true],
    ['[z-a]', 'b', false],
    ['[z-a0]', '0', true],
    ['[!z-a]', 'b', true],
    ['[\\w]', 'a', false],
    ['[!]a]', ']', false],
    ['[!]a]', 'b', true],
    ['[a-z', '[a-z', true],
    ['[[:alpha:]]x', 'Qx', true],
    ['[[:alpha:]]x', '0x', false],
    ['[![:digit:]_]', '7', false],
    ['[![:digit:]_]', '_', false],
    ['[![:digit:]_]', 'x', true],
    ['[[:punct:]]', '[', true],
    ['[[:punct:]]', 'a', false],
    ['[[:space:]]', '\t', true],
    ['[x[:none:]]', 'n', false],
    ['[x[:none:]]', 'x', true],
    ['[x[:toString:]]', 'n', false],
    ['[a-[:digit:]]', '-', true],
    ['[a-[:digit:]]', '5', true],
    ['[a-[:digit:]]', 'b', false],
    ['[[.-.]x]', '-', true],
    ['[[=a=]-c]', 'b', true],
    ['[+-[.].]]', 'A', true],
    ['[[:alpha:]', ':]', false],
    ['[[:alpha:]', '[h', true],
  ];
  for (const [pattern, name, matches] of rows)
    assert.equal(globToRegExp(pattern).test(name), matches, pattern);
});

test('paths through directories, without dot files', () => {
  for (const name of ['x1/bin', 'x2/bin', 'x3']) mkdirSync(join(directory, name), { recursive: true });
  for (const name of ['x1/bin/cat', 'x2/bin/cat', 'x2/bin/.cat', 'x2/bin/dog'])
    writeFileSync(join(directory, name), '');
  assert.deepEqual(expandGlob(`${directory}/x*/bin/c*`), [
    join(directory, 'x1/bin/cat'),
    join(directory, 'x2/bin/cat'),
  ]);
  assert.deepEqual(expandGlob(`${directory}/x2/bin/*`), [
    join(directory, 'x2/bin/cat'),
    join(directory, 'x2/bin/dog'),
  ]);
  assert.deepEqual(expandGlob(`${directory}/none/*`), []);
  assert.deepEqual(expandGlob(`${directory}/./x2/../x3*`), [`${directory}/./x2/../x3`]);
});

test('paths of a container: a link in it leads to its own files', () => {
  const root = join(directory, 'root');
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  writeFileSync(join(root, 'usr/local/bin/own'), '');
  symlinkSync('/usr/local/bin', join(root, 'bin'));
  symlinkSync('round', join(root, 'round'));
  assert.deepEqual(expandGlob('/bin/o*n', root), ['/bin/own']);
  assert.deepEqual(expandGlob('/b*/own', root), ['/bin/own']);
  assert.deepEqual(expandGlob('/../r*/o*', root), []);
});
