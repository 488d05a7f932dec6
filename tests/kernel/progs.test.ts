import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import * as bpf from '../../src/bpf/index.ts';
import { buildProgBtf } from '../../src/btf/index.ts';
import {
  attachRawTracepoint,
  attachSampling,
  attachTracepoint,
  type BpfMap,
  cpuClock,
  createMap,
  Epoll,
  FeatureProbe,
  loadBtf,
  loadProg,
  onlineCpus,
  openVmlinuxBtf,
  ProgLoadError,
  possibleCpuCount,
  RingBuffer,
  stopAll,
  Tracefs,
} from '../../src/kernel/index.ts';
import { requireRoot, skipUnless } from '../support/requirements.ts';

const key0 = new Uint8Array(4);

/** A one-entry array with a u64, and progs that count in it. */
function counterMap(): BpfMap {
  return createMap(
    { name: 'counter', type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 },
    possibleCpuCount(),
  );
}
const counting = (map: BpfMap, result: number) => [
  bpf.ldMapValue(bpf.R1, map.fd.raw, 0),
  bpf.alu64Imm('mov', bpf.R2, 1),
  bpf.atomicAdd(8, bpf.R1, 0, bpf.R2),
  bpf.alu64Imm('mov', bpf.R0, result),
  bpf.exit(),
];
const countIn = (map: BpfMap) => {
  const value = map.lookup(key0);
  assert.ok(value !== undefined);
  return new DataView(value.buffer).getBigUint64(0, true);
};
const ring = (sizeBytes: number) =>
  createMap(
    { name: 'events', type: 'BPF_MAP_TYPE_RINGBUF', keySize: 0, valueSize: 0, maxEntries: sizeBytes },
    possibleCpuCount(),
  );

test('a raw tracepoint prog runs through TEST_RUN, and its records arrive', (t) => {
  if (!requireRoot(t)) return;
  using map = ring(4096);
  // Writes its first argument; the second says whether the record is given up.
  using prog = loadProg({
    name: 'emit',
    type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
    license: 'GPL',
    insns: bpf.encodeInsns([
      bpf.load(8, bpf.R6, bpf.R1, 0),
      bpf.load(8, bpf.R7, bpf.R1, 8),
      bpf.ldMapFd(bpf.R1, map.fd.raw),
      bpf.alu64Imm('mov', bpf.R2, 16),
      bpf.alu64Imm('mov', bpf.R3, 0),
      bpf.call('ringbuf_reserve'),
      bpf.jumpImm('eq', bpf.R0, 0, 8),
      bpf.store(8, bpf.R0, 0, bpf.R6),
      bpf.store(8, bpf.R0, 8, bpf.R7),
      bpf.alu64('mov', bpf.R1, bpf.R0),
      bpf.alu64Imm('mov', bpf.R2, 0),
      bpf.jumpImm('ne', bpf.R7, 0, 2),
      bpf.call('ringbuf_submit'),
      bpf.goto(1),
      bpf.call('ringbuf_discard'),
      bpf.alu64('mov', bpf.R0, bpf.R6),
      bpf.exit(),
    ]),
  });
  using reader = new RingBuffer(map);
  const run = (first: bigint, second: bigint) =>
    prog.testRun({ ctx: new Uint8Array(new BigUint64Array([first, second]).buffer) }).retval;
  const received: bigint[] = [];
  const drain = (limit = Number.POSITIVE_INFINITY) =>
    reader.drain((area, offset, length) => {
      assert.equal(length, 16);
      received.push(new DataView(area.buffer, area.byteOffset + offset, length).getBigUint64(0, true));
      return received.length < limit;
    });

  assert.equal(drain(), 0);
  assert.equal(run(41n, 0n), 41);
  run(42n, 1n);
  run(43n, 0n);
  assert.equal(drain(), 2);
  assert.deepEqual(received.splice(0), [41n, 43n]);

  // Around the end of the buffer, many times, in order; a stop after a record leaves the rest.
  let sent = 0n;
  let expected = 0n;
  for (let round = 0; round < 50; round++) {
    for (let count = 0; count < 100; count++) run(sent++, 0n);
    assert.equal(drain(1), 1);
    assert.equal(drain(), 99);
    for (const value of received.splice(0)) assert.equal(value, expected++);
  }

  // A full buffer refuses; what was consumed before an exception is free again.
  let accepted = 0;
  while (accepted < 10_000 && reader.pendingBytes + 24 <= 4096) {
    run(BigInt(accepted), 0n);
    accepted++;
  }
  assert.equal(accepted, 170);
  run(1n, 0n);
  assert.throws(
    () =>
      reader.drain(() => {
        throw new Error('receiver');
      }),
    /receiver/,
  );
  assert.equal(drain(), 169);
  assert.equal(reader.pendingBytes, 0);
});

test('a rejected prog comes with the log and its reason', (t) => {
  if (!requireRoot(t)) return;
  assert.throws(
    () =>
      loadProg({
        type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
        license: 'GPL',
        insns: bpf.encodeInsns([bpf.alu64('mov', bpf.R0, bpf.R5), bpf.exit()]),
      }),
    (error) => {
      assert.ok(error instanceof ProgLoadError);
      assert.match(error.log, /R5 !read_ok/);
      assert.match(error.reason ?? '', /R5 !read_ok/);
      assert.equal(error.code, 'EACCES');
      return true;
    },
  );
});

test('func_info and line_info are taken, and the log quotes the lines', (t) => {
  if (!requireRoot(t)) return;
  const line = (insn: number, text: string) => ({ insn, file: 'test.bt', text, line: insn + 3, column: 7 });
  const build = (funcs: Parameters<typeof buildProgBtf>[0]) =>
    buildProgBtf(funcs, [line(0, 'BEGIN { @a = 1 }'), line(1, '@b = 2')]);
  // A callback of bpf_for_each_map_elem exists on older kernels than bpf_loop; both need func_info. A call needs none.
  const plain = build([
    { name: 'begin', insn: 0, params: ['pointer'] },
    { name: 'double_it', insn: 3, params: ['u64'] },
  ]);
  using btf = loadBtf(plain.btf);
  using prog = loadProg(
    {
      name: 'begin',
      type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
      license: 'GPL',
      insns: bpf.encodeInsns([
        bpf.alu64Imm('mov', bpf.R1, 21),
        bpf.callSubprog(1),
        bpf.exit(),
        bpf.alu64('mov', bpf.R0, bpf.R1),
        bpf.alu64('add', bpf.R0, bpf.R1),
        bpf.exit(),
      ]),
      btf: { fd: btf, funcInfo: plain.funcInfo, lineInfo: plain.lineInfo },
    },
    { logLevel: 2 },
  );
  assert.match(prog.log, /; @b = 2/);
  assert.equal(prog.testRun().retval, 42);
  assert.equal(prog.info().name, 'begin');
});

test('callbacks of bpf_loop', (t) => {
  if (!requireRoot(t)) return;
  if (!skipUnless(t, new FeatureProbe(openVmlinuxBtf).has('bpf-loop'), 'needs bpf_loop()')) return;
  using map = counterMap();
  const progBtf = buildProgBtf(
    [
      { name: 'main', insn: 0, params: ['pointer'] },
      { name: 'body', insn: 8, params: ['u64', 'pointer'] },
    ],
    [],
  );
  using btf = loadBtf(progBtf.btf);
  using prog = loadProg({
    type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
    license: 'GPL',
    insns: bpf.encodeInsns([
      bpf.alu64Imm('mov', bpf.R1, 5),
      bpf.ldFunc(bpf.R2, 6),
      bpf.alu64Imm('mov', bpf.R3, 0),
      bpf.alu64Imm('mov', bpf.R4, 0),
      bpf.call('loop'),
      bpf.alu64Imm('add', bpf.R0, 0),
      bpf.exit(),
      ...counting(map, 0),
    ]),
    btf: { fd: btf, funcInfo: progBtf.funcInfo, lineInfo: progBtf.lineInfo },
  });
  assert.equal(prog.testRun().retval, 5);
  assert.equal(countIn(map), 5n);
});

test('a tracepoint and a raw tracepoint see system calls', (t) => {
  if (!requireRoot(t)) return;
  const tracefs = Tracefs.open();
  assert.ok(tracefs !== undefined, 'tracefs');
  const format = tracefs.format('raw_syscalls', 'sys_enter');
  assert.ok(format !== undefined && format.id > 0);
  assert.ok(format.fields.some((field) => field.name === 'id' && field.type === 'long' && field.signed));
  assert.ok(tracefs.events().includes('raw_syscalls:sys_enter'));
  assert.equal(tracefs.format('raw_syscalls', 'nope'), undefined);
  assert.equal(tracefs.format('..', '..'), undefined);

  using map = counterMap();
  using prog = loadProg({
    type: 'BPF_PROG_TYPE_TRACEPOINT',
    license: 'GPL',
    insns: bpf.encodeInsns(counting(map, 1)),
  });
  {
    using _attached = attachTracepoint(prog, format.id);
    readdirSync('/');
    assert.ok(countIn(map) > 0n);
  }
  const after = countIn(map);
  readdirSync('/');
  assert.equal(countIn(map), after);

  using rawMap = counterMap();
  using raw = loadProg({
    type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
    license: 'GPL',
    insns: bpf.encodeInsns(counting(rawMap, 0)),
  });
  using _rawAttached = attachRawTracepoint(raw, 'sys_enter');
  readdirSync('/');
  assert.ok(countIn(rawMap) > 0n);
  assert.throws(() => attachRawTracepoint(raw, 'no_such_event'), /ENOENT/);
});

test('a sampling event wakes the reader', async (t) => {
  if (!requireRoot(t)) return;
  using map = ring(4096);
  using prog = loadProg({
    type: 'BPF_PROG_TYPE_PERF_EVENT',
    license: 'GPL',
    insns: bpf.encodeInsns([
      bpf.storeImm(8, bpf.R10, -8, 77),
      bpf.ldMapFd(bpf.R1, map.fd.raw),
      bpf.alu64('mov', bpf.R2, bpf.R10),
      bpf.alu64Imm('add', bpf.R2, -8),
      bpf.alu64Imm('mov', bpf.R3, 8),
      bpf.alu64Imm('mov', bpf.R4, 0),
      bpf.call('ringbuf_output'),
      bpf.alu64Imm('mov', bpf.R0, 0),
      bpf.exit(),
    ]),
  });
  using reader = new RingBuffer(map);
  using epoll = new Epoll();
  epoll.add(map.fd.raw);
  using _attached = attachSampling(
    prog,
    cpuClock({ kind: 'period', count: 5_000_000n }),
    onlineCpus().map((cpu) => ({ pid: -1, cpu })),
  );
  assert.deepEqual(await epoll.wait(30_000), [map.fd.raw]);
  let seen = 0;
  reader.drain((area, offset) => {
    assert.equal(area[offset], 77);
    seen++;
  });
  assert.ok(seen > 0);
});

test('a record that goes on at the start of the data is whole', (t) => {
  if (!requireRoot(t)) return;
  using map = ring(4096);
  // 40 bytes with their header: 4096 is no multiple of that, so some records wrap.
  const payload = 32;
  using prog = loadProg({
    type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
    license: 'GPL',
    insns: bpf.encodeInsns([
      bpf.load(8, bpf.R6, bpf.R1, 0),
      ...[-32, -24, -16, -8].map((off) => bpf.store(8, bpf.R10, off, bpf.R6)),
      bpf.ldMapFd(bpf.R1, map.fd.raw),
      bpf.alu64('mov', bpf.R2, bpf.R10),
      bpf.alu64Imm('add', bpf.R2, -payload),
      bpf.alu64Imm('mov', bpf.R3, payload),
      bpf.alu64Imm('mov', bpf.R4, 0),
      bpf.call('ringbuf_output'),
      bpf.alu64Imm('mov', bpf.R0, 0),
      bpf.exit(),
    ]),
  });
  using reader = new RingBuffer(map);
  const ctx = new BigUint64Array(1);
  for (let round = 1n; round <= 500n; round++) {
    ctx[0] = round;
    prog.testRun({ ctx: new Uint8Array(ctx.buffer) });
    const seen: bigint[] = [];
    reader.drain((area, offset, length) => {
      for (let at = 0; at < length; at += 8)
        seen.push(new DataView(area.buffer, area.byteOffset + offset + at, 8).getBigUint64(0, true));
    });
    assert.deepEqual(seen, [round, round, round, round]);
  }
});

test('records larger than what is mapped at a time are whole, as are those around them', (t) => {
  if (!requireRoot(t)) return;
  using map = ring(4 << 20);
  const large = 1_500_000;
  using source = createMap(
    { name: 'source', type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: large, maxEntries: 1 },
    1,
  );
  const bytes = new Uint8Array(large);
  for (let at = 0; at < large; at++) bytes[at] = (at * 7 + (at >> 8)) & 0xff;
  source.update(new Uint8Array(4), bytes);
  const sizes = [16, large, 3000, 70_000, large, 8];
  const output = (size: number) => [
    bpf.ldMapFd(bpf.R1, map.fd.raw),
    bpf.ldMapValue(bpf.R2, source.fd.raw, 0),
    bpf.alu64Imm('mov', bpf.R3, size),
    bpf.alu64Imm('mov', bpf.R4, 0),
    bpf.call('ringbuf_output'),
  ];
  using prog = loadProg({
    type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
    license: 'GPL',
    insns: bpf.encodeInsns([...sizes.flatMap(output), bpf.alu64Imm('mov', bpf.R0, 0), bpf.exit()]),
  });
  using reader = new RingBuffer(map);
  for (let round = 0; round < 20; round++) {
    prog.testRun({ ctx: new Uint8Array(8) });
    const seen: number[] = [];
    reader.drain((area, offset, length) => {
      seen.push(length);
      assert.ok(Buffer.compare(area.subarray(offset, offset + length), bytes.subarray(0, length)) === 0);
    });
    assert.deepEqual(seen, sizes);
  }
});

test('nothing stays open', async (t) => {
  if (!requireRoot(t)) return;
  const tracefs = Tracefs.open();
  const format = tracefs?.format('raw_syscalls', 'sys_enter');
  assert.ok(format !== undefined);
  const round = async () => {
    using map = counterMap();
    using events = ring(4096);
    using _reader = new RingBuffer(events);
    using prog = loadProg({
      type: 'BPF_PROG_TYPE_TRACEPOINT',
      license: 'GPL',
      insns: bpf.encodeInsns(counting(map, 1)),
    });
    using second = loadProg(prog.spec);
    const both = [prog, second].map((each) => attachTracepoint(each, format.id));
    await stopAll(both);
    for (const attachment of both) attachment[Symbol.dispose]();
    assert.throws(() => attachTracepoint(prog, 0x7fff_ffff));
    // A prog of the wrong type is refused after the perf event was opened.
    using wrong = loadProg({
      type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
      license: 'GPL',
      insns: bpf.encodeInsns(counting(map, 0)),
    });
    assert.throws(() => attachTracepoint(wrong, format.id));
  };
  await round();
  const before = readdirSync('/proc/self/fd').length;
  await round();
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
