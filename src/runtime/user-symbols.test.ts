import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CProgram } from '../../tests/support/c-program.ts';
import { requireProgram, requireRoot } from '../../tests/support/requirements.ts';
import { ElfFiles } from './elf-files.ts';
import { findPerfMapEntry, type PerfMap, parsePerfMap, readPerfMap } from './perf-map.ts';
import {
  fileIdentity,
  isFileMapping,
  mappedFile,
  parseMaps,
  pathOfMapped,
  readMaps,
} from './process-maps.ts';
import { UserSymbols } from './user-symbols.ts';

test('mappings of a process', () => {
  const text = [
    '55d5c0a00000-55d5c0a2d000 r-xp 00001000 fe:00 123                        /usr/bin/a b (deleted)',
    '7ffd1b1c0000-7ffd1b1e1000 rw-p 00000000 00:00 0                          [stack]',
    '7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ',
    '',
  ].join('\n');
  const [program, stack, anonymous] = parseMaps(text);
  assert.deepEqual(program, {
    start: 0x55d5c0a00000n,
    end: 0x55d5c0a2d000n,
    executable: true,
    offset: 0x1000n,
    file: 'fe:00:123',
    path: '/usr/bin/a b',
  });
  assert.deepEqual(
    [program, stack, anonymous].map((mapping) => mapping && isFileMapping(mapping)),
    [true, false, false],
  );
});

test('a mapped file is known by more than its inode, and under every path', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tetrace-größe-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const [one, two] = [join(dir, 'one'), join(dir, 'two')];
  writeFileSync(one, '');
  linkSync(one, two);
  const [mapping] = parseMaps(`1000-2000 r-xp 00000000 fe:00 ${statSync('/proc/self/status').ino} ${one}\n`);
  assert.ok(mapping);
  assert.equal(mappedFile(process.pid, mapping), fileIdentity(two));
  assert.notEqual(mappedFile(process.pid, mapping), fileIdentity('/proc/self/status'));
  rmSync(one);
  assert.equal(mappedFile(process.pid, mapping), undefined);
});

test('a file that a process shares with us is read under a path that does not end with the process', () => {
  const program = readMaps(process.pid)?.find(({ path }) => path === realpathSync(process.execPath));
  assert.ok(program);
  assert.equal(pathOfMapped(process.pid, program), program.path);
});

test('perf maps: sorted, the later of two lines counts', () => {
  const entries = parsePerfMap('7f00 10 late\n1000 20 old name\n1000 20 new name\nnot a line\n');
  assert.equal(findPerfMapEntry(entries, 0x101fn)?.name, 'new name');
  assert.equal(findPerfMapEntry(entries, 0x1020n), undefined);
  assert.equal(findPerfMapEntry(entries, 0x7f00n)?.name, 'late');
  assert.equal(findPerfMapEntry(entries, 0xfffn), undefined);
});

test('the perf map of a process: read again when it has changed, but not all the time', (t) => {
  const path = `/tmp/perf-${process.pid}.map`;
  t.after(() => rmSync(path, { force: true }));
  const names = (map: PerfMap | undefined) => map?.entries.map(({ name }) => name);
  writeFileSync(path, '1000 20 one\n');
  const first = readPerfMap(process.pid, undefined);
  assert.ok(first);
  assert.deepEqual(names(first), ['one']);
  writeFileSync(path, '1000 20 one\n2000 20 two\n');
  assert.deepEqual(names(readPerfMap(process.pid, { ...first, againMs: performance.now() + 60_000 })), [
    'one',
  ]);
  assert.deepEqual(names(readPerfMap(process.pid, { ...first, againMs: 0 })), ['one', 'two']);
});

test('the perf map of a process whose /tmp is a link leads to its own files, not to ours', async (t) => {
  if (!requireRoot(t) || !requireProgram(t, 'gcc')) return;
  using program = new CProgram(
    '#include <stdio.h>\nint main(void) { puts(""); fflush(stdout); return getchar(); }',
    ['-static'],
  );
  const root = mkdtempSync(join(tmpdir(), 'tetrace-root-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'own/tmp'), { recursive: true });
  symlinkSync('/own/tmp', join(root, 'tmp'));
  copyFileSync(program.path, join(root, 'program'));
  const child = spawn('chroot', [root, '/program'], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const { pid } = child;
  assert.ok(pid !== undefined);
  writeFileSync(join(root, `own/tmp/perf-${pid}.map`), '1000 20 one\n');
  assert.deepEqual(
    readPerfMap(pid, undefined)?.entries.map(({ name }) => name),
    ['one'],
  );
});

test('what is no plain file of the process and its user is no perf map', (t) => {
  const path = `/tmp/perf-${process.pid}.map`;
  t.after(() => rmSync(path, { force: true }));
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
  assert.equal(readPerfMap(process.pid, undefined), undefined);
  rmSync(path);
  symlinkSync('/etc/passwd', path);
  assert.equal(readPerfMap(process.pid, undefined), undefined);
  rmSync(path);
  if (process.getuid?.() !== 0) return;
  writeFileSync(path, '1000 20 one\n');
  chownSync(path, 12_345, 12_345);
  assert.equal(readPerfMap(process.pid, undefined), undefined);
});

test('an address of a function of this process has its name, and none outside', () => {
  const elfFiles = new ElfFiles();
  const symbols = new UserSymbols({ elfFiles, cache: 'PER_PID', demangle: (name) => name });
  const elf = elfFiles.open(process.execPath);
  const [main] = elf?.functionsNamed('main') ?? [];
  const offset = main && elf?.fileOffset(main.address);
  assert.ok(offset !== undefined);
  const mapping = readMaps(process.pid)?.find(
    (row) =>
      row.path === process.execPath &&
      row.executable &&
      offset >= row.offset &&
      offset < row.offset + (row.end - row.start),
  );
  assert.ok(mapping);
  const address = mapping.start + (offset - mapping.offset);
  assert.deepEqual(symbols.at(process.pid, address + 2n), [
    { name: 'main', offset: 2n, module: process.execPath },
  ]);
  assert.deepEqual(symbols.at(process.pid, 0x10n), []);
  assert.deepEqual(symbols.at(0x3fffff, address), []);
});

test('of a process that is gone, the file at its path counts only if it is the one that was mapped', async (t) => {
  if (!requireProgram(t, 'gcc')) return;
  const wait = '#include <stdio.h>\nint main(void) { return getchar(); }';
  using program = new CProgram(wait, ['-fno-pie', '-no-pie']);
  const elfFiles = new ElfFiles();
  const symbols = new UserSymbols({ elfFiles, cache: 'PER_PID', demangle: (name) => name });
  const [main] = elfFiles.open(program.path)?.functionsNamed('main') ?? [];
  const child = spawn(program.path, { stdio: ['pipe', 'ignore', 'ignore'] });
  const { pid } = child;
  assert.ok(main && pid !== undefined);
  // What is mapped first is the program itself.
  await once(child, 'spawn');
  symbols.remember(pid);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const name = (address: bigint): string | undefined => symbols.at(pid, address)[0]?.name;
  assert.equal(name(main.address), 'main');
  copyFileSync(program.path, `${program.path}.new`);
  renameSync(`${program.path}.new`, program.path);
  assert.equal(name(main.address + 1n), undefined);
});

test('another file that lies at the path of a running program names nothing in it', async (t) => {
  if (!requireProgram(t, 'gcc')) return;
  const flags = ['-fno-pie', '-no-pie'];
  using program = new CProgram('int getchar(void); int main(void) { return getchar(); }', flags);
  using other = new CProgram('int main(void) { return 0; }\nint wrong(void) { return 1; }', flags);
  const elfFiles = new ElfFiles();
  const symbols = new UserSymbols({ elfFiles, cache: 'NONE', demangle: (name) => name });
  const [main] = elfFiles.open(program.path)?.functionsNamed('main') ?? [];
  const child = spawn(program.path, { stdio: ['pipe', 'ignore', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  const { pid } = child;
  assert.ok(main && pid !== undefined);
  await once(child, 'spawn');
  const name = (): string | undefined => symbols.at(pid, main.address)[0]?.name;
  assert.equal(name(), 'main');
  for (const replace of [
    () => renameSync(other.path, program.path),
    () => rmSync(program.path),
    () => void execFileSync('mkfifo', [program.path]),
  ]) {
    replace();
    // Root can still read what is mapped.
    assert.equal(name(), process.getuid?.() === 0 ? 'main' : undefined);
  }
});

test('behind a call that never returns the caller is still the one that called', (t) => {
  if (!requireProgram(t, 'gcc')) return;
  using program = new CProgram(
    'void _exit(int); __attribute__((noinline, noreturn)) void leave(void) { for (;;) _exit(0); }\n' +
      '__attribute__((noinline)) void last(void) { leave(); }\nvoid next(void) {}\nint main(void) { last(); }',
    ['-O1', '-fno-pie', '-no-pie'],
  );
  const elfFiles = new ElfFiles();
  const symbols = new UserSymbols({ elfFiles, cache: 'PER_PID', demangle: (name) => name });
  const [last] = elfFiles.open(program.path)?.functionsNamed('last') ?? [];
  assert.ok(last);
  const behind = last.address + last.size;
  const names = (isCaller: boolean): string[] =>
    symbols
      .at(0x3fffff, behind, { fallback: program.path, isCaller })
      .map(({ name, offset }) => `${name}+${offset}`);
  assert.deepEqual(names(true), [`last+${last.size}`]);
  assert.deepEqual(names(false), ['next+0']);
});
