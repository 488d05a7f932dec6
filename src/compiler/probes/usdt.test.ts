import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText } from '../../../tests/support/check-script.ts';
import { fakeTarget, usdtProbe } from '../../../tests/support/fake-target.ts';
import type { Feature, UsdtProbe } from '../../program/index.ts';

const noSymbols = { '/bin/app': [], '/bin/tool': [] };

function resolve(text: string, probes: readonly UsdtProbe[], without: readonly Feature[] = []) {
  const usdt = { '/bin/app': probes, '/bin/tool': probes };
  const checked = checkText(text, { target: fakeTarget({ binaries: noSymbols, usdt, without }) });
  assert.deepEqual(
    checked.diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  );
  return checked.probes.map(({ name, attachments }) => ({
    name,
    attachments: attachments.map((attachment) => {
      assert.ok(attachment.kind === 'usdt');
      const { locations, probeCount, via } = attachment;
      return { offsets: locations.map(({ fileOffset }) => fileOffset), probeCount, via };
    }),
  }));
}

const inlined = usdtProbe('app', 'step', ['8@%rax 8@$1', '8@%rbx 8@$1', '8@%rax 8@$1']);

test('places whose arguments are used and differ have a prog each; the probe counts once', () => {
  const name = 'usdt:/bin/app:app:step';
  assert.deepEqual(resolve('usdt:/bin/app:step { print(arg0); }', [inlined]), [
    { name, attachments: [{ offsets: [0x200n, 0x220n], probeCount: 1, via: 'multi' }] },
    { name, attachments: [{ offsets: [0x210n], probeCount: 0, via: 'multi' }] },
  ]);
});

test('arguments that are not used make no difference', () => {
  for (const body of ['print(arg1)', 'print($arg0)', '@ = count()']) {
    const text = body.includes('$')
      ? `usdt:/bin/app:step { $arg0 = 1; ${body}; }`
      : `usdt:/bin/app:step { ${body}; }`;
    const [only, ...more] = resolve(text, [inlined]);
    assert.deepEqual(more, [], body);
    assert.deepEqual(only?.attachments[0]?.offsets, [0x200n, 0x210n, 0x220n], body);
  }
});

test('an argument may be used through a macro', () => {
  assert.equal(resolve('macro first() { arg0 } usdt:/bin/app:step { print(first()); }', [inlined]).length, 2);
});

test('several probes share a prog unless the block says which it is in', () => {
  const probes = [inlined, usdtProbe('app', 'stop', ['8@%rdi 8@$1']), usdtProbe('lib', 'stop', [''])];
  const shared = resolve('usdt:/bin/app:app:* { print(arg1); }', probes);
  assert.deepEqual(
    shared.map(({ name, attachments }) => [name, attachments.map(({ probeCount }) => probeCount)]),
    [['usdt:/bin/app:app:*', [2]]],
  );
  const apart = resolve('usdt:/bin/app:*:* { @[probe] = count(); }', probes);
  assert.deepEqual(
    apart.map(({ name }) => name),
    ['usdt:/bin/app:app:step', 'usdt:/bin/app:app:stop', 'usdt:/bin/app:lib:stop'],
  );
});

test('without multi-links every place is a perf event', () => {
  const [probe] = resolve('usdt:/bin/app:step { @ = count(); }', [inlined], ['uprobe-multi']);
  assert.deepEqual(probe?.attachments[0]?.via, 'perf');
});

test('any number of namespaces when none is named', () => {
  const probes = [usdtProbe('a', 'x', ['']), usdtProbe('b', 'x', [''])];
  const names = (text: string): string[] => resolve(text, probes).map(({ name }) => name);
  assert.deepEqual(names('usdt:/bin/app:x { print(probe); }'), ['usdt:/bin/app:a:x', 'usdt:/bin/app:b:x']);
  assert.deepEqual(names('usdt:/bin/app::x { print(probe); }'), ['usdt:/bin/app:a:x', 'usdt:/bin/app:b:x']);
  assert.deepEqual(names('usdt:/bin/app:x {}'), ['usdt:/bin/app:x']);
  assert.deepEqual(names('U:/bin/app:b:* {}'), ['usdt:/bin/app:b:x']);
});
