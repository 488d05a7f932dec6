import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { FeatureProbe } from '../../src/kernel/index.ts';
import type { Prog, Program } from '../../src/program/index.ts';
import { BtfSources, ElfFiles, lookUpBinaries } from '../../src/runtime/index.ts';
import { emitting, firesAndStops } from '../support/hand-written-run.ts';
import { requireRoot, skipUnless } from '../support/requirements.ts';

const features = new FeatureProbe(() => new BtfSources(undefined).running());
/** It asks for its locale before it does anything else, and ends through exit(). */
const runDate = (): void => void spawnSync('date');

test('every kind of probe that needs no function attaches, fires and detaches', async (t) => {
  if (!requireRoot(t)) return;
  const period = { kind: 'period', count: 1_000_000n } as const;
  const rows: { readonly probe: Program['probes'][number]; readonly prog: Prog }[] = [
    {
      probe: { kind: 'interval', name: 'interval:ms:1', period, prog: 0 },
      prog: emitting('BPF_PROG_TYPE_PERF_EVENT', [0, 1]),
    },
    {
      probe: { kind: 'profile', name: 'profile:ms:1', period, prog: 0 },
      prog: emitting('BPF_PROG_TYPE_PERF_EVENT', [0, 1]),
    },
    {
      probe: {
        kind: 'software',
        name: 'software:page-faults:1',
        event: 'page-faults',
        config: 2,
        period: { kind: 'period', count: 1n },
        prog: 0,
      },
      prog: emitting('BPF_PROG_TYPE_PERF_EVENT', [0, 1]),
    },
    {
      probe: {
        kind: 'rawtracepoint',
        name: 'rawtracepoint:sched_process_exec',
        event: 'sched_process_exec',
        prog: 0,
      },
      prog: emitting('BPF_PROG_TYPE_RAW_TRACEPOINT', [0, 1]),
    },
    {
      probe: {
        kind: 'rawtracepoint',
        name: 'rawtracepoint:sched_process_exec',
        event: 'sched_process_exec',
        prog: 0,
      },
      prog: {
        ...emitting('BPF_PROG_TYPE_TRACING', [0, 1]),
        expectedAttachType: 'BPF_TRACE_RAW_TP',
        attachBtf: { kind: 'typedef', name: 'btf_trace_sched_process_exec' },
      },
    },
  ];
  for (const { probe, prog } of rows) await firesAndStops(prog, probe, runDate);
});

test('kprobe multi-links, by address and by name', async (t) => {
  if (!requireRoot(t) || !skipUnless(t, features.has('kprobe-multi'), 'needs kprobe multi-links')) return;
  const prog: Prog = {
    ...emitting('BPF_PROG_TYPE_KPROBE', [0, 1]),
    expectedAttachType: 'BPF_TRACE_KPROBE_MULTI',
  };
  // The second is looked up in a module that is not there: names are what remains.
  for (const place of [{}, { module: 'no_such_module' }]) {
    const locations = [{ function: 'vfs_read', ...place }];
    const name = 'kprobe:vfs_*';
    await firesAndStops(prog, { kind: 'kprobe', name, locations, via: 'multi', prog: 0 }, runDate);
  }
});

test('uprobes and uretprobes, alone and as multi-links', async (t) => {
  if (!requireRoot(t)) return;
  const elfFiles = new ElfFiles();
  const [libc] = lookUpBinaries('libc', undefined, {
    arch: 'x86_64',
    elfFiles,
    anyFile: false,
    environment: {},
  });
  if (!skipUnless(t, libc !== undefined, 'needs a shared C library')) return;
  const path = libc?.path ?? '';
  const elf = elfFiles.open(path);
  const fileOffset = elf?.fileOffset(elf.functionsNamed('exit')[0]?.address ?? 0n) ?? 0n;
  const locations = [{ path, fileOffset }];
  const prog = emitting('BPF_PROG_TYPE_KPROBE', [0, 1]);
  await firesAndStops(
    prog,
    { kind: 'uprobe', name: 'uprobe:libc:exit', locations, via: 'perf', prog: 0 },
    runDate,
  );
  if (!features.has('uprobe-multi')) return;
  const multi = { ...prog, expectedAttachType: 'BPF_TRACE_UPROBE_MULTI' };
  const setlocale = elf?.fileOffset(elf.functionsNamed('setlocale')[0]?.address ?? 0n) ?? 0n;
  const two = [...locations, { path, fileOffset: setlocale }];
  await firesAndStops(
    multi,
    { kind: 'uprobe', name: 'uprobe:libc:*', locations: two, via: 'multi', prog: 0 },
    runDate,
    2,
  );
  await firesAndStops(
    multi,
    {
      kind: 'uretprobe',
      name: 'uretprobe:libc:setlocale',
      locations: [{ path, fileOffset: setlocale }],
      via: 'multi',
      prog: 0,
    },
    runDate,
  );
});

test('kprobes and kretprobes, at an offset, as multi-links and sessions', async (t) => {
  if (!requireRoot(t)) return;
  if (!skipUnless(t, features.has('kprobe'), 'this kernel has no kprobes')) return;
  const prog = emitting('BPF_PROG_TYPE_KPROBE', [0, 1]);
  const location = { function: 'vfs_read' };
  await firesAndStops(
    prog,
    { kind: 'kprobe', name: 'kprobe:vfs_read', locations: [location], via: 'perf', prog: 0 },
    runDate,
  );
  await firesAndStops(
    prog,
    {
      kind: 'kprobe',
      name: 'kprobe:vfs_read+0',
      locations: [{ ...location, offset: 0, module: 'vmlinux' }],
      via: 'perf',
      prog: 0,
    },
    runDate,
  );
  await firesAndStops(
    prog,
    { kind: 'kretprobe', name: 'kretprobe:vfs_read', locations: [location], via: 'perf', prog: 0 },
    runDate,
  );
  if (!features.has('kprobe-multi')) return;
  const two = [location, { function: 'vfs_write' }];
  const multi = { ...prog, expectedAttachType: 'BPF_TRACE_KPROBE_MULTI' };
  await firesAndStops(
    multi,
    { kind: 'kprobe', name: 'kprobe:vfs_*', locations: two, via: 'multi', prog: 0 },
    runDate,
    2,
  );
  await firesAndStops(
    multi,
    { kind: 'kretprobe', name: 'kretprobe:vfs_*', locations: two, via: 'multi', prog: 0 },
    runDate,
    2,
  );
  if (!features.has('kprobe-session')) return;
  const session = { ...prog, expectedAttachType: 'BPF_TRACE_KPROBE_SESSION' };
  await firesAndStops(
    session,
    { kind: 'kprobe', name: 'kprobe:vfs_read', locations: [location], via: 'session', prog: 0 },
    runDate,
  );
});

test('fentry and fexit', async (t) => {
  if (!requireRoot(t)) return;
  if (!skipUnless(t, features.has('fentry'), 'this kernel has no trampolines')) return;
  for (const [kind, expectedAttachType] of [
    ['fentry', 'BPF_TRACE_FENTRY'],
    ['fexit', 'BPF_TRACE_FEXIT'],
  ] as const) {
    const prog: Prog = {
      ...emitting('BPF_PROG_TYPE_TRACING', [0, 1]),
      expectedAttachType,
      attachBtf: { kind: 'func', name: 'vfs_read' },
    };
    await firesAndStops(
      prog,
      { kind, name: `${kind}:vmlinux:vfs_read`, function: 'vfs_read', prog: 0 },
      runDate,
    );
  }
});
