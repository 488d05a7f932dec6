import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText } from '../../../tests/support/check-script.ts';
import { fakeTarget } from '../../../tests/support/fake-target.ts';
import type { BpfFunction } from '../../program/index.ts';

/** Three progs: two with a function `count`, and one that traces others. */
const bpfFunctions: readonly BpfFunction[] = [
  { prog: 3, name: 'count', isTracing: false },
  { prog: 7, name: 'count', isTracing: false, returns: { size: 4, signed: true } },
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

test('the result of a function is what the kernel says', () => {
  const target = fakeTarget({ bpfFunctions });
  const { probes, diagnostics } = checkText('fexit:bpf:7:count { print(retval) }', { target });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(probes[0]?.retval, {
    type: { kind: 'int', size: 4, signed: true },
    source: { kind: 'func-ret' },
  });
  const old = fakeTarget({ bpfFunctions, without: ['get-func-ret'] });
  assert.match(
    checkText('fexit:bpf:7:count { print(retval) }', { target: old }).text,
    /ERROR: The retval builtin of fexit:bpf needs bpf_get_func_ret/,
  );
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
    // One of them has no result that is known.
    ['fexit:bpf:3:count { print(retval) }', /ERROR: The retval builtin can only be used with/],
    ['fentry:bpf:7:count { print(retval) }', /ERROR: The retval builtin can only be used with/],
  ];
  for (const [text, message] of cases) assert.match(check(text).text, message, text);
});
