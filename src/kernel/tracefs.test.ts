import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTraceableFunctions } from './tracefs.ts';

test('functions that can be traced: names, their modules, and none that the kernel could not find', () => {
  const text = 'vfs_read\nread_it [xfs]\n\n__ftrace_invalid_address___12\nnamed otherwise\nlast';
  assert.deepEqual(parseTraceableFunctions(text), [
    { name: 'vfs_read' },
    { name: 'read_it', module: 'xfs' },
    { name: 'named' },
    { name: 'last' },
  ]);
});
