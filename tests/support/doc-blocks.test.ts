import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docCommands, docScripts } from './doc-blocks.ts';

test('commands end where their quotes do; other lines are left out', () => {
  const page =
    "text\n```sh\n# a comment\ntetrace -e 'a {\n}'\nnpm test\ntetrace -l x\n```\n```console\ntetrace no\n```\n";
  assert.deepEqual(docCommands(page), [
    { line: 4, text: "tetrace -e 'a {\n}'" },
    { line: 7, text: 'tetrace -l x' },
  ]);
});

test('a script has the output that stands behind it, when one does', () => {
  const page = '```bpftrace\na\n```\n\n```output\nx\n```\n```bpftrace\nb\n```\n';
  assert.deepEqual(docScripts(page), [
    { line: 1, text: 'a\n', output: 'x\n' },
    { line: 8, text: 'b\n', output: undefined },
  ]);
});

test('a block without end is an error', () => {
  assert.throws(() => docScripts('```sh\n'), /line 1/);
});
