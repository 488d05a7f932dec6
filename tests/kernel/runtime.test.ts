import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import * as bpf from '../../src/bpf/index.ts';
import { FeatureProbe, possibleCpuCount, Tracefs } from '../../src/kernel/index.ts';
import { type Host, type Loaded, type Prog, type Program, parseFormat } from '../../src/program/index.ts';
import { createReport } from '../../src/report/index.ts';
import { BtfSources, ElfFiles, KernelBackend, lookUpBinaries } from '../../src/runtime/index.ts';
import { type RunControl, trace } from '../../src/tracer/index.ts';
import { int64, uint64 } from '../../src/types/index.ts';
import { handWritten, handWrittenProg } from '../support/hand-written.ts';
import { requireRoot, skipUnless } from '../support/requirements.ts';

const { R0, R1, R2, R3, R4, R10 } = bpf;
const trail = { at: { source: 0, line: 1, column: 1, endLine: 1, endColumn: 2 } };
const backend = new KernelBackend({ btf: new BtfSources(undefined), processEnds: false });

const RING = 0;
const COUNTS = 1;
const bpfMaps: Program['bpfMaps'] = [
  {
    name: 'ring',
    type: 'BPF_MAP_TYPE_RINGBUF',
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    role: 'ring-buffer',
  },
  {
    name: 'counts',
    type: 'BPF_MAP_TYPE_PERCPU_HASH',
    keySize: 16,
    valueSize: 8,
    maxEntries: 64,
    flags: 0,
    role: 'script',
  },
];
const maps: Program['maps'] = [
  {
    name: '@',
    key: { kind: 'string', size: 16 },
    value: { kind: 'count' },
    storage: { kind: 'hash', map: COUNTS, perCpu: true },
    maxEntries: 64,
  },
];
const format = parseFormat('value %d\n');
assert.ok(Array.isArray(format));
/** Record 0 is `printf("value %d\n", x)`, record 1 is `exit(x)`. */
const records: Program['records'] = [
  { kind: 'printf', sizeBytes: 16, format, args: [{ offset: 8, type: int64 }], trail },
  { kind: 'exit', sizeBytes: 16, code: { offset: 8, type: uint64 } },
];

/** Slots of `emit`: where its map is named. */
const EMIT_RELOC = 2;
/** Puts a record of two words into the ring buffer. */
function emit(record: number, value: number): bpf.Insn[] {
  return [
    bpf.storeImm(8, R10, -16, record),
    bpf.storeImm(8, R10, -8, value),
    bpf.ldMapFd(R1, 0),
    bpf.alu64('mov', R2, R10),
    bpf.alu64Imm('add', R2, -16),
    bpf.alu64Imm('mov', R3, 16),
    bpf.alu64Imm('mov', R4, 0),
    bpf.call('ringbuf_output'),
  ];
}
const EMIT_SLOTS = 9;

/** A prog that emits records and returns 0; without a context, so that it can be of any type. */
function emitting(type: Prog['type'], ...pairs: readonly (readonly [number, number])[]): Prog {
  return handWrittenProg(
    type,
    [...pairs.flatMap(([record, value]) => emit(record, value)), bpf.alu64Imm('mov', R0, 0), bpf.exit()],
    {
      relocs: pairs.map((_pair, i) => ({ insn: i * EMIT_SLOTS + EMIT_RELOC, kind: 'map', map: RING })),
      funcs: [{ name: 'main', insn: 0, params: 1, paramKinds: ['pointer'] }],
      lines: [{ insn: 0, trail }],
    },
  );
}

/** `@[comm] = count()` */
const countByComm = handWrittenProg(
  'BPF_PROG_TYPE_TRACEPOINT',
  [
    // Before Linux 6.2 or so the helper leaves the bytes behind the NUL as they are.
    bpf.storeImm(8, R10, -16, 0),
    bpf.storeImm(8, R10, -8, 0),
    bpf.alu64('mov', R1, R10),
    bpf.alu64Imm('add', R1, -16),
    bpf.alu64Imm('mov', R2, 16),
    bpf.call('get_current_comm'),
    bpf.ldMapFd(R1, 0),
    bpf.alu64('mov', R2, R10),
    bpf.alu64Imm('add', R2, -16),
    bpf.call('map_lookup_elem'),
    bpf.jumpImm('eq', R0, 0, 4),
    bpf.load(8, R1, R0, 0),
    bpf.alu64Imm('add', R1, 1),
    bpf.store(8, R0, 0, R1),
    bpf.goto(9),
    bpf.storeImm(8, R10, -24, 1),
    bpf.ldMapFd(R1, 0),
    bpf.alu64('mov', R2, R10),
    bpf.alu64Imm('add', R2, -16),
    bpf.alu64('mov', R3, R10),
    bpf.alu64Imm('add', R3, -24),
    bpf.alu64Imm('mov', R4, 0),
    bpf.call('map_update_elem'),
    bpf.alu64Imm('mov', R0, 1),
    bpf.exit(),
  ],
  {
    relocs: [
      { insn: 6, kind: 'map', map: COUNTS },
      { insn: 17, kind: 'map', map: COUNTS },
    ],
  },
);

/** Runs a Program; `during` is called once everything is attached, and then the run is told to end unless it ends by itself. */
async function run(
  program: Program,
  during?: () => void,
): Promise<{ readonly code: number; readonly stdout: string; readonly messages: readonly string[] }> {
  let stdout = '';
  const messages: string[] = [];
  let isEnding = false;
  const control: RunControl = {
    get isEnding() {
      return isEnding;
    },
    isInterrupted: false,
    takeSignals: () => [],
    changed: () => new Promise(() => undefined),
    started: () => {
      during?.();
      isEnding = during !== undefined;
    },
    flush: () => undefined,
  };
  const host = {
    stdout(text: string) {
      stdout += text;
    },
    stderr: (text: string) => void messages.push(text),
  };
  const say = (text: string): void => void messages.push(text);
  const code = await trace({
    program,
    backend,
    load: { constants: [] },
    host: host as unknown as Host, // these programs ask for nothing else
    makeReport: (loaded) =>
      createReport({
        program,
        maps: loaded.maps,
        lookups: host as unknown as Host,
        format: 'text',
        possibleCpus: possibleCpuCount(),
        warnings: true,
        color: false,
      }),
    control,
    messages: { error: say, warning: say, hint: say, plain: say },
    options: {
      mode: 'run',
      format: 'text',
      dryRun: false,
      quiet: true,
      verbose: false,
      notifyAttached: false,
    },
  });
  return { code, stdout, messages };
}

function load(program: Program): Loaded {
  const result = backend.load(program, { constants: [] });
  assert.ok(result.ok, result.ok ? '' : result.rejection.log);
  return result.loaded;
}

/** What this process has open that belongs to BPF and perf. */
function openObjects(): string[] {
  return readdirSync('/proc/self/fd')
    .flatMap((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return []; // the descriptor of this very directory
      }
    })
    .filter((name) => /bpf|perf/.test(name));
}

function tracepointId(t: TestContext, category: string, event: string): number | undefined {
  const id = Tracefs.open()?.format(category, event)?.id;
  return skipUnless(t, id !== undefined, 'needs tracefs') ? id : undefined;
}

test('begin prints and exits: the run ends with that code, and leaves nothing open', async (t) => {
  if (!requireRoot(t)) return;
  const before = openObjects();
  const { code, stdout } = await run(
    handWritten({
      bpfMaps,
      records,
      ringBuffer: RING,
      progs: [
        emitting('BPF_PROG_TYPE_RAW_TRACEPOINT', [0, 42], [1, 3]),
        emitting('BPF_PROG_TYPE_RAW_TRACEPOINT', [0, 43]),
      ],
      probes: [
        { kind: 'begin', name: 'begin', prog: 0 },
        { kind: 'end', name: 'end', prog: 1 },
      ],
    }),
  );
  assert.equal(code, 3);
  assert.equal(stdout, 'value 42\nvalue 43\n\n\n');
  assert.deepEqual(openObjects(), before);
});

test('a tracepoint counts by command in a per-CPU hash, printed at the end', async (t) => {
  if (!requireRoot(t)) return;
  const id = tracepointId(t, 'sched', 'sched_process_exec');
  if (id === undefined) return;
  const before = openObjects();
  const { code, stdout, messages } = await run(
    handWritten({
      bpfMaps,
      maps,
      progs: [countByComm],
      probes: [
        {
          kind: 'tracepoint',
          name: 'tracepoint:sched:sched_process_exec',
          category: 'sched',
          event: 'sched_process_exec',
          id,
          prog: 0,
        },
      ],
    }),
    () => {
      for (let i = 0; i < 3; i++) spawnSync('true');
    },
  );
  assert.deepEqual(messages, []);
  assert.equal(code, 0);
  assert.match(stdout, /^@\[true\]: 3$/m);
  assert.deepEqual(openObjects(), before);
});

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

/** Loads one prog with one probe, has `provoke` done, and wants records while it is attached and none afterwards. */
async function firesAndStops(
  prog: Prog,
  probe: Program['probes'][number],
  provoke: () => void,
  places = 1,
): Promise<void> {
  using loaded = load(handWritten({ bpfMaps, records, ringBuffer: RING, progs: [prog], probes: [probe] }));
  assert.deepEqual(loaded.attach(0), { ok: true, functions: places }, probe.name);
  provoke();
  let count = loaded.drain(() => true);
  for (let tries = 0; count === 0 && tries < 100; tries++) {
    await loaded.wait(100);
    count = loaded.drain(() => true);
  }
  assert.ok(count > 0, probe.name);
  await loaded.detach();
  loaded.drain(() => true);
  provoke();
  assert.equal(
    loaded.drain(() => true),
    0,
    `${probe.name} after detaching`,
  );
}

const features = new FeatureProbe(() => new BtfSources(undefined).running());
/** It asks for its locale before it does anything else, and ends through exit(). */
const runDate = (): void => void spawnSync('date');

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
  const atexit = elf?.fileOffset(elf.functionsNamed('setlocale')[0]?.address ?? 0n) ?? 0n;
  const two = [...locations, { path, fileOffset: atexit }];
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
      locations: [{ path, fileOffset: atexit }],
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

test('an iterator is read to its end', (t) => {
  if (!requireRoot(t)) return;
  if (!skipUnless(t, features.has('iter'), 'this kernel has no iterators')) return;
  // ctx: meta, task. Writes an "x" for every task, none for the closing call with a null task.
  const insns = [
    bpf.load(8, bpf.R6, R1, 0),
    bpf.load(8, R2, R1, 8),
    bpf.jumpImm('eq', R2, 0, 6),
    bpf.load(8, R1, bpf.R6, 0),
    bpf.storeImm(1, R10, -1, 'x'.charCodeAt(0)),
    bpf.alu64('mov', R2, R10),
    bpf.alu64Imm('add', R2, -1),
    bpf.alu64Imm('mov', R3, 1),
    bpf.call('seq_write'),
    bpf.alu64Imm('mov', R0, 0),
    bpf.exit(),
  ];
  using loaded = load(
    handWritten({
      progs: [
        handWrittenProg('BPF_PROG_TYPE_TRACING', insns, {
          expectedAttachType: 'BPF_TRACE_ITER',
          attachBtf: { kind: 'func', name: 'bpf_iter_task' },
        }),
      ],
      probes: [{ kind: 'iter', name: 'iter:task', iterator: 'task', prog: 0 }],
    }),
  );
  assert.deepEqual(loaded.attach(0), { ok: true, functions: 1 });
  const text = Buffer.concat([...(loaded.readIterator?.(0) ?? [])]).toString();
  assert.match(text, /^x{10,}$/);
});

test('constants reach a frozen map before its prog is loaded; the value is read back', (t) => {
  if (!requireRoot(t)) return;
  const program = handWritten({
    bpfMaps: [
      {
        name: 'rodata',
        type: 'BPF_MAP_TYPE_ARRAY',
        keySize: 4,
        valueSize: 16,
        maxEntries: 1,
        flags: 0x80,
        initial: new Uint8Array(16).fill(1),
        frozen: true,
        role: 'constants',
      },
      {
        name: 'globals',
        type: 'BPF_MAP_TYPE_ARRAY',
        keySize: 4,
        valueSize: 16,
        maxEntries: 1,
        flags: 0x400,
        role: 'globals',
      },
    ],
    constants: 0,
    progs: [
      handWrittenProg(
        'BPF_PROG_TYPE_RAW_TRACEPOINT',
        [
          bpf.ldMapValue(R1, 0, 0),
          bpf.load(8, R0, R1, 0),
          bpf.ldMapValue(R2, 0, 0),
          bpf.store(8, R2, 0, R0),
          bpf.exit(),
        ],
        {
          relocs: [
            { insn: 0, kind: 'map-value', map: 0, offset: 8 },
            { insn: 3, kind: 'map-value', map: 1, offset: 8 },
          ],
        },
      ),
    ],
    probes: [{ kind: 'begin', name: 'begin', prog: 0 }],
  });
  const result = backend.load(program, { constants: [{ offset: 8, bytes: new Uint8Array([7]) }] });
  assert.ok(result.ok);
  using loaded = result.loaded;
  // The other bytes of the word are those of `initial`.
  assert.equal(loaded.run(0).retval, 0x01010107);
  assert.deepEqual([...loaded.maps.readArray(1).subarray(8, 10)], [7, 1]);
  loaded.maps.writeArray(1, 8, new Uint8Array([9]));
  assert.equal(loaded.maps.readArray(1)[8], 9);
});

test('a refused prog is a rejection that names the instruction, with the log', (t) => {
  if (!requireRoot(t)) return;
  const before = openObjects();
  const result = backend.load(
    handWritten({
      bpfMaps,
      progs: [
        handWrittenProg('BPF_PROG_TYPE_RAW_TRACEPOINT', [
          bpf.alu64Imm('mov', R1, 0),
          bpf.load(8, R0, R1, 0),
          bpf.exit(),
        ]),
      ],
    }),
    { constants: [] },
  );
  assert.ok(!result.ok);
  assert.equal(result.rejection.insn, 1);
  assert.match(result.rejection.log, /R1 invalid mem access/);
  assert.deepEqual(openObjects(), before);
});

test('a probe that cannot be attached is an outcome, not an exception', (t) => {
  if (!requireRoot(t)) return;
  using loaded = load(
    handWritten({
      bpfMaps,
      progs: [emitting('BPF_PROG_TYPE_RAW_TRACEPOINT')],
      probes: [{ kind: 'rawtracepoint', name: 'rawtracepoint:none', event: 'no_such_event', prog: 0 }],
    }),
  );
  const outcome = loaded.attach(0);
  assert.ok(!outcome.ok);
  assert.equal(outcome.errno, 2);
});
