import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import * as bpf from '../../src/bpf/index.ts';
import { FeatureProbe, Tracefs } from '../../src/kernel/index.ts';
import { BtfSources } from '../../src/runtime/index.ts';
import { handWritten, handWrittenProg } from '../support/hand-written.ts';
import {
  backend,
  bpfMaps,
  countByComm,
  emitting,
  load,
  maps,
  RING,
  records,
  run,
} from '../support/hand-written-run.ts';
import { openFiles } from '../support/open-files.ts';
import { requireRoot, skipUnless } from '../support/requirements.ts';

/** What belongs to BPF and perf. */
const objectsOfKernel = /bpf|perf/;
const { R0, R1, R2, R3, R10 } = bpf;
const features = new FeatureProbe(() => new BtfSources(undefined).running());

function tracepointId(t: TestContext, category: string, event: string): number | undefined {
  const id = Tracefs.open()?.format(category, event)?.id;
  return skipUnless(t, id !== undefined, 'needs tracefs') ? id : undefined;
}

test('begin prints and exits: the run ends with that code, and leaves nothing open', async (t) => {
  if (!requireRoot(t)) return;
  const before = openFiles(objectsOfKernel);
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
  assert.deepEqual(openFiles(objectsOfKernel), before);
});

test('a tracepoint counts by command in a per-CPU hash, printed at the end', async (t) => {
  if (!requireRoot(t)) return;
  const id = tracepointId(t, 'sched', 'sched_process_exec');
  if (id === undefined) return;
  const before = openFiles(objectsOfKernel);
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
  assert.deepEqual(openFiles(objectsOfKernel), before);
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
  const before = openFiles(objectsOfKernel);
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
  assert.deepEqual(openFiles(objectsOfKernel), before);
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
