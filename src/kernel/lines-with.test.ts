import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesWith } from './lines-with.ts';

test('lines with a piece of text in them, each once', () => {
  const text = Buffer.from('abc\nb b\n\nxyz\nab');
  assert.deepEqual([...linesWith(text, '')], ['abc', 'b b', '', 'xyz', 'ab']);
  assert.deepEqual([...linesWith(text, 'b')], ['abc', 'b b', 'ab']);
  assert.deepEqual([...linesWith(text, 'ab')], ['abc', 'ab']);
  assert.deepEqual([...linesWith(text, 'xyz')], ['xyz']);
  assert.deepEqual([...linesWith(text, 'q')], []);
  assert.deepEqual([...linesWith(text, 'b\u4e00')], []);
  assert.deepEqual([...linesWith(Buffer.from('one\n'), 'e')], ['one']);
});
