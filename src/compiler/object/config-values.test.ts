import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Btf, BtfBuilder } from '../../btf/index.ts';
import { ConfigValues } from './config-values.ts';

const b = new BtfBuilder();
const int = (size: number, encoding: 'signed' | 'unsigned' | 'bool'): number =>
  b.addInt(`i${size}`, size, encoding);
const types = {
  int: int(4, 'signed'),
  short: int(2, 'unsigned'),
  bool: int(1, 'bool'),
  char: int(1, 'signed'),
  state: b.add({ kind: 'enum', name: 'libbpf_tristate', size: 4, signed: false, values: [] }),
  text: b.add({ kind: 'array', type: int(1, 'signed'), indexType: 1, length: 4 }),
};
const btf = Btf.parse(b.finish());
const sources = {
  config: () => ({
    version: 0x60c00,
    options: new Map([
      ['CONFIG_HZ', '1000'],
      ['CONFIG_BASE', '-0x10'],
      ['CONFIG_NET', 'y'],
      ['CONFIG_FS', 'm'],
      ['CONFIG_NAME', '"abcdef"'],
    ]),
  }),
  hasCookies: () => true,
  hasSyscallWrappers: () => false,
};

/** The bytes of a value's place, whose size is given. */
function read(name: string, type: keyof typeof types, size: number, isWeak = false): number[] {
  const values = new ConfigValues(btf, sources);
  const offset = values.offsetOf(name, types[type], isWeak);
  return [...(values.finish()?.initial ?? []).slice(offset, offset + size)];
}

test('values by the types of the variables', () => {
  assert.deepEqual(read('CONFIG_HZ', 'int', 4), [0xe8, 3, 0, 0]);
  assert.deepEqual(read('CONFIG_HZ', 'short', 2), [0xe8, 3]);
  assert.deepEqual(read('CONFIG_BASE', 'int', 4), [0xf0, 0xff, 0xff, 0xff]);
  assert.deepEqual(read('CONFIG_NET', 'bool', 1), [1]);
  assert.deepEqual(read('CONFIG_NET', 'char', 1), [0x79]);
  assert.deepEqual(read('CONFIG_FS', 'state', 4), [2, 0, 0, 0]);
  assert.deepEqual(read('CONFIG_NAME', 'text', 4), [0x61, 0x62, 0x63, 0]);
  assert.deepEqual(read('LINUX_KERNEL_VERSION', 'int', 4), [0, 0x0c, 6, 0]);
  assert.deepEqual(read('LINUX_HAS_BPF_COOKIE', 'int', 4), [1, 0, 0, 0]);
  assert.deepEqual(read('LINUX_HAS_SYSCALL_WRAPPER', 'bool', 1), [0]);
  assert.deepEqual(read('CONFIG_ABSENT', 'int', 4, true), [0, 0, 0, 0]);
});

test('each option has one place, and nothing asked makes no map', () => {
  const values = new ConfigValues(btf, sources);
  assert.equal(values.finish(), undefined);
  assert.equal(values.offsetOf('CONFIG_NET', types.bool, false), 0);
  assert.equal(values.offsetOf('CONFIG_HZ', types.int, false), 8);
  assert.equal(values.offsetOf('CONFIG_NET', types.bool, false), 0);
  assert.equal(values.finish()?.valueSize, 12);
});

test('what is not set, or no value of the type, is refused', () => {
  const refused = (name: string, type: keyof typeof types, reason: RegExp): void =>
    assert.throws(() => read(name, type, 4), reason, `${name} as ${type}`);
  refused('CONFIG_ABSENT', 'int', /does not set: __weak would make it 0/);
  for (const [name, type] of [
    ['CONFIG_HZ', 'char'],
    ['CONFIG_BASE', 'short'],
    ['CONFIG_FS', 'bool'],
    ['CONFIG_NET', 'int'],
    ['CONFIG_NAME', 'int'],
    ['CONFIG_HZ', 'text'],
  ] as const)
    refused(name, type, /as a type that does not hold its value/);
  const unread = new ConfigValues(btf, { ...sources, config: () => ({ version: 0 }) });
  assert.throws(() => unread.offsetOf('CONFIG_HZ', types.int, false), /cannot be read/);
});
