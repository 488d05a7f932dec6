import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { CProgram } from '../../tests/support/c-program.ts';
import { requireProgram, requireRoot, skipUnless } from '../../tests/support/requirements.ts';
import { lookUpBinaries, lookUpForeignBinary } from './binary-lookup.ts';
import { ElfFiles } from './elf-files.ts';
import { readMaps } from './process-maps.ts';

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

test('a file whose name looks like a pattern is that file', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-glob-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const named = (name: string) => ({ shown: join(folder, name), path: join(folder, name) });
  for (const name of ['b[1]', 'b1', 'b2']) copyFileSync('/bin/ls', join(folder, name));
  assert.deepEqual(lookUpBinaries(`${folder}/b[1]`, undefined, options), [named('b[1]')]);
  assert.deepEqual(lookUpBinaries(`${folder}/b[2]`, undefined, options), [named('b2')]);
  assert.deepEqual(lookUpBinaries(`${folder}/b[[:digit:]]*`, undefined, options), [named('b1'), named('b2')]);
});

test('a program stored in a zip archive', { skip: !existsSync('/usr/bin/zip') && 'no zip' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-zip-'));
  try {
    const archive = join(folder, 'a.zip');
    execFileSync('zip', ['-0', '-j', '-q', archive, '/etc/passwd', '/bin/ls']);
    execFileSync('zip', ['-9', '-j', '-q', archive, '/bin/cat']);
    const path = `${archive}!/ls`;
    assert.deepEqual(lookUpBinaries(path, undefined, options), [{ shown: path, path }]);
    for (const none of ['cat', 'passwd', 'nothing'])
      assert.deepEqual(lookUpBinaries(`${archive}!/${none}`, undefined, options), [], none);
    assert.deepEqual(lookUpBinaries('/bin/ls!/ls', undefined, options), []);
    const elf = options.elfFiles.open(path);
    const alone = options.elfFiles.open('/bin/ls');
    const start = readFileSync(archive).indexOf(readFileSync('/bin/ls'));
    assert.ok(elf && alone && start > 0);
    assert.equal(elf.fileOffset(elf.entry), (alone.fileOffset(alone.entry) ?? 0n) + BigInt(start));
    assert.equal(elf.addressOfOffset(elf.fileOffset(elf.entry) ?? 0n), elf.entry);
  } finally {
    rmSync(folder, { recursive: true });
  }
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

test('a file that a process has mapped beside a library and whose name begins so is not the library', async (t) => {
  if (!requireProgram(t, 'gcc')) return;
  using program = new CProgram(`
    #include <fcntl.h>
    #include <stdio.h>
    #include <sys/mman.h>
    int main(int argc, char **argv) {
      int fd = open(argv[1], O_RDONLY);
      void *low = (void *)0x10000000;
      puts(mmap(low, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == low ? "mapped" : "failed");
      fflush(stdout);
      return getchar();
    }`);
  const messages = join(dirname(program.path), 'libc.mo');
  writeFileSync(messages, 'the messages of libc in another language');
  const child = spawn(program.path, [messages], { stdio: ['pipe', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child, 'close')])) as [unknown];
  assert.equal(String(said), 'mapped\n');
  const mapped = readMaps(child.pid ?? 0)?.filter(({ path }) => /\/libc\./.test(path)) ?? [];
  assert.equal(mapped[0]?.path, messages, 'it comes first');
  const [found] = lookUpBinaries('libc', child.pid, options);
  assert.match(found?.path ?? '', /\/libc\.so/);
});

test('a process of 32 bits does not get the libraries of those of 64', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'program');
  const header = readFileSync('/bin/true').subarray(0, 64);
  header.fill(0, 20); // no segments, no sections
  writeFileSync(path, header);
  const held = { pid: 0x3fffff, path };
  assert.equal(lookUpBinaries('libc', held.pid, { ...options, held }).length, 1);
  header.set([1], 4); // ELFCLASS32
  header.set([3], 18); // EM_386
  writeFileSync(path, header);
  const [found] = lookUpBinaries('libc', held.pid, { ...options, elfFiles: new ElfFiles(), held });
  assert.equal(found && new ElfFiles().open(found.path)?.elfClass, found && 32);
});

test('a library by name that is in a container for another machine alone', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'unshare')) return;
  const library = '/usr/local/lib/libtetracetest.so';
  const inside = `mount -t tmpfs none /usr/local/lib && cat > ${library} && echo mounted && exec sleep 100`;
  const child = spawn('unshare', ['--mount', '/bin/sh', '-c', inside], { stdio: ['pipe', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  const bytes = readFileSync('/bin/true');
  bytes.set([183], 18); // EM_AARCH64
  child.stdin.end(bytes);
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child, 'close')])) as [unknown];
  if (!skipUnless(t, String(said).startsWith('mounted'), 'mounting in a namespace is refused')) return;
  assert.deepEqual(lookUpBinaries('libtetracetest', child.pid, options), []);
  const foreign = { shown: library, machine: 'aarch64', wanted: 'x86_64' };
  assert.deepEqual(lookUpForeignBinary('libtetracetest', child.pid, options), foreign);
  assert.equal(lookUpForeignBinary('libtetracetest', undefined, options), undefined);
  assert.equal(lookUpForeignBinary(library, child.pid, options), undefined);
});

test('a library by name in a container that has files of its own', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'unshare')) return;
  const library = '/usr/local/lib/libtetracetest.so';
  const inside = `mount -t tmpfs none /usr/local/lib && cp /bin/ls ${library} && echo mounted && exec cat`;
  const child = spawn('unshare', ['--mount', '/bin/sh', '-c', inside], { stdio: ['pipe', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  const [said] = (await Promise.race([once(child.stdout, 'data'), once(child, 'close')])) as [unknown];
  if (!skipUnless(t, String(said).startsWith('mounted'), 'mounting in a namespace is refused')) return;
  const { pid } = child;
  const found = { shown: library, path: `/proc/${pid}/root${library}` };
  assert.deepEqual(lookUpBinaries('libtetracetest', pid, options), [found]);
  assert.deepEqual(lookUpBinaries('libtetracetest', undefined, options), []);
});

test('everything that a process maps', () => {
  const found = lookUpBinaries('*', process.pid, options);
  assert.ok(found.some(({ path }) => path === process.execPath));
});
