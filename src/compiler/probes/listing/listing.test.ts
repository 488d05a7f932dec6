import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTarget, tracepointField, usdtProbe } from '../../../../tests/support/fake-target.ts';
import { Btf, BtfBuilder } from '../../../btf/index.ts';
import type { Target, UserSymbol } from '../../../program/index.ts';
import type { ListContext, ListedProbe } from './listed.ts';
import { listProbes } from './pattern.ts';
import { listTypeDefinitions, listTypeNames, parseTypePattern } from './types.ts';

/** vfs_read, two functions no trampoline serves, a void one, a raw tracepoint, an iterator and some types. */
function kernelBtf(): Btf {
  const builder = new BtfBuilder();
  const int = builder.addInt('int', 4, 'signed');
  const file = builder.add({ kind: 'struct', name: 'file', size: 4, members: [field('flags', int)] });
  const filePtr = builder.add({ kind: 'ptr', type: file });
  const voidPtr = builder.add({ kind: 'ptr', type: 0 });
  const double = builder.add({ kind: 'float', name: 'double', size: 8 });
  const func = (name: string, returns: number, params: readonly (readonly [string, number])[]): void => {
    const proto = builder.add({
      kind: 'func_proto',
      returns,
      params: params.map(([param, type]) => ({ name: param, type })),
      variadic: name === 'printk',
    });
    builder.add({ kind: 'func', name, type: proto, linkage: 'static' });
  };
  func('vfs_read', int, [
    ['file', filePtr],
    ['scale', double],
    ['count', int],
  ]);
  func('vfs_stop', 0, []);
  func('printk', int, [['format', voidPtr]]);
  func(
    'vfs_many',
    int,
    Array.from({ length: 13 }, (_, index) => [`a${index}`, int] as const),
  );
  func('__traceiter_sched_wake', int, [
    ['__data', voidPtr],
    ['who', filePtr],
  ]);
  const wakeProto = builder.add({
    kind: 'func_proto',
    returns: 0,
    params: [
      { name: '', type: voidPtr },
      { name: '', type: filePtr },
    ],
    variadic: false,
  });
  builder.add({
    kind: 'typedef',
    name: 'btf_trace_sched_wake',
    type: builder.add({ kind: 'ptr', type: wakeProto }),
  });
  builder.add({ kind: 'struct', name: 'bpf_iter__task', size: 4, members: [field('flags', int)] });
  builder.add({ kind: 'struct', name: 'bpf_iter__task__safe_trusted', size: 4, members: [field('x', int)] });
  func('bpf_iter_task', int, [
    ['meta', voidPtr],
    ['task', filePtr],
  ]);
  builder.add({ kind: 'union', name: 'either', size: 4, members: [field('a', int)] });
  const values = [{ name: 'ON', value: 1n }];
  builder.add({ kind: 'enum', name: 'state', size: 4, signed: false, values });
  builder.add({ kind: 'enum64', name: 'wide', size: 8, signed: false, values });
  return Btf.parse(builder.finish());
}

/** What a module has: a struct as the kernel has it, and one of its own. */
function moduleBtf(): Btf {
  const builder = new BtfBuilder();
  const int = builder.addInt('int', 4, 'signed');
  builder.add({ kind: 'struct', name: 'file', size: 4, members: [field('flags', int)] });
  builder.add({ kind: 'struct', name: 'file_ops', size: 4, members: [field('count', int)] });
  const proto = builder.add({
    kind: 'func_proto',
    returns: 0,
    params: [{ name: 'x', type: int }],
    variadic: false,
  });
  builder.add({ kind: 'func', name: 'nf_hook', type: proto, linkage: 'static' });
  return Btf.parse(builder.finish());
}

function field(name: string, type: number) {
  return { name, type, bitOffset: 0, bitfieldSize: 0 };
}

function symbol(name: string, address: bigint): UserSymbol {
  return { name, address, fileOffset: address, size: 16n };
}

function machine(): Target {
  const binaries = { '/bin/sh': [symbol('main', 1n), symbol('readline', 2n), symbol('rl_alias', 2n)] };
  const target = fakeTarget({
    btf: kernelBtf(),
    modules: { nf: moduleBtf() },
    functions: [
      { name: 'vfs_read' },
      { name: 'vfs_read' },
      { name: 'vfs_stop' },
      { name: 'vfs_many' },
      { name: 'vfs_read.part.0' },
      { name: 'printk' },
      { name: 'rcu_core' },
      { name: 'nf_hook', module: 'nf' },
    ],
    tracepoints: {
      'sched:sched_wake': [
        tracepointField('int', 'common_pid', 4, 4),
        tracepointField('char[16]', 'comm', 8, 16),
        tracepointField('__data_loc char[]', 'path', 24, 4),
        tracepointField('const char *', 'text', 32, 8),
      ],
      'vfs:vfs_open': [],
    },
    binaries,
    usdt: { '/bin/sh': [usdtProbe('shell', 'start', ['']), usdtProbe('rtld', 'map_start', [''])] },
  });
  return {
    ...target,
    resolveBinary: (text, pid) =>
      text === '*' ? [{ shown: '/bin/sh', path: '/bin/sh' }] : target.resolveBinary(text, pid),
  };
}

function list(
  pattern: string,
  options: Partial<ListContext> = {},
): {
  readonly probes: readonly ListedProbe[];
  readonly names: readonly string[];
  readonly warnings: string[];
} {
  const warnings: string[] = [];
  const probes = listProbes(pattern, {
    target: machine(),
    withParams: false,
    warn: (text) => void warnings.push(text),
    ...options,
  });
  return { probes, names: probes.map((probe) => probe.name), warnings };
}

test('patterns by provider', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['tracepoint:sched:*', ['tracepoint:sched:sched_wake']],
    ['t:*open', ['tracepoint:vfs:vfs_open']],
    ['tracepoint:sched:', ['tracepoint:sched:sched_wake']],
    ['tracepoint:sched:none', []],
    ['kprobe:vfs_*', ['kprobe:vfs_many', 'kprobe:vfs_read', 'kprobe:vfs_stop']],
    ['KPROBE:vmlinux:vfs_read', ['kprobe:vmlinux:vfs_read']],
    ['kprobe:n*:*', ['kprobe:nf:nf_hook']],
    ['kprobe:nf_hook', ['kprobe:nf_hook']],
    ['kprobe:rcu_*', []],
    ['kprobe:rcu_core', ['kprobe:rcu_core']],
    ['kr:vfs_read', ['kretprobe:vfs_read']],
    ['fentry:*', ['fentry:nf:nf_hook', 'fentry:vmlinux:vfs_read', 'fentry:vmlinux:vfs_stop']],
    ['fexit:nf:*', ['fexit:nf:nf_hook']],
    ['rawtracepoint:*', ['rawtracepoint:vmlinux:sched_wake']],
    ['rt:vmlinux:sched_wake', ['rawtracepoint:vmlinux:sched_wake']],
    ['iter:*', ['iter:task']],
    ['software:cpu*', ['software:cpu-clock:', 'software:cpu-migrations:', 'software:cpu:']],
    ['software:cpu:', ['software:cpu:']],
    ['software:cpu:100', []],
    ['hardware:c*cles', ['hardware:cpu-cycles:', 'hardware:cycles:']],
    ['interval:*', ['interval:hz:', 'interval:ms:', 'interval:s:', 'interval:us:']],
    ['p:hz', ['profile:hz:']],
    ['self:*', ['self:signal:SIGUSR1']],
    ['begin:*', ['begin']],
    ['test:*', []],
    ['uprobe:/bin/sh:r*', ['uprobe:/bin/sh:readline', 'uprobe:/bin/sh:rl_alias']],
    ['uprobe:sh:main', ['uprobe:/bin/sh:main']],
    ['uprobe:/bin/sh', ['uprobe:/bin/sh:main', 'uprobe:/bin/sh:readline', 'uprobe:/bin/sh:rl_alias']],
    ['uretprobe:main', ['uretprobe:/bin/sh:main']],
    ['usdt:/bin/sh:*start', ['usdt:/bin/sh:rtld:map_start', 'usdt:/bin/sh:shell:start']],
    ['usdt:*:rtld:*', ['usdt:/bin/sh:rtld:map_start']],
  ];
  for (const [pattern, names] of cases) {
    const listed = list(pattern);
    assert.deepEqual(listed.names, names, pattern);
    assert.deepEqual(listed.warnings, [], pattern);
  }
});

test('a wildcard for the provider takes those of the kernel, and of user programs when one is named', () => {
  const wake = ['rawtracepoint:vmlinux:sched_wake', 'tracepoint:sched:sched_wake'];
  assert.deepEqual(list('*wake').names, wake);
  assert.deepEqual(list('*:*wake').names, wake);
  assert.deepEqual(list('vfs_read').names, ['fentry:vmlinux:vfs_read', 'kprobe:vfs_read']);
  assert.deepEqual(list('*:main').names, []);
  assert.deepEqual(list('*:main', { pid: 1 }).names, ['uprobe:/bin/sh:main']);
  assert.deepEqual(list('*:/bin/sh:*start').names, [
    'usdt:/bin/sh:rtld:map_start',
    'usdt:/bin/sh:shell:start',
  ]);
  const all = list('*:*').names;
  assert.deepEqual(
    [...new Set(all.map((name) => name.split(':')[0]))],
    ['fentry', 'hardware', 'iter', 'kprobe', 'rawtracepoint', 'software', 'tracepoint'],
  );
});

test('arguments as they are declared', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['tracepoint:sched:sched_wake', ['char comm[16]', '__data_loc char[] path', 'const char * text']],
    ['kprobe:vfs_read', ['struct file * arg0', 'int arg1']],
    ['kretprobe:vfs_read', ['int retval']],
    ['kretprobe:vfs_stop', ['void']],
    ['fentry:vfs_read', ['struct file * file', 'double scale', 'int count']],
    ['fexit:vfs_read', ['struct file * file', 'double scale', 'int count', 'int retval']],
    ['fexit:vfs_stop', []],
    ['fentry:nf_hook', ['int x']],
    ['rawtracepoint:sched_wake', ['struct file * who']],
    ['iter:task', ['struct file * task']],
    ['software:cpu:', []],
  ];
  for (const [pattern, params] of cases) {
    assert.deepEqual(list(pattern, { withParams: true }).probes[0]?.params, params, pattern);
    assert.deepEqual(list(pattern).probes[0]?.params, [], pattern);
  }
});

test('what keeps probes from being found is said, unless nobody asked for them', () => {
  const cases: readonly (readonly [string, Target, RegExp])[] = [
    ['nope:x', machine(), /^Invalid probe type: nope$/],
    ['kprobe:*', fakeTarget(), /^the list of traceable functions cannot be read: .*--traceable-functions$/],
    ['fentry:*', fakeTarget(), /^fentry needs the kernel's BTF, and there is none$/],
    ['rt:*', fakeTarget(), /^rawtracepoints require kernel BTF/],
    ['iter:*', fakeTarget({ btf: kernelBtf(), without: ['iter'] }), /^this kernel refuses BPF iterators$/],
    [
      'kprobe:vfs_read',
      fakeTarget({ functions: [{ name: 'vfs_read' }], without: ['kprobe', 'fentry'] }),
      /^this kernel cannot attach kprobe probes/,
    ],
    ['uprobe:/none:x', machine(), /^uprobe target file '\/none' does not exist or is not executable$/],
  ];
  for (const [pattern, target, warning] of cases) {
    const { warnings } = list(pattern, { target });
    assert.equal(warnings.length, 1, pattern);
    assert.match(warnings[0] ?? '', warning, pattern);
  }
  const { warnings } = list('uprobe:/bin/sh:r*', { withParams: true });
  assert.deepEqual(warnings, ['No DWARF found for "/bin/sh", cannot show parameter info']);
  const guessed = list('*:x', {
    target: fakeTarget({ functions: [], without: ['kprobe', 'fentry', 'iter'] }),
  });
  assert.deepEqual(guessed.warnings, []);
});

test('in scripts quotes hold a path together; in a pattern they are part of it, as for bpftrace', () => {
  for (const kind of ['uprobe', 'usdt']) {
    const { names, warnings } = list(`${kind}:"/bin/sh":*`);
    assert.deepEqual(names, []);
    assert.deepEqual(warnings, [`${kind} target file '"/bin/sh"' does not exist or is not executable`]);
  }
  assert.deepEqual(list('uprobe:/bin/sh:"readline"').names, []);
  assert.deepEqual(list('uprobe:/bin/sh:readline').names, ['uprobe:/bin/sh:readline']);
});

test('types by name, and with the modules that define them', () => {
  const target = machine();
  const names = (text: string): readonly string[] => {
    const pattern = parseTypePattern(text);
    assert.ok(pattern, text);
    return listTypeNames(pattern, target);
  };
  assert.deepEqual(names('struct file*'), ['struct file', 'struct file_ops']);
  assert.deepEqual(names('struct file'), ['struct file']);
  assert.deepEqual(names('struct none'), []);
  assert.deepEqual(names('union *'), ['union either']);
  assert.deepEqual(names('enum *'), ['enum state', 'enum wide']);
  for (const text of ['struct', 'structure *', 'typedef x', 'struct:x'])
    assert.equal(parseTypePattern(text), undefined, text);
  assert.deepEqual(listTypeDefinitions({ word: 'struct', name: 'file*' }, target), [
    'vmlinux: struct file {\n\tint flags;\n};',
    'nf: struct file_ops {\n\tint count;\n};',
  ]);
  assert.deepEqual(listTypeDefinitions({ word: 'enum', name: 'wide' }, target), [
    'vmlinux: enum wide {\n\tON = 1ULL,\n};',
  ]);
});
