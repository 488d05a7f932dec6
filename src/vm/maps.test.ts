import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stackAddress } from '../../tests/support/raw-code.ts';
import { handMadeMachine, mapSpec } from '../../tests/support/vm-program.ts';
import * as bpf from '../bpf/index.ts';
import type { BpfMapSpec } from '../program/index.ts';
import { type Machine, MapError } from './index.ts';

const { R0, R1, R2, R3, R4, R6, R10 } = bpf;

/** Progs 0: update ctx[0] with ctx[8]; 1: look ctx[0] up; 2: delete ctx[0]. R0 is the answer (2: there is no such key). */
function machineWith(spec: BpfMapSpec, cpus = 1): Machine {
  const head = [
    bpf.alu64('mov', R6, R1),
    bpf.load(8, R1, R6, 0),
    bpf.store(8, R10, -8, R1),
    bpf.load(8, R1, R6, 8),
    bpf.store(8, R10, -16, R1),
    bpf.ldMapFd(R1, 0),
    ...stackAddress(R2, -8),
    ...stackAddress(R3, -16),
    bpf.alu64Imm('mov', R4, 0),
  ];
  const relocs = [{ insn: 5, kind: 'map', map: 0 }] as const;
  const lookUp = [
    bpf.call('map_lookup_elem'),
    bpf.jumpImm('ne', R0, 0, 2),
    bpf.alu64Imm('mov', R0, 2),
    bpf.exit(),
    bpf.load(8, R0, R0, 0),
    bpf.exit(),
  ];
  return handMadeMachine(
    [
      { insns: [...head, bpf.call('map_update_elem'), bpf.exit()], relocs, maps: [spec] },
      { insns: [...head, ...lookUp], relocs },
      { insns: [...head, bpf.call('map_delete_elem'), bpf.exit()], relocs },
    ],
    { cpus },
  );
}

function ask(machine: Machine, prog: number, key: number, value = 0, cpu = 0): number {
  const ctx = new Uint8Array(16);
  const view = new DataView(ctx.buffer);
  view.setUint32(0, key, true);
  view.setUint32(8, value, true);
  const run = machine.run(prog, { ctx, cpu });
  assert.ok(run.ok, run.ok ? '' : machine.describe(run.fault));
  return run.retval | 0;
}
const update = (machine: Machine, key: number, value: number, cpu = 0): number =>
  ask(machine, 0, key, value, cpu);
const lookUp = (machine: Machine, key: number, cpu = 0): number => ask(machine, 1, key, 0, cpu);
const remove = (machine: Machine, key: number): number => ask(machine, 2, key);

function bytes(value: number, size = 8): Uint8Array {
  return Uint8Array.from({ length: size }, (_unused, index) => (index < 4 ? value >> (8 * index) : 0));
}

describe('maps', () => {
  it('a hash refuses what does not fit, and has room again after a delete', () => {
    const machine = machineWith(mapSpec({ type: 'BPF_MAP_TYPE_HASH', keySize: 8, maxEntries: 100 }));
    for (let key = 0; key < 100; key++) assert.equal(update(machine, key, key + 1000), 0);
    assert.equal(update(machine, 100, 1), -7);
    assert.equal(update(machine, 5, 7), 0);
    assert.equal(remove(machine, 50), 0);
    assert.equal(remove(machine, 50), -2);
    assert.equal(update(machine, 100, 1), 0);
    assert.deepEqual(
      [lookUp(machine, 5), lookUp(machine, 50), lookUp(machine, 99), lookUp(machine, 100)],
      [7, 2, 1099, 1],
    );
    assert.equal(machine.maps.entries(0).length, 100);
  });

  it('an LRU hash forgets what was used longest ago', () => {
    const machine = machineWith(mapSpec({ type: 'BPF_MAP_TYPE_LRU_HASH', keySize: 8, maxEntries: 4 }));
    for (let key = 1; key <= 4; key++) update(machine, key, key);
    lookUp(machine, 1);
    update(machine, 2, 2);
    assert.equal(update(machine, 5, 5), 0);
    assert.equal(update(machine, 6, 6), 0);
    const keys = machine.maps.entries(0).map(({ key }) => key[0]);
    assert.deepEqual(keys.sort(), [1, 2, 5, 6]);
  });

  it('a per-CPU hash keeps a value for each CPU, and a new entry is zero on the others', () => {
    const machine = machineWith(mapSpec({ type: 'BPF_MAP_TYPE_PERCPU_HASH', keySize: 8, maxEntries: 4 }), 3);
    update(machine, 9, 11, 1);
    assert.deepEqual(
      [0, 1, 2].map((cpu) => lookUp(machine, 9, cpu)),
      [0, 11, 0],
    );
    remove(machine, 9);
    update(machine, 9, 5, 2);
    assert.deepEqual(
      [0, 1, 2].map((cpu) => lookUp(machine, 9, cpu)),
      [0, 0, 5],
    );
    machine.maps.update(0, bytes(9), [bytes(1), bytes(2), bytes(3)]);
    assert.deepEqual(
      [0, 1, 2].map((cpu) => lookUp(machine, 9, cpu)),
      [1, 2, 3],
    );
    assert.deepEqual(machine.maps.entries(0), [{ key: bytes(9), values: [bytes(1), bytes(2), bytes(3)] }]);
  });

  it('many keys of odd sizes are told apart', () => {
    const spec = mapSpec({ type: 'BPF_MAP_TYPE_HASH', keySize: 7, valueSize: 3, maxEntries: 2000 });
    const machine = handMadeMachine([{ insns: [bpf.alu64Imm('mov', R0, 0), bpf.exit()], maps: [spec] }]);
    for (let key = 0; key < 2000; key++) machine.maps.update(0, bytes(key * 7919, 7), [bytes(key, 3)]);
    for (let key = 0; key < 2000; key += 2) machine.maps.delete(0, bytes(key * 7919, 7));
    const found = machine.maps.entries(0).map(({ key, values }) => `${key}=${values[0]}`);
    const expected = Array.from({ length: 1000 }, (_unused, half) => half * 2 + 1).map(
      (key) => `${bytes(key * 7919, 7)}=${bytes(key, 3)}`,
    );
    assert.deepEqual(found.sort(), expected.sort());
  });

  it('user space gets the errors of bpf(2)', () => {
    const hash = machineWith(mapSpec({ type: 'BPF_MAP_TYPE_HASH', keySize: 8, maxEntries: 1 }));
    hash.maps.update(0, bytes(1), [bytes(1)]);
    assert.throws(() => hash.maps.update(0, bytes(2), [bytes(1)]), new MapError('E2BIG', 'map m'));
    assert.throws(() => hash.maps.delete(0, bytes(2)), new MapError('ENOENT', 'map m'));
    const array = machineWith(mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, maxEntries: 1 }));
    assert.throws(() => array.maps.delete(0, bytes(0, 4)), new MapError('EINVAL', 'map m'));
    array.maps.writeArray(0, 4, bytes(77, 4));
    assert.deepEqual(array.maps.readArray(0), new Uint8Array([0, 0, 0, 0, 77, 0, 0, 0]));
    assert.throws(() => array.maps.writeArray(0, 5, bytes(77, 4)), RangeError);
  });
});
