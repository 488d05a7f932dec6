/** Programs made by hand in the kernel: two records, one map, and runs that say what was printed. */
import assert from 'node:assert/strict';
import * as bpf from '../../src/bpf/index.ts';
import { FeatureProbe, possibleCpuCount } from '../../src/kernel/index.ts';
import { type Host, type Loaded, type Prog, type Program, parseFormat } from '../../src/program/index.ts';
import { createReport } from '../../src/report/index.ts';
import { BtfSources, KernelBackend } from '../../src/runtime/index.ts';
import { type RunControl, trace, usualRunOptions } from '../../src/tracer/index.ts';
import { int64, uint64 } from '../../src/types/index.ts';
import { handWritten, handWrittenProg } from './hand-written.ts';

const { R0, R1, R2, R3, R4, R10 } = bpf;
const trail = { at: { source: 0, line: 1, column: 1, endLine: 1, endColumn: 2 } };
const btf = new BtfSources(undefined);
const features = new FeatureProbe(() => btf.running());
export const backend = new KernelBackend({
  btf,
  hasFeature: (feature) => features.has(feature),
  processEnds: false,
});

export const RING = 0;
const COUNTS = 1;
/** A ring buffer, and counts by command. */
export const bpfMaps: Program['bpfMaps'] = [
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
export const maps: Program['maps'] = [
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
export const records: Program['records'] = [
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
export function emitting(type: Prog['type'], ...pairs: readonly (readonly [number, number])[]): Prog {
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
export const countByComm = handWrittenProg(
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
export async function run(
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
    options: { ...usualRunOptions, quiet: true },
  });
  return { code, stdout, messages };
}

/** Loads a Program that the kernel takes. */
export function load(program: Program): Loaded {
  const result = backend.load(program, { constants: [] });
  assert.ok(result.ok, result.ok ? '' : result.rejection.log);
  return result.loaded;
}

/** Loads one prog with one probe, has `provoke` done, and wants records while it is attached and none afterwards. */
export async function firesAndStops(
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
