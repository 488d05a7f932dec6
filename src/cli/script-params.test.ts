import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamedParam } from '../program/index.ts';
import { resolveNamedParams } from './script-params.ts';

const place = { offset: 0, size: 8 };
const declared: NamedParam[] = [
  { name: 'aa', kind: 'int', description: 'a number', default: 3n, ...place },
  { name: 'big', kind: 'uint', description: 'a large number', default: 0n, ...place },
  { name: 'flag', kind: 'bool', description: 'a flag', default: false, ...place },
  { name: 'text', kind: 'string', description: 'a text', default: 'x', ...place },
];

test('values come from the command line or the default', () => {
  const resolved = resolveNamedParams(declared, ['aa=-5', 'flag', 'text=a=b']);
  assert.ok(resolved.ok);
  assert.deepEqual(Object.fromEntries(resolved.values), { aa: -5n, big: 0n, flag: true, text: 'a=b' });
  const off = resolveNamedParams(declared, ['flag=Off', 'big=18446744073709551615']);
  assert.ok(off.ok);
  assert.equal(off.values.get('flag'), false);
  assert.equal(off.values.get('big'), 18446744073709551615n);
});

test('what is wrong with a value', () => {
  const rows: [word: string, error: string][] = [
    ['aa=False', 'program command line option --aa invalid integer (value: False)'],
    ['aa', 'program command line option --aa expects an integer (value: true)'],
    [
      'aa=9223372036854775808',
      'program command line option --aa value is out of range (value: 9223372036854775808)',
    ],
    ['text', 'program command line option --text expects a string (value: true)'],
    ['flag=maybe', "program command line option --flag expects a boolean (e.g. 'true') (value: maybe)"],
    [
      'flag=constructor',
      "program command line option --flag expects a boolean (e.g. 'true') (value: constructor)",
    ],
  ];
  for (const [word, error] of rows) {
    assert.deepEqual(resolveNamedParams(declared, [word]), { ok: false, error, hint: undefined }, word);
  }
});

test('names the script does not know, and --help', () => {
  const two = declared.slice(0, 1);
  assert.deepEqual(
    resolveNamedParams(
      [...two, { name: 'cc', kind: 'bool', description: '', default: false, ...place }],
      ['help'],
    ),
    { ok: false, error: undefined, hint: 'expected program options:\n--aa: a number\n--cc' },
  );
  assert.deepEqual(resolveNamedParams(two, ['bb']), {
    ok: false,
    error: 'unexpected program command line options: --bb',
    hint: 'expected program options: --aa',
  });
  assert.deepEqual(resolveNamedParams(two, ['help']), {
    ok: false,
    error: undefined,
    hint: 'expected program options:\n--aa: a number',
  });
  assert.deepEqual(resolveNamedParams([], ['help']), {
    ok: false,
    error: undefined,
    hint: 'no custom program options defined.',
  });
});
