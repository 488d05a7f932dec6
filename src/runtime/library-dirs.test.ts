import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CodeKind, codeKinds, kindText, type LoaderCacheEntry, loaderCacheArch } from '../elf/index.ts';
import { ElfFiles } from './elf-files.ts';
import { foreignLibrary, installedLibrary, readLibraryCache } from './library-dirs.ts';

const i386: CodeKind = { machine: 3, elfClass: 32 };
const x86_64 = library(codeKinds.x86_64);
const aarch64 = library(codeKinds.aarch64);

const [known] = readLibraryCache();

/** What processes of this machine, or of another kind, get of the files below `root`. */
function find(name: string, root: string, kind: CodeKind = codeKinds.x86_64): string | undefined {
  const arch = kind === codeKinds.aarch64 ? 'aarch64' : 'x86_64';
  return installedLibrary(name, root, { kind, arch, elfFiles: new ElfFiles() });
}

function findForeign(name: string, root: string, kind: CodeKind = codeKinds.x86_64) {
  const found = foreignLibrary(name, root, { kind, arch: 'x86_64', elfFiles: new ElfFiles() });
  return found && { path: found.path, text: kindText(found.kind) };
}

test('what a container has no library of is not looked for among ours', {
  skip: known === undefined && 'no loader cache',
}, (t) => {
  const root = folder(t, { 'usr/lib/libown.so.1': x86_64 });
  assert.equal(find(known?.name ?? '', root), undefined);
  assert.equal(find('libown', root), '/usr/lib/libown.so.1');
});

test('a container without a loader cache that keeps libraries by architecture, as Debian does', (t) => {
  const root = folder(t, {
    'usr/lib/x86_64-linux-gnu/libown.so.1': x86_64,
    'lib/aarch64-linux-gnu/libown.so.1': aarch64,
    'usr/lib/libown.so.1': x86_64,
  });
  assert.equal(find('libown', root), '/usr/lib/x86_64-linux-gnu/libown.so.1');
  assert.equal(find('libown', root, codeKinds.aarch64), '/lib/aarch64-linux-gnu/libown.so.1');
});

test('the loader cache of a container, behind a link of the container', (t) => {
  const other = cached('opt/arm/libown.so.1', loaderCacheArch.aarch64);
  const own = cached('opt/own/libown.so.1', loaderCacheArch.x86_64);
  const root = folder(t, {
    'var/cache': loaderCache([other, own]),
    'opt/arm/libown.so.1': aarch64,
    'opt/own/libown.so.1': x86_64,
  });
  mkdirSync(join(root, 'etc'));
  symlinkSync('/var/cache', join(root, 'etc/ld.so.cache'));
  assert.equal(find('libown', root), own.path);
  assert.equal(find('libown', root, codeKinds.aarch64), other.path);
});

test('a loader cache that knows a name for other processes alone, or a file that has gone', (t) => {
  const files = { 'opt/arm/libown.so.1': aarch64, 'lib/libown.so.1': x86_64 };
  for (const path of ['opt/arm/libown.so.1', 'opt/gone/libown.so.1']) {
    const root = folder(t, { 'etc/ld.so.cache': loaderCache([cached(path, 0)]), ...files });
    assert.equal(find('libown', root), '/lib/libown.so.1');
    assert.equal(find('libown', root, i386), undefined);
  }
});

test('a library that only processes of another machine could load is told apart from none', (t) => {
  const own = folder(t, {
    'etc/ld.so.cache': loaderCache([cached('opt/own/libown.so.1', 0)]),
    'opt/own/libown.so.1': x86_64,
  });
  assert.deepEqual(findForeign('libown', own), undefined);
  assert.deepEqual(findForeign('libown', own, i386), { path: '/opt/own/libown.so.1', text: 'x86_64' });
  assert.deepEqual(findForeign('libother', own), undefined);
  const beside = folder(t, { 'lib/libown.a': '!<arch>\n', 'usr/lib/libown.so.1': library(i386) });
  assert.deepEqual(findForeign('libown', beside), { path: '/usr/lib/libown.so.1', text: 'i386 (32 bits)' });
  const rare = folder(t, { 'lib/libown.so': library({ machine: 4711, elfClass: 64 }) });
  assert.deepEqual(findForeign('libown', rare), { path: '/lib/libown.so', text: 'machine 4711' });
});

test('a process of 32 bits has other libraries', (t) => {
  const paths = ['usr/lib32/libown.so.1', 'usr/lib64/libown.so.1'];
  const root = folder(t, {
    'etc/ld.so.cache': loaderCache([
      cached(paths[0] ?? '', 0),
      cached(paths[1] ?? '', loaderCacheArch.x86_64),
    ]),
    'usr/lib32/libown.so.1': library(i386),
    'usr/lib64/libown.so.1': x86_64,
  });
  assert.equal(find('libown', root), '/usr/lib64/libown.so.1');
  assert.equal(find('libown', root, i386), '/usr/lib32/libown.so.1');
});

test('what stands beside a library and is for the linker or a debugger is passed over', (t) => {
  const root = folder(t, {
    'lib/libown.a': '!<arch>\n',
    'lib/libown.la': '# a libtool library file\n',
    'lib/libown.so': 'GROUP ( /lib/libown.so.6 AS_NEEDED ( /lib/ld-own.so.2 ) )\n',
    'lib/libown.so.6-gdb.py': 'import gdb\n',
    'lib/libown.so.6': x86_64,
  });
  assert.equal(find('libown', root), '/lib/libown.so.6');
  assert.equal(find('libown.so', root), '/lib/libown.so.6');
});

test('of several versions the newest, by the name that programs ask for', (t) => {
  const names = [
    'libown.so',
    'libown.so.9',
    'libown.so.10',
    'libown.so.10.2',
    'libown.so.9.11',
    'libown-3.so',
  ];
  const root = folder(t, Object.fromEntries(names.map((name) => [`lib/${name}`, x86_64])));
  assert.equal(find('libown', root), '/lib/libown.so.10');
  assert.equal(find('libown.so.9', root), '/lib/libown.so.9');
  assert.equal(find('libown.so.10.2', root), '/lib/libown.so.10.2');
  assert.equal(find('libown.so', root), '/lib/libown.so');
  const unversioned = folder(t, { 'lib/libown.so': x86_64, 'lib/libown-3.so': x86_64 });
  assert.equal(find('libown', unversioned), '/lib/libown-3.so');
});

test('a container that has put something else in the place of its loader cache', (t) => {
  const tooLarge = new Uint8Array(5 << 20);
  tooLarge.set(loaderCache([cached('opt/libown.so.1', 0)]));
  const files = { 'lib/libown.so': x86_64, 'opt/libown.so.1': x86_64 };
  for (const cache of ['no cache', tooLarge]) {
    const root = folder(t, { 'etc/ld.so.cache': cache, ...files });
    assert.equal(find('libown', root), '/lib/libown.so');
  }
  const root = folder(t, files);
  mkdirSync(join(root, 'etc/ld.so.cache'), { recursive: true });
  assert.equal(find('libown', root), '/lib/libown.so');
});

/** The header of a shared object without anything in it. */
function library({ machine, elfClass }: CodeKind): Uint8Array {
  const bytes = Buffer.alloc(64);
  bytes.write('\x7fELF');
  bytes.set([elfClass === 64 ? 2 : 1, 1, 1], 4);
  bytes.writeUInt16LE(3, 16); // ET_DYN
  bytes.writeUInt16LE(machine, 18);
  return bytes;
}

function cached(path: string, flags: number): LoaderCacheEntry {
  return { name: basename(path), path: `/${path}`, flags };
}

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
function loaderCache(entries: readonly LoaderCacheEntry[]): Uint8Array {
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
