import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeKernel } from '../../tests/support/fake-kernel.ts';
import type { Feature, Target } from '../program/index.ts';
import { compile } from './compile.ts';
import { createSource } from './language/index.ts';

/** What is said of the attach points of a script, one line each: `warning: text`, hints indented. */
function complaints(script: string, without: readonly Feature[] = []): readonly string[] {
  const kernel = fakeKernel();
  const target: Target = Object.create(kernel, {
    has: { value: (feature: Feature) => !without.includes(feature) },
  });
  const { diagnostics } = compile({
    source: createSource('stdin', script),
    target,
    positional: [],
    environment: {},
    options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  });
  return diagnostics.flatMap(({ severity, message, hints }) => [
    `${severity}: ${message}`,
    ...hints.map((hint) => `  ${hint}`),
  ]);
}

const untraceable = (name: string): string =>
  `warning: ${name} is not traceable (either non-existing, inlined, or marked as "notrace"); attaching to it will likely fail`;
const advice = "If this is expected, set the 'missing_probes' config variable to 'warn'.";

test('a name that nothing has is an error, whatever else its block has', () => {
  assert.deepEqual(complaints('kprobe:vfs_read, kprobe:bad { exit(); }'), [
    untraceable('bad'),
    'error: No matches for kprobe bad.',
  ]);
});

test('a pattern may match nothing as long as its block has other places', () => {
  assert.deepEqual(complaints('kprobe:vfs_read, kprobe:none_* { exit(); }'), []);
  assert.deepEqual(complaints('kprobe:none_* { exit(); }'), [
    `error: Probe has no valid attach points. ${advice}`,
    '  No matches for kprobe none_*.',
  ]);
  assert.deepEqual(complaints('rawtracepoint:nonsense { exit(); }'), [
    `error: Probe has no valid attach points. ${advice}`,
    '  No matches for rawtracepoint nonsense.',
  ]);
});

test('patterns come to no more progs than max_bpf_progs', () => {
  const script = (limit: number): string =>
    `config = { max_bpf_progs = ${limit} } kprobe:* { @[probe] = 1; } begin { exit(); } end { }`;
  assert.deepEqual(complaints(script(1)), [
    'error: Your program is trying to generate more than 2 BPF programs, which exceeds the current limit of 1',
    '  You can increase the limit through the BPFTRACE_MAX_BPF_PROGS environment variable.',
  ]);
  assert.deepEqual(complaints(script(2)), []);
});

test('missing_probes = warn: every loss is a warning, a block without places goes', () => {
  const warnings = complaints(
    'config = { missing_probes=warn } kprobe:bad { exit(); } t:sched:bad { exit(); } kprobe:none_* { exit(); }',
  );
  const removed =
    'warning: Probe has no valid attach points. It is being removed which may cause issues with program behavior.';
  assert.deepEqual(warnings, [
    untraceable('bad'),
    'warning: No matches for kprobe bad. Skipping.',
    'warning: No matches for tracepoint sched:bad. Skipping.',
    removed,
    removed,
    removed,
    '  No matches for kprobe none_*.',
  ]);
  assert.deepEqual(complaints('config = { missing_probes=ignore } kprobe:bad { exit(); }'), []);
});

test('a module that is not there', () => {
  assert.deepEqual(complaints('kprobe:nonsense:vfs_read { exit(); }'), [
    'error: specified module nonsense in probe kprobe:nonsense:vfs_read is not loaded.',
    `  ${advice}`,
  ]);
});

test('what does not exist is said before what the kernel cannot do', () => {
  assert.deepEqual(complaints('kprobe:bad { exit(); }', ['kprobe', 'fentry']), [
    untraceable('bad'),
    'error: No matches for kprobe bad.',
  ]);
  const [unable] = complaints('kprobe:vfs_read { exit(); }', ['kprobe', 'fentry']);
  assert.match(unable ?? '', /^error: Unable to attach probe: kprobe:vfs_read\. This kernel has no kprobes/);
});

test('tests and benchmarks have names of their own', () => {
  assert.deepEqual(complaints('test:a { exit(); } bench:a { exit(); } test:b, test:a { exit(); }'), [
    'error: "a" was used as the name for more than one TEST probe',
  ]);
  assert.deepEqual(complaints('test:a { exit(); }'), [
    'error: No probes attached; use --test to run test probes.',
  ]);
});

test('the machine is asked for as little as a script needs: no types, and the functions of a pattern', () => {
  const asked: (string | undefined)[] = [];
  const target: Target = Object.create(fakeKernel(), {
    btf: { value: () => asked.push('types') },
    kernelFunctions: { value: (piece?: string) => asked.push(piece) && [{ name: 'vfs_read' }] },
  });
  const { diagnostics } = compile({
    source: createSource('stdin', 'kprobe:v*_rea* { @[func] = count(); }'),
    target,
    positional: [],
    environment: {},
    options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(asked, ['_rea']);
});

test('the machine is not asked about loops where none is dear', () => {
  const asked: string[] = [];
  const target: Target = Object.create(fakeKernel(), {
    btf: { value: () => undefined },
    has: { value: (feature: Feature) => asked.push(feature) > 0 },
  });
  const { diagnostics } = compile({
    source: createSource('stdin', 'kprobe:vfs_read { $i = 0; while ($i < 3) { $i++; } @ = $i; }'),
    target,
    positional: [],
    environment: {},
    options: { isUnsafe: false, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  });
  assert.deepEqual(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.ok(!asked.includes('open-coded-iterators'));
});
