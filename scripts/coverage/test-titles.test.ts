import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { testProblem } from './test-titles.ts';

const folder = mkdtempSync(join(tmpdir(), 'tetrace-titles-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'some.test.ts');
writeFileSync(
  path,
  `test("what it's about (all)", () => {
  check('strlen(3)');
});
  describe('outer', () => {
    test(\`each \${name}\`, () => use(count));
  });
const rows = {
  sum: { program: 'sum(1)' },
  'two-words': { program: 'elsewhere' },
};
const list = [{
    title: 'in a row',
    program: 'has_key(1)',
  }, {
    program: 'delete(1)',
  },
  { title: 'on one line', program: 'len(1)' },
  { title: 'after it', program: 'clear(1)' }];
`,
);

test('a title is one of a test, a group or a row, by its beginning', () => {
  for (const title of [
    "what it's about (all)",
    'outer',
    'each ',
    'sum',
    'two-words',
    'in a row',
    'on one line',
  ])
    assert.equal(testProblem(`${path} > ${title}`), undefined, title);
  for (const title of ['about', 'check', 'program', 'name', 'strlen'])
    assert.equal(testProblem(`${path} > ${title}`), `${path} has no test "${title}"`);
});

test('a passage ends where its test does', () => {
  const uses = (title: string, word: string): boolean =>
    testProblem(`${path} > ${title}`, new RegExp(word)) === undefined;
  assert.ok(uses("what it's about", 'strlen') && !uses("what it's about", 'count'));
  assert.ok(uses('outer', 'count') && !uses('outer', 'sum'));
  assert.ok(uses('sum', 'sum') && !uses('sum', 'elsewhere'));
  assert.ok(uses('in a row', 'has_key') && !uses('in a row', 'delete'));
  assert.ok(uses('on one line', 'len') && !uses('on one line', 'clear'));
});

test('files that are no tests, or not there', () => {
  assert.equal(testProblem('src/base/bytes.ts'), 'src/base/bytes.ts is no test');
  assert.equal(testProblem('tests/golden/none.txt'), 'tests/golden/none.txt does not exist');
});
