import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitAttachPoint } from './attach-point.ts';

const parts = (text: string, ...params: string[]) => {
  const split = splitAttachPoint(text, params);
  return split.ok
    ? [...(split.name === undefined ? [] : [`${split.name} =`]), ...split.parts]
    : split.message;
};

const cases: readonly [string, readonly string[], readonly string[] | string][] = [
  ['begin', [], ['begin']],
  ['kprobe:vfs_read+0x10', [], ['kprobe', 'vfs_read+0x10']],
  ['uprobe:/bin/sh:main@src.c:12', [], ['uprobe', '/bin/sh', 'main', '@', 'src.c', '12']],
  ['uprobe:"a:b@c{,} d":"x\\"y\\\\"', [], ['uprobe', 'a:b@c{,} d', 'x"y\\']],
  ['uprobe:/lib"rary":f', [], ['uprobe', '/library', 'f']],
  ['t:a:', [], ['t', 'a', '']],
  ['mine=kprobe:f', [], ['mine =', 'kprobe', 'f']],
  ['kprobe=', [], ['kprobe=']],
  ['interval:ms:$1', ['99'], ['interval', 'ms', '99']],
  ['BEG$1', ['IN'], ['BEGIN']],
  ['uprobe:$1:f', ['/a:b'], ['uprobe', '/a', 'b', 'f']],
  ['uprobe:$12:f', ['x'], ['uprobe', '', 'f']],
  ['uprobe:"$1":f', ['x'], ['uprobe', '$1', 'f']],
  ['k:$1', ['$2', 'f'], ['k', 'f']],
  ['k:$1', ['$1'], 'positional parameter $1 refers to itself'],
  [
    'k:$foo',
    [],
    'invalid trailing character for positional param: f. Try quoting this entire part if this is intentional e.g. "$f".',
  ],
];

test('attach points in parts', () => {
  for (const [text, params, expected] of cases) assert.deepEqual(parts(text, ...params), expected, text);
});
