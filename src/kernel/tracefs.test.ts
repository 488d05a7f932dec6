import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TraceableFunctions } from './tracefs.ts';

test('functions that can be traced: names, their modules, and none that the kernel could not find', () => {
  const text = Buffer.from('vfs_read\nread_it [xfs]\n\n__ftrace_invalid_address___12\nnamed otherwise\nlast');
  const functions = new TraceableFunctions(text);
  const all = [
    { name: 'vfs_read' },
    { name: 'read_it', module: 'xfs' },
    { name: 'named' },
    { name: 'last' },
  ] as const;
  assert.deepEqual(functions.with(), all);
  assert.deepEqual(functions.with('read'), all.slice(0, 2));
  assert.deepEqual(functions.with('ast'), all.slice(3));
  assert.deepEqual(functions.with('vfs_read'), all.slice(0, 1));
  assert.deepEqual(functions.with('none'), []);
  assert.deepEqual(new TraceableFunctions(Buffer.of()).with(), []);
});
