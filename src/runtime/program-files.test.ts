import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ElfFiles } from './elf-files.ts';
import { readMaps } from './process-maps.ts';
import { filesOfProgram } from './program-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'tetrace-'));
after(() => rmSync(directory, { recursive: true }));

const options = {
  arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
  elfFiles: new ElfFiles(),
  environment: {},
} as const;

test('the program, its loader and its libraries: all of them are mapped once it runs', () => {
  const files = filesOfProgram(process.execPath, options);
  assert.equal(files[0], process.execPath);
  const mapped = new Set((readMaps(process.pid) ?? []).map(({ path }) => path));
  for (const file of files) assert.ok(mapped.has(realpathSync(file)), file);
  if ([...mapped].some((path) => /\/libc\.so/.test(path))) {
    assert.ok(files.some((path) => /\/libc\.so/.test(path)));
  }
});

test('of a script, the interpreter', () => {
  const script = join(directory, 'script');
  writeFileSync(script, `#! ${process.execPath} --flag\n`);
  assert.equal(filesOfProgram(script, options)[0], process.execPath);
});

test('libraries of LD_PRELOAD, found in LD_LIBRARY_PATH, and a file under two names once', () => {
  symlinkSync(process.execPath, join(directory, 'libown.so'));
  const environment = { LD_PRELOAD: 'libown.so libown.so', LD_LIBRARY_PATH: directory };
  const script = join(directory, 'text');
  writeFileSync(script, 'text');
  const files = filesOfProgram(script, { ...options, environment });
  assert.deepEqual(files.slice(0, 2), [script, join(directory, 'libown.so')]);
});

test('what is not there has no files', () => {
  assert.deepEqual(filesOfProgram(join(directory, 'none'), options), []);
});
