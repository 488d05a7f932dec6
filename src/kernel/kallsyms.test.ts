import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kallsyms } from './kallsyms.ts';
import { KernelError } from './sys/index.ts';

function withSymbols(lines: readonly string[], check: (symbols: Kallsyms) => void): void {
  const dir = mkdtempSync(join(tmpdir(), 'kallsyms-'));
  try {
    const path = join(dir, 'kallsyms');
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
    check(new Kallsyms(path));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test('symbols by name and by address', () => {
  const lines = [
    '0000000000000000 A fixed_percpu_data',
    'ffffffff81000000 T _text',
    'ffffffff81000000 T startup_64',
    'ffffffff81001000 t vfs_read',
    'ffffffff81001800 D some_data',
    'ffffffff81002000 W weak_one',
    'ffffffffc0000000 t mod_read\t[xfs]',
    'ffffffffa0000000 t vfs_read\t[early]',
    'ffffffffc0000100 t bpf_prog_1\t[bpf]',
  ];
  withSymbols(lines, (symbols) => {
    assert.deepEqual(symbols.byName('vfs_read'), {
      name: 'vfs_read',
      address: 0xffffffff81001000n,
      type: 't',
    });
    assert.deepEqual(symbols.byName('vfs_read', 'early')?.address, 0xffffffffa0000000n);
    assert.equal(symbols.byName('some_data')?.type, 'D');
    assert.equal(symbols.byName('read'), undefined);
    assert.equal(symbols.byName('vfs_rea'), undefined);
    const at = (address: bigint) => {
      const found = symbols.byAddress(address);
      return found && `${found.name}+${found.offset}`;
    };
    assert.equal(at(0xffffffff81000000n), '_text+0');
    assert.equal(at(0xffffffff81000fffn), '_text+4095');
    assert.equal(at(0xffffffff81001810n), 'some_data+16');
    assert.equal(at(0xffffffffc0000010n), 'mod_read+16');
    assert.equal(at(0xffffffffa0000001n), 'vfs_read+1');
    assert.equal(symbols.byAddress(0xffffffffa0000001n)?.module, 'early');
    assert.equal(at(0xffffffff80000000n), undefined);
    assert.equal(at(0x401000n), undefined);
    assert.deepEqual(
      [...symbols.functions()].map((symbol) => symbol.name),
      ['_text', 'startup_64', 'vfs_read', 'weak_one', 'mod_read', 'vfs_read', 'bpf_prog_1'],
    );
  });
});

test('hidden addresses name nothing', () => {
  withSymbols(['0000000000000000 T _text', '0000000000000000 t vfs_read'], (symbols) => {
    assert.equal(symbols.byAddress(0xffffffff81000000n), undefined);
    assert.equal(symbols.byName('vfs_read')?.address, 0n);
  });
});

test('a file that is not there is a KernelError', () => {
  assert.throws(
    () => new Kallsyms('/nonexistent/kallsyms').byName('x'),
    (error) => error instanceof KernelError && error.is('ENOENT'),
  );
});
