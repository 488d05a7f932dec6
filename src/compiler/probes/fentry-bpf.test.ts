import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText } from '../../../tests/support/check-script.ts';
import { fakeTarget } from '../../../tests/support/fake-target.ts';
import type { BpfFunction } from '../../program/index.ts';

/** Three progs: two with a function `count`, and one that traces others. */
const bpfFunctions: readonly BpfFunction[] = [
  { prog: 3, name: 'count', isTracing: false },
  { prog: 7, name: 'count', isTracing: false },
  { prog: 8, name: 'counter', isTracing: true },
];

function check(text: string) {
  return checkText(text, { target: fakeTarget({ bpfFunctions }) });
}

test('functions of BPF progs by name, id and pattern', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['fentry:bpf:count {}', ['fentry:bpf:3:count', 'fentry:bpf:7:count']],
    ['fentry:bpf:7:count {}', ['fentry:bpf:7:count']],
    ['fexit:bpf:*:c* {}', ['fexit:bpf:3:count', 'fexit:bpf:7:count']],
    // What traces others is meant only when it is named.
    ['fexit:bpf:8:counter {}', ['fexit:bpf:8:counter']],
  ];
  for (const [text, names] of cases) {
    const { probes, diagnostics } = check(text);
    assert.deepEqual(diagnostics, [], text);
    assert.deepEqual(
      probes.map(({ name }) => name),
      names,
    );
  }
  const [probe] = check('fexit:bpf:7:count { print(probe) }').probes;
  assert.deepEqual(probe?.attachBtf, { kind: 'func', name: 'count', prog: 7 });
});

test('what is wrong with them', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['fentry:bpf:seven:count {}', /ERROR: fentry-bpf-id/],
    ['fentry:bpf:9:count {}', /bpf:9:count/],
    ['fentry:bpf:cuont {}', /bpf:cuont/],
    ['fentry:bpf:7:8:count {}', /ERROR: .*4/],
    [
      'fentry:bpf:count { print(args.ctx) }',
      /ERROR: The args builtin cannot be used for 'fentry\/fexit:bpf' probes/,
    ],
    ['fexit:bpf:count { print(retval) }', /ERROR: The retval builtin can only be used with/],
  ];
  for (const [text, message] of cases) assert.match(check(text).text, message, text);
});
