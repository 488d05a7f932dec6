import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { lookUpBinaries } from './binary-lookup.ts';
import { ElfFiles } from './elf-files.ts';

const options = {
  arch: 'x86_64',
  elfFiles: new ElfFiles(),
  anyFile: false,
  environment: { PATH: dirname(process.execPath) },
} as const;

test('programs by path, by name in PATH, and by pattern', () => {
  const node = { shown: process.execPath, path: process.execPath };
  assert.deepEqual(lookUpBinaries(process.execPath, undefined, options), [node]);
  assert.deepEqual(lookUpBinaries('node', undefined, options), [node]);
  assert.deepEqual(lookUpBinaries(`${dirname(process.execPath)}/nod[e]`, undefined, options), [node]);
  assert.deepEqual(lookUpBinaries('/no/such/file', undefined, options), []);
});

test('a text file is no target unless any file will do', () => {
  assert.deepEqual(lookUpBinaries('/etc/passwd', undefined, options), []);
  assert.equal(lookUpBinaries('/etc/passwd', undefined, { ...options, anyFile: true }).length, 1);
});

test('libraries by name: from the cache, and as a process has them', {
  skip: !existsSync('/etc/ld.so.cache') && 'no loader cache',
}, () => {
  const [fromCache] = lookUpBinaries('libc', undefined, options);
  assert.match(fromCache?.path ?? '', /\/libc[.-]/);
  const [fromProcess] = lookUpBinaries('libc', process.pid, options);
  assert.match(fromProcess?.path ?? '', /\/libc[.-]/);
  assert.deepEqual(lookUpBinaries('libnosuchlibrary', undefined, options), []);
});

test('everything that a process maps', () => {
  const found = lookUpBinaries('*', process.pid, options);
  assert.ok(found.some(({ path }) => path === process.execPath));
});
