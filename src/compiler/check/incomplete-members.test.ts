import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeBtf } from '../../../tests/support/fake-kernel.ts';
import { readCSection } from '../cpreproc/index.ts';
import { createSource, parseScript } from '../language/index.ts';
import { findIncompleteMembers } from './incomplete-members.ts';

function messagesFor(definitions: string): readonly string[] {
  const { script } = parseScript(createSource('stdin', `${definitions}\nbegin { }`));
  const section = readCSection({ chunks: script.cSection, include: () => ({ kind: 'nothing' }) });
  assert.deepEqual(section.diagnostics, []);
  return findIncompleteMembers(section.declarations, fakeBtf()).map(({ message }) => message);
}

test("what a struct of the kernel's name holds by value has to be defined with it", () => {
  assert.deepEqual(messagesFor('struct task_struct {\n  struct thread_info x[2];\n};'), [
    "'struct task_struct' is the kernel's: who defines it anew defines 'struct thread_info', which it holds, as well\ndefinitions.h:3: error: field 'x' has incomplete type 'struct thread_info'",
  ]);
});

test('pointers, own structs and structs of other names are complete', () => {
  for (const definitions of [
    'struct task_struct { struct thread_info *x; int y; };',
    'struct thread_info { int status; }; struct task_struct { struct thread_info x; };',
    'struct mine { struct task_struct x; };',
  ]) {
    assert.deepEqual(messagesFor(definitions), [], definitions);
  }
});
