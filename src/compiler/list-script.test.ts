import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FakeMachine, fakeTarget, tracepointField } from '../../tests/support/fake-target.ts';
import { createSource } from './language/index.ts';
import { listScript } from './list-script.ts';

const machine: FakeMachine = {
  functions: [{ name: 'vfs_write' }, { name: 'vfs_read' }, { name: 'nf_hook', module: 'nf' }],
  tracepoints: { 'sched:b': [tracepointField('int', 'pid', 8, 4)], 'sched:a': [], 'other:c': [] },
  binaries: { '/bin/sh': [{ name: 'main', address: 16n, fileOffset: 16n, size: 16n }] },
};

function list(
  text: string,
  options: { readonly withParams?: boolean; readonly positional?: readonly string[] } = {},
): { readonly lines: readonly string[] | undefined; readonly messages: readonly string[] } {
  const target = fakeTarget(machine);
  const { probes, diagnostics } = listScript(
    {
      source: createSource('stdin', text),
      target,
      positional: options.positional ?? [],
      environment: {},
      options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
    },
    { target, withParams: options.withParams ?? false, warn: (warning) => assert.fail(warning) },
  );
  return {
    lines: probes?.flatMap((probe) => [probe.name, ...probe.params]),
    messages: diagnostics.map(({ severity, message }) => `${severity}: ${message}`),
  };
}

test('a script lists what its attach points were expanded to, in their order', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['BEGIN { } END { } self:signal:SIGUSR1 { }', []],
    ['interval:s:1 { } profile:hz:99 { } interval:50ms { }', ['interval:s:', 'profile:hz:', 'interval:us:']],
    ['software:faults:10 { } hardware:cycles: { }', ['software:faults:', 'hardware:cycles:']],
    ['t:sched:* { } t:other:c { }', ['tracepoint:sched:a', 'tracepoint:sched:b', 'tracepoint:other:c']],
    ['t:sched:* { print(probe) }', ['tracepoint:sched:a', 'tracepoint:sched:b']],
    ['kprobe:vfs_* { }', ['kprobe:vfs_read', 'kprobe:vfs_write']],
    ['kr:vfs_read, k:vfs_read+4 { }', ['kretprobe:vfs_read', 'kprobe:vfs_read']],
    ['kprobe:vmlinux:vfs_r* { } kprobe:nf:nf_hook { }', ['kprobe:vmlinux:vfs_read', 'kprobe:nf:nf_hook']],
    ['uprobe:sh:m* { }', ['uprobe:/bin/sh:main']],
    // Blocks are not looked at.
    ['kprobe:vfs_read { no_such_function($y) }', ['kprobe:vfs_read']],
  ];
  for (const [text, lines] of cases) assert.deepEqual(list(text), { lines, messages: [] }, text);
});

test('what this machine cannot attach is listed, with a warning', () => {
  const target = fakeTarget({ ...machine, without: ['kprobe', 'kprobe-multi', 'fentry'] });
  const warnings: string[] = [];
  const { probes, diagnostics } = listScript(
    {
      source: createSource('stdin', 'kprobe:vfs_* { }'),
      target,
      positional: [],
      environment: {},
      options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
    },
    { target, withParams: false, warn: (warning) => warnings.push(warning) },
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    probes?.map(({ name }) => name),
    ['kprobe:vfs_read', 'kprobe:vfs_write'],
  );
  assert.deepEqual(warnings, ['this kernel cannot attach kprobe probes: these are the names only']);
});

test('parameters are put in, arguments are shown when asked for', () => {
  assert.deepEqual(list('t:sched:$1 { }', { positional: ['a'] }).lines, ['tracepoint:sched:a']);
  assert.deepEqual(list('t:sched:b { }', { withParams: true }).lines, ['tracepoint:sched:b', 'int pid']);
});

test('attach points that are wrong or match nothing end the listing, or are left out by policy', () => {
  assert.deepEqual(list('kprobe:none { }'), {
    lines: undefined,
    messages: [
      'warning: none is not traceable (either non-existing, inlined, or marked as "notrace"); attaching to it will likely fail',
      'error: No matches for kprobe none.',
    ],
  });
  assert.equal(list('kprobe:vfs_read { ').lines, undefined);
  assert.deepEqual(list('config = { missing_probes = warn } kprobe:none, kprobe:vfs_read { }'), {
    lines: ['kprobe:vfs_read'],
    messages: [
      'warning: none is not traceable (either non-existing, inlined, or marked as "notrace"); attaching to it will likely fail',
      'warning: No matches for kprobe none. Skipping.',
    ],
  });
});
