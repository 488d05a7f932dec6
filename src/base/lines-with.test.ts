import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesWith } from './index.ts';

test('lines with a piece of text in them, each once', () => {
  const text = 'abc\nb b\n\nxyz\nab';
  assert.deepEqual([...linesWith(text, '')], ['abc', 'b b', '', 'xyz', 'ab']);
  assert.deepEqual([...linesWith(text, 'b')], ['abc', 'b b', 'ab']);
  assert.deepEqual([...linesWith(text, 'ab')], ['abc', 'ab']);
  assert.deepEqual([...linesWith(text, 'xyz')], ['xyz']);
  assert.deepEqual([...linesWith(text, 'q')], []);
  assert.deepEqual([...linesWith('one\n', 'e')], ['one']);
});
