import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as bpf from '../../src/bpf/index.ts';
import type { BpfMapSpec, BpfMapType } from '../../src/program/index.ts';
import { seededRandom } from '../../src/vm/index.ts';
import { stackAddress } from '../support/raw-code.ts';
import { requireRoot } from '../support/requirements.ts';
import { Pair } from '../support/vm-pair.ts';
import { mapSpec } from '../support/vm-program.ts';

const { R0, R1, R2, R3, R4, R6, R10 } = bpf;

/**
 * One operation per prog. ctx: key (8 bytes), value or flags and value, result, value found, CPU:
 *
 *     0 key   8 value   16 flags   24 result   32 found   40 cpu
 */
const CTX_BYTES = 48;

function operation(keySize: 4 | 8, body: readonly bpf.Insn[]): bpf.Insn[] {
  return [
    bpf.alu64('mov', R6, R1),
    bpf.load(8, R1, R6, 0),
    bpf.store(8, R10, -8, R1),
    bpf.load(8, R1, R6, 8),
    bpf.store(8, R10, -16, R1),
    bpf.ldMapFd(R1, 0),
    ...stackAddress(R2, -8),
    ...body,
    bpf.store(8, R6, 24, R0),
    bpf.call('get_smp_processor_id'),
    bpf.store(8, R6, 40, R0),
    bpf.alu64Imm('mov', R0, keySize),
    bpf.exit(),
  ];
}

function progsFor(keySize: 4 | 8): bpf.Insn[][] {
  return [
    operation(keySize, [
      bpf.call('map_lookup_elem'),
      bpf.jumpImm('eq', R0, 0, 3),
      bpf.load(8, R0, R0, 0),
      bpf.store(8, R6, 32, R0),
      bpf.alu64Imm('mov', R0, 1),
    ]),
    operation(keySize, [...stackAddress(R3, -16), bpf.load(8, R4, R6, 16), bpf.call('map_update_elem')]),
    operation(keySize, [bpf.call('map_delete_elem')]),
    // Adds to the value in place, as maps of counts do.
    operation(keySize, [
      bpf.call('map_lookup_elem'),
      bpf.jumpImm('eq', R0, 0, 3),
      bpf.load(8, R1, R6, 8),
      bpf.atomicAdd(8, R0, 0, R1),
      bpf.alu64Imm('mov', R0, 1),
    ]),
  ];
}

const types: readonly {
  readonly type: BpfMapType;
  readonly keys: number;
  readonly flags: readonly bigint[];
}[] = [
  { type: 'BPF_MAP_TYPE_HASH', keys: 12, flags: [0n, 1n, 2n, 3n, 8n] },
  { type: 'BPF_MAP_TYPE_PERCPU_HASH', keys: 12, flags: [0n, 1n, 2n, 3n] },
  // An LRU hash of the kernel forgets in batches of its own; as long as nothing is forgotten they agree.
  { type: 'BPF_MAP_TYPE_LRU_HASH', keys: 4, flags: [0n, 1n, 2n, 3n] },
  { type: 'BPF_MAP_TYPE_LRU_PERCPU_HASH', keys: 4, flags: [0n, 1n, 2n, 3n] },
  { type: 'BPF_MAP_TYPE_ARRAY', keys: 12, flags: [0n, 1n, 2n, 3n] },
  { type: 'BPF_MAP_TYPE_PERCPU_ARRAY', keys: 12, flags: [0n, 1n, 2n, 3n] },
];

describe('map operations', () => {
  for (const { type, keys, flags } of types) {
    it(`of ${type} answer and leave what the kernel's do`, (t) => {
      if (!requireRoot(t)) return;
      const keySize = type.includes('ARRAY') ? 4 : 8;
      const spec: BpfMapSpec = mapSpec({ type, keySize, valueSize: 8, maxEntries: 8 });
      using pair = new Pair([spec], progsFor(keySize));
      const random = seededRandom(7);
      for (let step = 0; step < 600; step++) {
        const ctx = new Uint8Array(CTX_BYTES);
        const view = new DataView(ctx.buffer);
        view.setBigUint64(0, BigInt(random() % keys), true);
        view.setBigUint64(8, BigInt(random()), true);
        view.setBigUint64(16, flags[random() % flags.length]!, true);
        pair.run(random() % 4, ctx, `step ${step}`);
      }
      const kernelMap = pair.maps[0]!;
      const rows = (value: Uint8Array): string => kernelMap.rows(value).map(hex).join(' ');
      const expected = kernelMap.entries().map(({ key, value }) => `${hex(key)}: ${rows(value)}`);
      for (const { engine, machine } of pair.machines) {
        const found = machine.maps
          .entries(0)
          .map(({ key, values }) => `${hex(key)}: ${values.map(hex).join(' ')}`);
        assert.deepEqual(found.sort(), expected.sort(), engine);
      }
    });
  }

  for (const type of ['BPF_MAP_TYPE_LRU_HASH', 'BPF_MAP_TYPE_LRU_PERCPU_HASH'] as const) {
    it(`of a full ${type} forget others, never what was just written`, (t) => {
      if (!requireRoot(t)) return;
      const spec = mapSpec({ type, keySize: 8, valueSize: 8, maxEntries: 8 });
      using pair = new Pair([spec], progsFor(8));
      const random = seededRandom(11);
      for (let step = 0; step < 300; step++) {
        const ctx = new Uint8Array(CTX_BYTES);
        const view = new DataView(ctx.buffer);
        view.setBigUint64(0, BigInt(random() % 1000), true);
        view.setBigUint64(8, BigInt(random()), true);
        // Which one goes is the kernel's affair, as is how many at a time: what was written is there, and the update succeeded.
        pair.run(1, ctx, `update ${step}`);
        assert.equal(pair.run(0, ctx, `look-up ${step}`).getBigUint64(24, true), 1n);
      }
      assert.ok(pair.maps[0]!.entries().length <= 8);
      for (const { machine } of pair.machines) assert.equal(machine.maps.entries(0).length, 8);
    });
  }

  it('of a ring buffer find it full when the kernel does', (t) => {
    if (!requireRoot(t)) return;
    const ring = mapSpec({ type: 'BPF_MAP_TYPE_RINGBUF', keySize: 0, valueSize: 0, maxEntries: 4096 });
    const output = [
      bpf.alu64('mov', R6, R1),
      ...Array.from({ length: 16 }, (_unused, word) => bpf.storeImm(8, R10, -8 * (word + 1), word)),
      bpf.ldMapFd(R1, 0),
      ...stackAddress(R2, -128),
      bpf.load(8, R3, R6, 0),
      bpf.alu64Imm('and', R3, 127),
      bpf.load(8, R4, R6, 8),
      bpf.call('ringbuf_output'),
      bpf.store(8, R6, 136, R0),
      bpf.ldMapFd(R1, 0),
      bpf.load(8, R2, R6, 16),
      bpf.call('ringbuf_query'),
      bpf.store(8, R6, 144, R0),
      bpf.alu64Imm('mov', R0, 0),
      bpf.store(8, R6, 152, R0),
      bpf.exit(),
    ];
    using pair = new Pair([ring], [output]);
    const random = seededRandom(3);
    let refused = 0;
    for (let step = 0; step < 100; step++) {
      const ctx = new Uint8Array(160);
      const view = new DataView(ctx.buffer);
      view.setBigUint64(0, BigInt(random() % 128), true);
      view.setBigUint64(8, BigInt(step % 7 === 0 ? 4 : 0), true);
      view.setBigUint64(16, BigInt(step % 5), true);
      if (pair.run(0, ctx, `step ${step}`).getBigInt64(136, true) === -11n) refused++;
    }
    assert.ok(refused > 10, 'the ring was full in the end');
  });
});

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
