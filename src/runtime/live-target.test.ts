import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Kallsyms } from '../kernel/index.ts';
import { BtfSources } from './btf-sources.ts';
import { Cgroups } from './cgroups.ts';
import { DebugInfo } from './debug-info.ts';
import { Demangler } from './demangler.ts';
import { ElfFiles } from './elf-files.ts';
import { LiveTarget, type LiveTargetOptions } from './live-target.ts';
import { LocalTime } from './local-time.ts';
import { UserNames } from './user-names.ts';

const directory = mkdtempSync(join(tmpdir(), 'tetrace-'));
after(() => rmSync(directory, { recursive: true }));

function target(options: Partial<LiveTargetOptions> = {}): LiveTarget {
  return new LiveTarget({
    hasFeature: () => false,
    allowsKfunc: () => false,
    kallsyms: new Kallsyms(),
    btf: new BtfSources('/dev/null'),
    elfFiles: new ElfFiles(),
    debugInfo: new DebugInfo(new ElfFiles()),
    demangler: new Demangler(),
    bootToWallNs: () => 0n,
    includeDirs: [],
    unsafe: false,
    environment: {},
    ...options,
  });
}

test('an empty BPFTRACE_BTF means no BTF; modules then have none either', () => {
  const path = join(directory, 'empty');
  writeFileSync(path, '');
  const machine = target({ btf: new BtfSources(path) });
  assert.equal(machine.btf(), undefined);
  assert.equal(machine.moduleBtf('ext4'), undefined);
  assert.deepEqual(machine.btfModules(), []);
});

test('each feature is asked for once', () => {
  let asked = 0;
  const machine = target({ hasFeature: () => ++asked > 0 });
  assert.equal(machine.has('ring-buffer'), true);
  assert.equal(machine.has('ring-buffer'), true);
  assert.equal(asked, 1);
});

test('functions from a list of their own, with modules', () => {
  const path = join(directory, 'functions');
  writeFileSync(path, 'vfs_read\nfoo [dm_mod]\n__ftrace_invalid_address___12\n');
  const machine = target({ traceableFunctions: path });
  assert.deepEqual(machine.kernelFunctions(), [{ name: 'vfs_read' }, { name: 'foo', module: 'dm_mod' }]);
  assert.equal(machine.hasKernelFunction('vfs_read'), true);
  assert.equal(machine.hasKernelFunction('vfs_read', 'vmlinux'), true);
  assert.equal(machine.hasKernelFunction('foo', 'dm_mod'), true);
  assert.equal(machine.hasKernelFunction('foo', 'other'), false);
  assert.equal(machine.hasKernelFunction('nothing'), false);
});

test('CPUs, files, symbols of a binary', () => {
  const machine = target();
  assert.ok(machine.possibleCpus >= machine.onlineCpus.length && machine.onlineCpus.length > 0);
  assert.deepEqual(machine.readFile(join(directory, 'none')), {
    kind: 'refused',
    reason: 'No such file or directory',
  });
  assert.equal(machine.userSymbols('/etc/passwd'), undefined);
  const main = machine.userSymbols(process.execPath)?.find(({ name }) => name === 'main');
  assert.ok(main);
  assert.equal(machine.fileOffset(process.execPath, main.address), main.fileOffset);
});

test('tracepoint names from scripts stay inside tracefs', () => {
  assert.equal(target().tracepointFormat('..', 'x'), undefined);
  assert.equal(target().tracepointFormat('sched', '../../x'), undefined);
});

test('user names: the first line of a uid counts', () => {
  const path = join(directory, 'passwd');
  writeFileSync(path, 'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbob:x:1000:1000::/:/bin/sh\n');
  const names = new UserNames(path);
  assert.equal(names.name(0n), 'root');
  assert.equal(names.name(1000n), 'bob');
  assert.equal(names.name(5n), undefined);
});

test('cgroups by id and by path', () => {
  const root = join(directory, 'cg root');
  mkdirSync(join(root, 'a/b'), { recursive: true });
  mkdirSync(join(directory, 'cpu'));
  const mounts = join(directory, 'mounts');
  writeFileSync(
    mounts,
    `cgroup ${directory}/cpu cgroup rw 0 0\ncgroup2 ${root.replaceAll(' ', '\\040')} cgroup2 rw 0 0\n`,
  );
  const cgroups = new Cgroups(mounts);
  const inodeOf = (path: string) => statSync(path, { bigint: true }).ino;
  const id = inodeOf(join(root, 'a/b'));
  assert.equal(cgroups.path(id, ''), 'unified:/a/b,cpu:');
  assert.equal(cgroups.path(id, 'uni*'), 'unified:/a/b');
  assert.equal(cgroups.path(inodeOf(root), 'unified'), 'unified:/');
});

test('local time agrees with Date', () => {
  const at = new LocalTime().at(1_700_000_000_500_000_000n);
  const date = new Date(1_700_000_000_500);
  assert.deepEqual(
    [at.year, at.month, at.day, at.hour, at.minute],
    [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()],
  );
  assert.equal(at.yearday, 317);
  assert.equal(at.offsetMinutes, -date.getTimezoneOffset());
  assert.match(at.zone, /^([A-Z]{2,5}|[-+]\d{2,4})$/);
});

test('BPFTRACE_VMLINUX is asked for sizes of functions of the kernel', () => {
  const sizeIn = (path: string, name: string): bigint | undefined =>
    target({ environment: { BPFTRACE_VMLINUX: path } }).kernelFunctionSize(name);
  const size = sizeIn(process.execPath, 'napi_create_object');
  assert.ok(size !== undefined && size > 0n);
  assert.equal(sizeIn(process.execPath, 'no_such_function'), undefined);
  assert.equal(sizeIn('/dev/null', 'napi_create_object'), undefined);
});

test('headers of a named kernel are searched before those of -I', () => {
  const environment = { BPFTRACE_KERNEL_SOURCE: '/src' };
  const { includeDirs } = target({ environment, includeDirs: ['/own'] });
  assert.equal(includeDirs[0], `/src/arch/${process.arch === 'arm64' ? 'arm64' : 'x86'}/include`);
  assert.equal(includeDirs[8], '/own');
});
