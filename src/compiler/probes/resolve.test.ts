import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUnsigned } from '../../base/index.ts';
import type { Feature, Target, TracepointFormat } from '../../program/index.ts';
import { createSource, makeDiagnostic, parseScript } from '../language/index.ts';
import { probeCatalogue } from './catalogue.ts';
import type { ResolveContext, ResolveOptions } from './context.ts';
import { resolveProbes } from './resolve.ts';
import type { ResolvedProbe } from './resolved.ts';

const formats: Readonly<Record<string, TracepointFormat>> = {
  'syscalls:sys_enter_open': {
    id: 1,
    fields: [
      { name: 'common_type', type: 'unsigned short', offset: 0, size: 2, signed: false },
      { name: 'filename', type: 'const char *', offset: 16, size: 8, signed: false },
    ],
  },
  'syscalls:sys_enter_openat': { id: 2, fields: [] },
  'sched:sched_process_exec': {
    id: 3,
    fields: [
      { name: 'filename', type: '__data_loc char[]', offset: 8, size: 4, signed: false },
      { name: 'comm', type: 'char[16]', offset: 12, size: 16, signed: false },
    ],
  },
};

/** A machine of plain data, with the given features. */
function machine(features: readonly Feature[]): Target {
  const known = {
    arch: 'x86_64',
    has: (feature: Feature) => features.includes(feature),
    btf: () => undefined,
    // Machines list them in any order.
    tracepoints: () => Object.keys(formats).reverse(),
    tracepointFormat: (category: string, event: string) => formats[`${category}:${event}`],
    kernelFunctions: () => [
      { name: 'vfs_write' },
      { name: 'vfs_read' },
      { name: 'vfs_read.part.0' },
      { name: 'nf_hook', module: 'nf' },
    ],
    hasKernelFunction: (name: string) => name.startsWith('vfs_'),
    kernelFunctionSize: (name: string) => (name === 'vfs_read' ? 0x40n : undefined),
  } satisfies Partial<Target>;
  return known as unknown as Target; // attach points ask for nothing else
}

interface Outcome {
  readonly probes: readonly ResolvedProbe[];
  readonly messages: readonly string[];
}

function resolve(
  text: string,
  features: readonly Feature[] = ['kprobe', 'kprobe-multi'],
  options: Partial<ResolveOptions> = {},
): Outcome {
  const { script, diagnostics } = parseScript(createSource('stdin', text));
  assert.deepEqual(diagnostics, []);
  const messages: string[] = [];
  const context: ResolveContext = {
    script,
    target: machine(features),
    types: {
      ofBtf: () => ({ kind: 'void' }),
      ofDwarf: () => ({ kind: 'void' }),
      addProgram: () => {},
      ofText: () => undefined,
    },
    options: { missingProbes: 'error', maxProgs: 1024, unsafe: false, mode: 'run', ...options },
    report: (code, span, ...args) => {
      messages.push(makeDiagnostic(probeCatalogue, code, span, ...args).message);
    },
    missing: (_point, what) => void messages.push(`No matches for ${what}.`),
    unavailable: (_point, message) => void messages.push(message),
    integer: (value) => {
      const read = readUnsigned(value);
      return read.kind === 'integer' ? read.value : undefined;
    },
  };
  return { probes: resolveProbes(script, ['50'], context), messages };
}

test('a canonical name for every way of writing an attach point', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['BEGIN {} END {}', ['begin', 'end']],
    ['interval:s:1 {} i:hz:99 {}', ['interval:s:1', 'interval:hz:99']],
    ['interval:50ms {} profile:1s {}', ['interval:us:50000', 'profile:us:1000000']],
    ['interval:ms:$1 {}', ['interval:ms:50']],
    ['t:syscalls:sys_enter_open {}', ['tracepoint:syscalls:sys_enter_open']],
    ['software:faults:7 {} s:cpu: {}', ['software:faults:7', 'software:cpu:']],
    ['Kprobe:vfs_read+4 {}', ['kprobe:vfs_read+4']],
    ['kr:vfs_read {}', ['kretprobe:vfs_read']],
    ['self:signal:SIGUSR1 {}', ['self:signal:SIGUSR1']],
    ['watchpoint:0x1000:8:w {}', ['watchpoint:0x1000:8:w']],
  ];
  for (const [text, names] of cases) {
    const { probes, messages } = resolve(text);
    assert.deepEqual(messages, [], text);
    assert.deepEqual(
      probes.map((probe) => probe.name),
      names,
      text,
    );
  }
});

test('what cannot be read is one message each', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['kporbe:vfs_read {}', /^Invalid probe type: kporbe$/],
    ['begin:x {}', /^begin probe type requires 0 arguments, found 1$/],
    ['uprobe {}', /^uprobe probe type requires 2 or 3 arguments, found 0$/],
    ['uprobe:a {}', /^uprobe probe type requires 2 or 3 arguments, found 1$/],
    ['uretprobe:a:b:c:d {}', /^uretprobe probe type requires 2 or 3 arguments, found 4$/],
    ['interval:s {}', /^Invalid rate of interval probe: 's' is not a time$/],
    ['interval:10 {}', /Minimum is 1000 or 1us\. Found: 10 nanoseconds/],
    ['interval:min:1 {}', /^min is not an accepted unit of time$/],
    ['interval:constructor:1 {}', /^constructor is not an accepted unit of time$/],
    ['interval:s:0 {}', /^interval frequency should be a positive integer$/],
    ['interval:s:abc {}', /^Invalid rate of interval probe: invalid integer: abc$/],
    ['profile:hz:99x {}', /^Invalid rate of profile probe: invalid trailing bytes: 99x$/],
    ['profile:hz:-1 {}', /^profile frequency should be a positive integer$/],
    [
      'hardware:cycles:99999999999999999999 {}',
      /^Invalid count for hardware probe: overflow error, maximum value is 18446744073709551615: 99999999999999999999$/,
    ],
    ['kprobe: {}', /^kprobes should be attached to a function or an address$/],
    ['software:nope:1 {}', /^nope is not a software probe$/],
    ['kprobe:a+1+2 {}', /^Cannot take more than one offset$/],
    ['kretprobe:vfs_read+4 {}', /^Offset not allowed$/],
    ['kprobe:0xffff {}', /^Probing by address requires --unsafe$/],
    ['self:signal:SIGINT {}', /^SIGINT is not a supported signal$/],
    ['watchpoint:0:8:w {}', /non-zero address/],
    ['watchpoint:1:3:w {}', /length must be one of/],
    ['t:sched:none {}', /^No matches for tracepoint sched:none\.$/],
  ];
  for (const [text, pattern] of cases) {
    const { messages } = resolve(text);
    assert.equal(messages.length, 1, `${text}: ${messages.join('; ')}`);
    assert.match(messages[0] ?? '', pattern, text);
  }
});

test('a function that kprobes cannot stand on is warned of, and missing', () => {
  assert.deepEqual(resolve('kprobe:no_such {}').messages, [
    'no_such is not traceable (either non-existing, inlined, or marked as "notrace"); attaching to it will likely fail',
    'No matches for kprobe no_such.',
  ]);
});

test('an offset stays inside its function, where an ELF file of the kernel knows it', () => {
  assert.deepEqual(resolve('kprobe:vfs_read+64 {}').messages, [
    "Offset outside the function bounds ('vfs_read' size is 64)",
  ]);
  for (const inside of ['kprobe:vfs_read+63 {}', 'kprobe:vfs_write+64 {}'])
    assert.deepEqual(resolve(inside).messages, [], inside);
});

test('a wildcard is one prog, unless the block says which probe it is in', () => {
  const shared = resolve('tracepoint:syscalls:sys_enter_open* { @ = count(); }');
  assert.deepEqual(
    shared.probes.map((probe) => probe.attachments.length),
    [2],
  );
  const apart = resolve('tracepoint:syscalls:sys_enter_open* { @[probe] = count(); }');
  assert.deepEqual(
    apart.probes.map((probe) => probe.name),
    ['tracepoint:syscalls:sys_enter_open', 'tracepoint:syscalls:sys_enter_openat'],
  );
  const throughMacro = resolve(
    'macro name() { probe } tracepoint:syscalls:sys_enter_open* { @[name()] = count(); }',
  );
  assert.equal(throughMacro.probes.length, 2);
});

test('kprobe wildcards take one multi link where there are any', () => {
  const multi = resolve('kprobe:vfs_* {}').probes[0]?.attachments[0];
  assert.ok(multi?.kind === 'kprobe');
  assert.equal(multi.via, 'multi');
  assert.deepEqual(
    multi.locations.map((location) => location.function),
    ['vfs_read', 'vfs_write'],
  );
  const perf = resolve('kprobe:vfs_* {}', ['kprobe']).probes[0]?.attachments[0];
  assert.ok(perf?.kind === 'kprobe' && perf.via === 'perf' && perf.locations.length === 2);
});

test('func at an entry is the function itself where the kernel can tell it', () => {
  const able: readonly Feature[] = ['kprobe', 'get-func-ip'];
  const how = (text: string, features: readonly Feature[], options: Partial<ResolveOptions> = {}) =>
    resolve(text, features, options).probes[0]?.func;
  assert.equal(how('kprobe:vfs_read {}', able), 'helper');
  assert.equal(how('kprobe:vfs_read+4 {}', able), 'ip');
  assert.equal(how('kprobe:0xffff {}', able, { unsafe: true }), 'ip');
  assert.equal(how('kprobe:vfs_read {}', ['kprobe']), 'ip');
});

test('a kernel with neither kprobes nor fentry says so', () => {
  const { probes, messages } = resolve('kprobe:vfs_read {}', []);
  assert.equal(probes.length, 0);
  assert.match(
    messages[0] ?? '',
    /^Unable to attach probe: kprobe:vfs_read\. This kernel has no kprobes \(CONFIG_KPROBES\)/,
  );
});

test('tracepoint fields: common ones are left out, strings and locations are seen', () => {
  const [exec] = resolve('tracepoint:sched:sched_process_exec { print(args.comm); }').probes;
  assert.deepEqual(exec?.args?.names, ['filename', 'comm']);
  assert.deepEqual(exec?.args?.field('comm')?.type, { kind: 'string', size: 16 });
  assert.deepEqual(exec?.args?.field('filename')?.source, {
    kind: 'ctx-location',
    offset: 8,
    relative: false,
  });
  assert.equal(exec?.args?.field('nothing'), undefined);
});

test('a wildcard in place of the provider does not take return probes', () => {
  const { probes, messages } = resolve('k*:vfs_read {}');
  assert.deepEqual(messages, []);
  assert.deepEqual(
    probes.map((probe) => probe.name),
    ['kprobe:vfs_read'],
  );
});
