import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loaderCacheArch } from '../elf/index.ts';
import { installedLibrary, readLibraryCache } from './library-dirs.ts';

const [known] = readLibraryCache();

test('what a container has no library of is not looked for among ours', {
  skip: known === undefined && 'no loader cache',
}, (t) => {
  const root = folder(t, { 'usr/lib/libown.so.1': '' });
  assert.ok(installedLibrary(known?.name ?? '', 'x86_64', ''));
  assert.equal(installedLibrary(known?.name ?? '', 'x86_64', root), undefined);
  assert.equal(installedLibrary('libown', 'x86_64', root), '/usr/lib/libown.so.1');
});

test('a container without a loader cache that keeps libraries by architecture, as Debian does', (t) => {
  const root = folder(t, {
    'usr/lib/x86_64-linux-gnu/libown.so.1': '',
    'lib/aarch64-linux-gnu/libown.so.1': '',
    'usr/lib/libown.so.1': '',
  });
  assert.equal(installedLibrary('libown', 'x86_64', root), '/usr/lib/x86_64-linux-gnu/libown.so.1');
  assert.equal(installedLibrary('libown', 'aarch64', root), '/lib/aarch64-linux-gnu/libown.so.1');
});

test('the loader cache of a container, behind a link of the container', (t) => {
  const other = { name: 'libown.so.1', path: '/opt/arm/libown.so.1', flags: loaderCacheArch.aarch64 };
  const own = { name: 'libown.so.1', path: '/opt/own/libown.so.1', flags: loaderCacheArch.x86_64 };
  const root = folder(t, { 'var/cache': loaderCache([other, own]) });
  mkdirSync(join(root, 'etc'));
  symlinkSync('/var/cache', join(root, 'etc/ld.so.cache'));
  assert.equal(installedLibrary('libown', 'x86_64', root), own.path);
  assert.equal(installedLibrary('libown', 'aarch64', root), other.path);
});

test('a container that has put something else in the place of its loader cache', (t) => {
  const tooLarge = new Uint8Array(5 << 20);
  tooLarge.set(loaderCache([{ name: 'libown.so.1', path: '/opt/libown.so.1', flags: 0 }]));
  for (const cache of ['no cache', tooLarge]) {
    const root = folder(t, { 'etc/ld.so.cache': cache, 'lib/libown.so': '' });
    assert.equal(installedLibrary('libown', 'x86_64', root), '/lib/libown.so');
  }
  const root = folder(t, { 'lib/libown.so': '' });
  mkdirSync(join(root, 'etc/ld.so.cache'), { recursive: true });
  assert.equal(installedLibrary('libown', 'x86_64', root), '/lib/libown.so');
});

function folder(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), 'tetrace-root-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** A cache as ldconfig(8) writes it: a header of 48 bytes, 24 bytes per entry, and the texts. */
function loaderCache(entries: ReturnType<typeof readLibraryCache>): Uint8Array {
  let texts = '';
  const table = Buffer.alloc(48 + entries.length * 24);
  const textAt = (text: string): number => {
    const at = table.length + texts.length;
    texts += `${text}\0`;
    return at;
  };
  table.write('glibc-ld.so.cache1.1');
  table.writeUInt32LE(entries.length, 20);
  for (const [index, { name, path, flags }] of entries.entries()) {
    const at = 48 + index * 24;
    table.writeUInt32LE(flags, at);
    table.writeUInt32LE(textAt(name), at + 4);
    table.writeUInt32LE(textAt(path), at + 8);
  }
  return Buffer.concat([table, Buffer.from(texts)]);
}
