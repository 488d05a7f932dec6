import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeKernel } from '../../tests/support/fake-kernel.ts';
import { compile } from './compile.ts';
import { createSource } from './language/index.ts';

/** A `begin` with so many variables, all needed behind `between`. */
function withVariables(count: number, between: (names: readonly string[]) => string): readonly string[] {
  const names = Array.from({ length: count }, (_, index) => `$v${index}`);
  const set = names.map((name, index) => `${name} = nsecs + ${index};`).join(' ');
  const { diagnostics } = compile({
    source: createSource(
      'stdin',
      `begin { @m[1] = 1; ${set} ${between(names)} print(${names.join(' + ')}); }`,
    ),
    target: fakeKernel(),
    positional: [],
    environment: {},
    options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  });
  return diagnostics.map(({ message }) => message);
}

test('variables that do not fit the stack are an error, be they shared with a loop or not', () => {
  const inLoop = (names: readonly string[]): string =>
    `for $kv : @m { ${names.map((name) => `${name} += $kv.0;`).join(' ')} }`;
  assert.deepEqual(withVariables(20, inLoop), []);
  const [message] = withVariables(60, inLoop);
  assert.match(
    message ?? '',
    /^the variables that this probe .* need \d+ bytes of stack, and a prog has 512$/,
  );

  assert.deepEqual(
    withVariables(40, () => 'printf("x");'),
    [],
  );
  const [other] = withVariables(100, () => 'printf("x");');
  assert.match(other ?? '', /bytes of stack/);
});
