import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, group, hardLine, indent, join, layOut, line, softLine, suffix } from './document.ts';

const call = group(
  concat('f(', indent(concat(softLine, join(concat(',', line), ['aaa', 'bbb']))), softLine, ')'),
);

test('a group breaks as a whole when it does not fit', () => {
  assert.equal(layOut(call, 11, 2), 'f(aaa, bbb)');
  assert.equal(layOut(call, 10, 2), 'f(\n  aaa,\n  bbb\n)');
});

test('what follows a group on its line counts', () => {
  assert.equal(layOut(concat(call, ';'), 11, 2), 'f(\n  aaa,\n  bbb\n);');
});

test('an outer group breaks before an inner one', () => {
  const outer = group(concat('g(', indent(concat(softLine, call)), softLine, ')'));
  assert.equal(layOut(outer, 13, 2), 'g(\n  f(aaa, bbb)\n)');
});

test('a suffix goes to the end of its line and breaks the group', () => {
  const noted = group(concat('a', suffix('// note'), line, 'b'));
  assert.equal(layOut(noted, 80, 2), 'a // note\nb');
});

test('line ends keep no blanks before them', () => {
  assert.equal(layOut(indent(concat('a ', hardLine, hardLine, 'b')), 80, 2), 'a\n\n  b');
});

test('line comments stand behind block comments', () => {
  const noted = concat('a', suffix('// 1'), suffix('/* 2 */'), suffix('// 3'), hardLine, 'b');
  assert.equal(layOut(noted, 80, 2), 'a /* 2 */ // 1 // 3\nb');
});
