import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Crc32, encodeText, plainToText } from '../base/index.ts';
import { fedTarget } from '../embedded/index.ts';
import type { Backend, Host, Loaded, LoadResult, Missed, Program } from '../program/index.ts';
import { usualRunOptions } from '../tracer/index.ts';
import {
  Recorder,
  RecordingError,
  type RecordingHeader,
  type RecordingItem,
  RecordingWriter,
  Replayer,
  readRecording,
  recordedNames,
} from './index.ts';

const program: Program = {
  license: 'GPL',
  sources: [{ name: 'a.bt', text: 'begin { }' }],
  bpfMaps: [],
  maps: [],
  records: [],
  progs: [],
  probes: [],
  types: { structs: {}, enums: {} },
  runtimeConstants: [],
  namedParams: [],
  settings: {
    printMapsOnExit: true,
    maxCatBytes: 1,
    strTruncTrailer: '..',
    perfRbPages: 1,
    missingProbes: 'error',
    cppDemangle: true,
    cacheUserSymbols: 'NONE',
    showDebugInfo: false,
    logSize: 1,
    maxProbes: 1,
    maxStrlen: 64,
  },
};

const task = { pid: 1, tid: 2, uid: 3, gid: 4, comm: 'x\xff', cgroupId: 5n, address: 6n };

const header: RecordingHeader = {
  script: { name: 'a.bt', text: 'begin { }\xff' },
  arguments: ['1'],
  program,
  constants: [{ offset: 8, bytes: new Uint8Array([1, 2, 255]) }],
  machine: {
    arch: 'x86_64',
    possibleCpus: 2,
    onlineCpus: [0, 1],
    functions: [],
    binaries: [],
    childPid: 0,
    features: { 'get-func-ip': false },
    tracepoints: { 'a:b': { id: 1, fields: [] } },
    startNs: 1n,
    bootToWallNs: 2n,
    clockOffsets: { tai: 3n },
    tracer: task,
  },
  btf: new Uint8Array([1, 2]),
  backend: 'kernel',
  options: usualRunOptions,
  warnings: true,
};

function written(items: readonly RecordingItem[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  const writer = new RecordingWriter((bytes) => void pieces.push(bytes.slice()), header);
  for (const item of items) writer.add(item);
  writer.end();
  return new Uint8Array(Buffer.concat(pieces));
}

const items: readonly RecordingItem[] = [
  { kind: 'answer', call: 'load', asked: [], given: { ok: true } },
  { kind: 'drain' },
  { kind: 'record', bytes: new Uint8Array([0, 1, 2, 3]) },
  {
    kind: 'answer',
    call: 'kernelSymbol',
    asked: [0xffff_ffff_8000_0000n],
    given: [{ name: 'f', offset: 2n }],
  },
  { kind: 'drained' },
  { kind: 'event', prog: 1, probe: undefined, cpu: 3, timeNs: 5n, task, ctx: new Uint8Array([9]) },
  { kind: 'told', call: 'read', asked: ['user', 4096n, 8], given: new Uint8Array([7, 7]) },
  { kind: 'answer', call: 'userName', asked: [0n], given: undefined },
];

it('a script is compiled for what the recorded kernel could answer', () => {
  const files = {
    readFile: unused,
    lookAt: unused,
    cgroupId: unused,
    demangle: unused,
    includeDirs: [],
    kernelHeaders: undefined,
  };
  const target = fedTarget(header.machine, files);
  assert.deepEqual([target.has('get-func-ip'), target.has('attach-cookie')], [false, true]);
});

function unused(): never {
  throw new Error('nobody asks for files here');
}

describe('recordings', () => {
  it('are read as they were written', () => {
    const { header: readHeader, items: readItems } = readRecording(written(items));
    assert.deepEqual(readHeader, header);
    assert.deepEqual(readItems, items);
  });

  it('are read as they were written where they come in several pieces, some larger than a piece', () => {
    const sizes = [100_000, 262_139, 262_144, 7, 900_000];
    const notes = sizes.map(
      (size): RecordingItem => ({ kind: 'note', bytes: new Uint8Array(size).fill(size) }),
    );
    assert.deepEqual(readRecording(written(notes)).items, notes);
  });

  it('hold any plain data', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.constant(undefined),
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.string({ unit: 'binary' }),
        fc.bigInt(),
        fc.uint8Array(),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]+$/), tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (given) => {
        const [item] = readRecording(written([{ kind: 'answer', call: 'x', asked: [], given }])).items;
        assert.ok(item?.kind === 'answer');
        assert.deepEqual(clean(item.given), clean(given));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('are refused when they were cut off anywhere', () => {
    const whole = written(items);
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => readRecording(whole.subarray(0, length)), RecordingError, `${length} bytes`);
  });

  it('are refused with a reason when anything in them was changed', () => {
    const whole = written(items);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = whole.slice();
        damaged[at] = damaged[at]! ^ change;
        assert.throws(() => readRecording(damaged), RecordingError);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('are refused when something follows them or they are something else', () => {
    const whole = written(items);
    assert.throws(() => readRecording(new Uint8Array([...whole, 0])), /follow its end/);
    assert.throws(() => readRecording(new Uint8Array(0)), /no recording/);
    const newer = whole.slice();
    newer[8] = 4;
    assert.throws(() => readRecording(newer), /version 4, and this tetrace reads version 3/);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.throws(
          () => readRecording(new Uint8Array([...whole.subarray(0, 12), ...bytes])),
          RecordingError,
        );
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('bytes that only look like a recording', () => {
  /** A file of blocks, each with the length that it says, and an end mark that fits. */
  function forged(blocks: readonly { kind: number; length?: number; content: Uint8Array }[]): Uint8Array {
    const pieces: number[] = [...written([]).subarray(0, 12)];
    for (const { kind, length, content } of blocks) {
      const head = new DataView(new ArrayBuffer(5));
      head.setUint8(0, kind);
      head.setUint32(1, length ?? content.length, true);
      pieces.push(...new Uint8Array(head.buffer), ...content);
    }
    const checksum = new Crc32();
    checksum.add(new Uint8Array(pieces));
    const end = new DataView(new ArrayBuffer(13));
    end.setUint8(0, 255);
    end.setUint32(1, 8, true);
    end.setUint32(5, Math.max(0, blocks.length - 1), true);
    end.setUint32(9, checksum.value, true);
    return new Uint8Array([...pieces, ...new Uint8Array(end.buffer)]);
  }
  const text = encodeText;
  const good = { kind: 1, content: text(plainToText(header)) };

  it('are refused with a reason', () => {
    const cases: readonly (readonly [Parameters<typeof forged>[0], RegExp])[] = [
      [[], /does not say what was recorded/],
      [[{ kind: 2, content: text('{}') }], /out of order/],
      [[good, good], /out of order/],
      [[{ kind: 1, content: text('{}') }], /its header has no script/],
      [[{ kind: 1, content: text('7') }], /its header has no script/],
      [[good, { kind: 2, content: text('{"kind":"event"}') }], /is no answer/],
      [[good, { kind: 6, content: text('null') }], /is no event/],
      [[good, { kind: 7, content: text('[') }], /cannot be read/],
      [[good, { kind: 7, content: text('['.repeat(100_000)) }], /cannot be read/],
      [[good, { kind: 7, content: text('{"$n":"x"}') }], /cannot be read/],
      [[good, { kind: 4, length: 0xffff_ffff, content: text('x') }], /promises 4294967295 bytes/],
      [[good, { kind: 77, content: text('x') }], /says what nothing in a recording is \(77\)/],
    ];
    for (const [blocks, reason] of cases) assert.throws(() => readRecording(forged(blocks)), reason);
  });

  it('of a machine that nobody knows are refused', () => {
    const machine = { ...header.machine, arch: 'riscv64' };
    assert.throws(
      () => readRecording(forged([{ kind: 1, content: encodeText(plainToText({ ...header, machine })) }])),
      /made on a machine \(riscv64\) that this tetrace does not know/,
    );
  });

  it('take no more time and memory than they have bytes', () => {
    const whole = written(items);
    const before = process.memoryUsage().rss;
    const start = performance.now();
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.constantFrom('overwrite', 'insert', 'remove', 'repeat'),
        (at, bytes, how) => {
          const rest = {
            overwrite: at + bytes.length,
            insert: at,
            remove: at + bytes.length,
            repeat: Math.max(0, at - 40),
          };
          const put = how === 'overwrite' || how === 'insert' ? [...bytes] : [];
          const damaged = new Uint8Array([...whole.subarray(0, at), ...put, ...whole.subarray(rest[how])]);
          if (damaged.length === whole.length && damaged.every((byte, index) => byte === whole[index]))
            return;
          assert.throws(() => readRecording(damaged), RecordingError);
        },
      ),
      { seed: 2, numRuns: 3000 },
    );
    assert.ok(performance.now() - start < 30_000);
    assert.ok(process.memoryUsage().rss - before < 300 * 1024 * 1024);
  });
});

/** Dictionaries of fast-check have no prototype. */
function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, clean(each)]));
}

it('a caller in a stack is asked about as one, while recording and afterwards', () => {
  const notes: RecordingItem[] = [];
  const frame = (isCaller = false) => [{ name: isCaller ? 'calls' : 'stands', offset: 1n }];
  const inner = {
    userSymbol: (_pid, _address, _probe, isCaller) => frame(isCaller),
  } as Partial<Host> as Host; // nothing else is asked
  const recorded = new Recorder((item) => notes.push(item)).host(inner);
  assert.deepEqual(recorded.userSymbol(1, 2n, 0, true), frame(true));
  assert.deepEqual(recorded.userSymbol(1, 2n, 0), frame(false));
  const { items: read } = readRecording(written(notes));
  const none = () => undefined;
  const replayed = new Replayer({ header, items: read }).host({ stdout: none, stderr: none, flush: none });
  assert.deepEqual(replayed.userSymbol(1, 2n, 0, true), frame(true));
  assert.deepEqual(replayed.userSymbol(1, 2n, 0), frame(false));
  const names = recordedNames(read);
  assert.deepEqual(
    [names.userSymbol(1, 2n, true), names.userSymbol(1, 2n, false)],
    [frame(true), frame(false)],
  );
});

it('events that were missed are in the recording; where none were, it says nothing of them', () => {
  const misses = [{ probes: [0, 2], events: 5n }];
  for (const missed of [misses, []]) {
    const notes: RecordingItem[] = [];
    const inner = { missed: () => missed, lost: () => 0n } as Partial<Loaded> as Loaded; // nothing else is asked
    const load = (): LoadResult => ({ ok: true, loaded: inner });
    const recorded = new Recorder((item) => notes.push(item)).backend({ name: 'kernel', load });
    ask(recorded, missed);
    const { items: read } = readRecording(written(notes));
    assert.equal(read.length, missed.length === 0 ? 3 : 4);
    ask(new Replayer({ header, items: read }).backend(), missed);
  }

  function ask(backend: Backend, missed: readonly Missed[]): void {
    const result = backend.load(header.program, { constants: [] });
    assert.ok(result.ok);
    assert.deepEqual(
      [result.loaded.lost(), result.loaded.missed?.(), result.loaded.lost()],
      [0n, missed, 0n],
    );
  }
});
