import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ElfFiles } from './elf-files.ts';
import { NotPlainError, PlainFile, readNamed, readWhole } from './plain-file.ts';

describe('plain files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tetrace-plain-'));
    writeFileSync(join(folder, 'file'), '0123456789');
    symlinkSync('file', join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
  });
  after(() => rmSync(folder, { recursive: true }));

  test('are read from any place on, as far as they go', () => {
    using file = PlainFile.open(join(folder, 'link'));
    assert.equal(Buffer.from(file.read(2, 3)).toString(), '234');
    assert.equal(Buffer.from(file.read(8, 100)).toString(), '89');
  });

  test('nobody waits for a pipe, and folders, devices and links are refused', () => {
    for (const path of [join(folder, 'pipe'), folder, '/dev/null'])
      assert.throws(() => PlainFile.open(path), NotPlainError);
    assert.throws(() => PlainFile.open(join(folder, 'link'), { followsLinks: false }), { code: 'ELOOP' });
    assert.throws(() => PlainFile.open(join(folder, 'none')), { code: 'ENOENT' });
  });

  test('are read whole, also where they do not tell their size', () => {
    const { bytes, worldWritable } = readWhole(join(folder, 'file'));
    assert.deepEqual([Buffer.from(bytes).toString(), worldWritable], ['0123456789', false]);
    assert.match(Buffer.from(readWhole('/proc/self/status').bytes).toString(), /^Name:/);
    assert.throws(() => readWhole('/dev/zero'), NotPlainError);
  });

  test('/dev/null is the file in which nothing stands; other devices are none', () => {
    assert.equal(readNamed('/dev/null', 10).length, 0);
    assert.throws(() => readNamed('/dev/zero', 10), NotPlainError);
  });

  test('a pipe in the place of a binary is no binary', () => {
    assert.equal(new ElfFiles().open(join(folder, 'pipe')), undefined);
  });

  test('a binary that was replaced is not read as if it were the old one', () => {
    const path = join(folder, 'binary');
    writeFileSync(path, elfWithoutTables());
    const elf = new ElfFiles().open(path);
    assert.ok(elf);
    rmSync(path);
    writeFileSync(path, 'something else that is long enough to be read in its place '.repeat(10));
    assert.throws(() => elf.bytesOf({ ...noSection, size: 16 }), /another file than before/);
  });
});

const noSection = { name: '.x', type: 1, address: 0n, offset: 0, size: 0, flags: 0, link: 0 };

/** The header of a 64-bit library that has no sections and no segments. */
function elfWithoutTables(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes[16] = 3;
  return bytes;
}
