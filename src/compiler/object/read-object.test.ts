import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objectOfFunctions } from '../../../tests/support/c-object.ts';
import { elfObject } from './elf-object.ts';
import { ObjectError, readObject } from './index.ts';

test('functions with their calls, parameters and stack', () => {
  const { funcs } = readObject(objectOfFunctions());
  assert.deepEqual(
    funcs.map(({ name, params, stackBytes, calls }) => [name, params, stackBytes, [...calls]]),
    [
      ['add_one', 1, 0, []],
      [
        'add_two',
        1,
        16,
        [
          [1, { kind: 'func', name: 'add_one' }],
          [3, { kind: 'func', name: 'add_one' }],
        ],
      ],
      ['length', 1, 0, [[0, { kind: 'kfunc', name: 'bpf_strlen' }]]],
    ],
  );
});

test('what cannot be linked is refused', () => {
  const refused = (bytes: Uint8Array, reason: RegExp): void =>
    assert.throws(
      () => readObject(bytes),
      (error) => error instanceof ObjectError && reason.test(error.message),
    );
  refused(new Uint8Array(100), /no object file for BPF/);
  refused(elfObject([], []), /no BTF/);
  refused(objectOfFunctions({ withData: true }), /it uses counter: only functions can be imported/);
});
