import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KernelSymbols } from './kernel-symbols.ts';

const directory = mkdtempSync(join(tmpdir(), 'tetrace-'));
after(() => rmSync(directory, { recursive: true }));

function symbolsOf(lines: readonly string[]): KernelSymbols {
  const path = join(directory, 'kallsyms');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return new KernelSymbols(path);
}

const lines = [
  '0000000000000000 A fixed_percpu_data',
  'ffffffff81000000 T _text',
  'ffffffff81000100 t vfs_read',
  'ffffffff81000200 D some_data',
  'ffffffffc0000080 t late\t[dm_mod]',
  'ffffffffc0000000 t early\t[dm_mod]',
];

test('names by address, also when a module is out of order', () => {
  const symbols = symbolsOf(lines);
  assert.deepEqual(symbols.at(0xffffffff81000108n), [{ name: 'vfs_read', offset: 8n }]);
  assert.deepEqual(symbols.at(0xffffffffc0000001n), [{ name: 'early', offset: 1n, module: 'dm_mod' }]);
  assert.deepEqual(symbols.at(0xffffffffc0000080n), [{ name: 'late', offset: 0n, module: 'dm_mod' }]);
  assert.deepEqual(symbols.at(0xffffffff80ffffffn), []);
  assert.deepEqual(symbols.at(0x1000n), []);
});

test('addresses by name: whole names only, data too', () => {
  const symbols = symbolsOf(lines);
  assert.equal(symbols.address('vfs_read'), 0xffffffff81000100n);
  assert.equal(symbols.address('vfs'), undefined);
  assert.equal(symbols.address('read'), undefined);
  assert.equal(symbols.address('some_data'), 0xffffffff81000200n);
  assert.equal(symbols.address('late'), 0xffffffffc0000080n);
  assert.equal(symbols.address('fixed_percpu_data'), undefined);
});

test('hidden addresses are unknown', () => {
  const symbols = symbolsOf(['0000000000000000 T _text', '0000000000000000 t vfs_read']);
  assert.equal(symbols.address('vfs_read'), undefined);
  assert.deepEqual(symbols.at(0xffffffff81000000n), []);
});
