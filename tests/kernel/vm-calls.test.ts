import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as bpf from '../../src/bpf/index.ts';
import { lookUp, stackAddress, update } from '../support/raw-code.ts';
import { requireRoot } from '../support/requirements.ts';
import { Pair } from '../support/vm-pair.ts';
import { mapSpec } from '../support/vm-program.ts';

const { R0, R1, R2, R3, R4, R6, R7, R10 } = bpf;

/** ctx: in at 0 and 8, out from 16 on, CPU (left 0) at 40. */
const CTX_BYTES = 48;

function ctxWith(a: bigint, b = 0n): Uint8Array {
  const ctx = new Uint8Array(CTX_BYTES);
  const view = new DataView(ctx.buffer);
  view.setBigUint64(0, a, true);
  view.setBigUint64(8, b, true);
  return ctx;
}

describe('calls', () => {
  it('of functions keep R6 to R9, pass pointers to the stack, and nest', (t) => {
    if (!requireRoot(t)) return;
    // f(p) adds to *p and calls g(p), which does the same; both have a stack of their own.
    const main = [
      bpf.alu64('mov', R6, R1),
      bpf.load(8, R7, R6, 0),
      bpf.store(8, R10, -8, R7),
      ...stackAddress(R1, -8),
      bpf.callSubprog(6),
      bpf.store(8, R6, 16, R0),
      bpf.load(8, R1, R10, -8),
      bpf.store(8, R6, 24, R1),
      bpf.store(8, R6, 32, R7),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
      // f
      bpf.alu64('mov', R6, R1),
      bpf.alu64Imm('mov', R7, 1000),
      bpf.store(8, R10, -8, R7),
      bpf.atomicAdd(8, R6, 0, R7),
      bpf.callSubprog(3),
      bpf.load(8, R1, R10, -8),
      bpf.alu64('add', R0, R1),
      bpf.exit(),
      // g
      bpf.alu64Imm('mov', R7, 7),
      bpf.store(8, R10, -8, R7),
      bpf.atomicAdd(8, R1, 0, R7),
      bpf.load(8, R0, R1, 0),
      bpf.exit(),
    ];
    using pair = new Pair([], [main]);
    const view = pair.run(0, ctxWith(5n));
    assert.equal(view.getBigUint64(16, true), 2012n);
  });

  it('back: bpf_loop ends when its callback says so, and refuses too many rounds and flags', (t) => {
    if (!requireRoot(t)) return;
    const main = [
      bpf.alu64('mov', R6, R1),
      bpf.storeImm(8, R10, -8, 0),
      bpf.load(8, R7, R6, 8),
      bpf.store(8, R10, -16, R7),
      bpf.load(8, R1, R6, 0),
      bpf.ldFunc(R2, 10),
      ...stackAddress(R3, -16),
      bpf.alu64Imm('mov', R4, 0),
      bpf.call('loop'),
      bpf.store(8, R6, 16, R0),
      bpf.load(8, R1, R10, -8),
      bpf.store(8, R6, 24, R1),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
      // callback(index, {limit, sum}): adds the index, stops at the limit
      bpf.load(8, R3, R2, 0),
      bpf.atomicAdd(8, R2, 8, R1),
      bpf.alu64Imm('mov', R0, 0),
      bpf.jump('lt', R1, R3, 1),
      bpf.alu64Imm('mov', R0, 1),
      bpf.exit(),
    ];
    using pair = new Pair([], [main]);
    const cases: readonly [bigint, bigint, bigint][] = [
      [0n, 5n, 0n],
      [3n, 5n, 3n],
      [10n, 5n, 6n],
      [1n << 23n, 100n, 101n],
      [(1n << 23n) + 1n, 100n, 0xffff_fff9n],
      [1n << 32n, 100n, 0xffff_fff9n],
    ];
    for (const [rounds, limit, expected] of cases)
      assert.equal(pair.run(0, ctxWith(rounds, limit), `${rounds}`).getBigUint64(16, true), expected);
  });

  it('back: bpf_for_each_map_elem visits every entry, and may delete it', (t) => {
    if (!requireRoot(t)) return;
    const main = [
      bpf.alu64('mov', R6, R1),
      bpf.storeImm(8, R10, -8, 0),
      bpf.ldMapFd(R1, 0),
      bpf.ldFunc(R2, 10),
      ...stackAddress(R3, -8),
      bpf.alu64Imm('mov', R4, 0),
      bpf.call('for_each_map_elem'),
      bpf.store(8, R6, 16, R0),
      bpf.load(8, R1, R10, -8),
      bpf.store(8, R6, 24, R1),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
      // callback(map, key, value, sum): adds key * value; deletes even keys
      bpf.load(8, R6, R2, 0),
      bpf.load(8, R7, R3, 0),
      bpf.alu64('mul', R7, R6),
      bpf.atomicAdd(8, R4, 0, R7),
      bpf.jumpImm('set', R6, 1, 1),
      bpf.call('map_delete_elem'),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
    ];
    using pair = new Pair([mapSpec({ type: 'BPF_MAP_TYPE_HASH', keySize: 8, maxEntries: 64 })], [main]);
    for (let key = 1n; key <= 20n; key++) {
      const bytes = ctxWith(key).slice(0, 8);
      const value = ctxWith(key + 100n).slice(0, 8);
      pair.maps[0]!.update(bytes, value);
      for (const { machine } of pair.machines) machine.maps.update(0, bytes, [value]);
    }
    assert.equal(pair.run(0, ctxWith(0n)).getBigUint64(16, true), 20n);
    assert.equal(pair.run(0, ctxWith(0n)).getBigUint64(16, true), 10n);
  });

  it('at the tail go on in another prog, at most 33 times, and fall through otherwise', (t) => {
    if (!requireRoot(t)) return;
    // Counts itself in the map and calls entry ctx[0] of the array; what comes after is reached when that has no effect.
    const prog = (increment: number): bpf.Insn[] => [
      bpf.alu64('mov', R6, R1),
      bpf.storeImm(4, R10, -4, 0),
      ...lookUp(1, -4),
      bpf.jumpImm('eq', R0, 0, 8),
      bpf.alu64('mov', R7, R0),
      bpf.alu64Imm('mov', R1, increment),
      bpf.atomicAdd(8, R7, 0, R1),
      bpf.alu64('mov', R1, R6),
      bpf.load(8, R3, R6, 0),
      bpf.ldMapFd(R2, 0),
      bpf.call('tail_call'),
      bpf.alu64Imm('mov', R0, increment),
      bpf.exit(),
    ];
    const array = mapSpec({ type: 'BPF_MAP_TYPE_PROG_ARRAY', keySize: 4, valueSize: 4, maxEntries: 4 });
    const count = mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', maxEntries: 1 });
    using pair = new Pair([array, count], [prog(1), prog(100)], 'BPF_PROG_TYPE_RAW_TRACEPOINT');
    for (const [index, target] of [
      [1, 1],
      [2, 0],
    ] as const) {
      const fd = new Uint8Array(new Uint32Array([pair.progs[target]!.fd.raw]).buffer);
      pair.maps[0]!.update(new Uint8Array([index, 0, 0, 0]), fd);
      for (const { machine } of pair.machines) machine.setTailCall(0, index, target);
    }
    const zero = new Uint8Array(8);
    for (const index of [0n, 1n, 2n, 3n, 4n, 1n << 32n, 0xffff_ffffn]) {
      const ctx = ctxWith(index);
      pair.maps[1]!.update(new Uint8Array(4), zero);
      const { retval } = pair.progs[0]!.testRun({ ctx });
      const counted = pair.maps[1]!.lookup(new Uint8Array(4));
      for (const { engine, machine } of pair.machines) {
        machine.maps.update(1, new Uint8Array(4), [zero]);
        const run = machine.run(0, { ctx });
        const note = `index ${index} (${engine})`;
        assert.equal(run.ok ? run.retval : machine.describe(run.fault), retval, note);
        assert.deepEqual(machine.maps.readArray(1), counted, note);
      }
      if (index === 1n) assert.deepEqual(counted, ctxWith(3301n).slice(0, 8));
    }
  });

  it('at the tail from a function replace that function, and count for the whole run', (t) => {
    if (!requireRoot(t)) return;
    // Three calls of a function that counts itself and goes on in entry ctx[0] of the array; their results together are the result.
    const caller = [
      bpf.alu64('mov', R6, R1),
      bpf.alu64Imm('mov', R7, 0),
      ...[0, 1, 2].flatMap((round) => [
        bpf.alu64('mov', R1, R6),
        bpf.callSubprog(9 - 3 * round),
        bpf.alu64('add', R7, R0),
      ]),
      bpf.alu64('mov', R0, R7),
      bpf.exit(),
      // the function
      bpf.load(8, R3, R1, 0),
      bpf.ldMapFd(R2, 0),
      bpf.call('tail_call'),
      bpf.alu64Imm('mov', R0, 1),
      bpf.exit(),
    ];
    const leaf = [bpf.alu64Imm('mov', R0, 100), bpf.exit()];
    const array = mapSpec({ type: 'BPF_MAP_TYPE_PROG_ARRAY', keySize: 4, valueSize: 4, maxEntries: 4 });
    using pair = new Pair([array], [caller, leaf], 'BPF_PROG_TYPE_RAW_TRACEPOINT');
    const entries = [
      [0, 0],
      [1, 1],
    ] as const;
    for (const [index, target] of entries) {
      const fd = new Uint8Array(new Uint32Array([pair.progs[target]!.fd.raw]).buffer);
      pair.maps[0]!.update(new Uint8Array([index, 0, 0, 0]), fd);
      for (const { machine } of pair.machines) machine.setTailCall(0, index, target);
    }
    for (const index of [0n, 1n, 2n, 9n]) {
      const ctx = ctxWith(index);
      const { retval } = pair.progs[0]!.testRun({ ctx });
      for (const { engine, machine } of pair.machines) {
        const run = machine.run(0, { ctx });
        assert.equal(run.ok ? run.retval : machine.describe(run.fault), retval, `index ${index} (${engine})`);
      }
      if (index === 1n) assert.equal(retval, 300);
    }
  });

  it('back: loops in loops, whose callbacks call functions and change maps', (t) => {
    if (!requireRoot(t)) return;
    const main = [
      bpf.alu64('mov', R6, R1),
      bpf.storeImm(8, R10, -8, 0),
      bpf.load(8, R1, R6, 0),
      bpf.ldFunc(R2, 11),
      ...stackAddress(R3, -8),
      bpf.alu64Imm('mov', R4, 0),
      bpf.call('loop'),
      bpf.store(8, R6, 16, R0),
      bpf.load(8, R1, R10, -8),
      bpf.store(8, R6, 24, R1),
      bpf.alu64Imm('mov', R0, 0),
      bpf.store(8, R6, 40, R0),
      bpf.exit(),
      // outer(index, sum): index + 1 rounds of inner
      bpf.alu64('mov', R3, R2),
      bpf.alu64Imm('add', R1, 1),
      bpf.ldFunc(R2, 5),
      bpf.alu64Imm('mov', R4, 0),
      bpf.call('loop'),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
      // inner(index, sum): counts its index in the map, adds what twice() makes of it
      bpf.alu64('mov', R6, R1),
      bpf.alu64('mov', R7, R2),
      bpf.store(8, R10, -8, R1),
      bpf.storeImm(8, R10, -16, 1),
      ...lookUp(0, -8),
      bpf.jumpImm('eq', R0, 0, 3),
      bpf.alu64Imm('mov', R1, 1),
      bpf.atomicAdd(8, R0, 0, R1),
      bpf.goto(8),
      ...update(0, -8, -16, 1),
      bpf.alu64('mov', R1, R6),
      bpf.callSubprog(3),
      bpf.atomicAdd(8, R7, 0, R0),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
      // twice(number)
      bpf.alu64('mov', R0, R1),
      bpf.alu64('add', R0, R0),
      bpf.exit(),
    ];
    using pair = new Pair([mapSpec({ type: 'BPF_MAP_TYPE_HASH', keySize: 8, maxEntries: 64 })], [main]);
    const view = pair.run(0, ctxWith(6n));
    assert.deepEqual([view.getBigUint64(16, true), view.getBigUint64(24, true)], [6n, 70n]);
    const counted = (entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]) =>
      entries.map(({ key, value }) => `${key}: ${value}`).sort();
    const expected = counted(pair.maps[0]!.entries());
    assert.equal(expected.length, 6);
    for (const { engine, machine } of pair.machines) {
      const entries = machine.maps.entries(0).map(({ key, values }) => ({ key, value: values[0]! }));
      assert.deepEqual(counted(entries), expected, engine);
    }
  });

  for (const [type, keySize] of [
    ['BPF_MAP_TYPE_ARRAY', 4],
    ['BPF_MAP_TYPE_PERCPU_ARRAY', 4],
    ['BPF_MAP_TYPE_HASH', 8],
    ['BPF_MAP_TYPE_PERCPU_HASH', 8],
    ['BPF_MAP_TYPE_LRU_HASH', 8],
    ['BPF_MAP_TYPE_LRU_PERCPU_HASH', 8],
  ] as const) {
    it(`back: bpf_for_each_map_elem over ${type}, to the end or as far as the callback wants`, (t) => {
      if (!requireRoot(t)) return;
      const main = [
        bpf.alu64('mov', R6, R1),
        bpf.load(8, R1, R6, 0),
        bpf.store(8, R10, -8, R1),
        bpf.storeImm(8, R10, -16, 0),
        bpf.ldMapFd(R1, 0),
        bpf.ldFunc(R2, 11),
        ...stackAddress(R3, -16),
        bpf.alu64Imm('mov', R4, 0),
        bpf.call('for_each_map_elem'),
        bpf.store(8, R6, 16, R0),
        bpf.load(8, R1, R10, -16),
        bpf.store(8, R6, 24, R1),
        bpf.alu64Imm('mov', R0, 0),
        bpf.store(8, R6, 40, R0),
        bpf.exit(),
        // callback(map, key, value, {sum, rounds left})
        bpf.load(4, R1, R2, 0),
        bpf.load(8, R2, R3, 0),
        bpf.alu64('add', R2, R1),
        bpf.load(8, R1, R4, 0),
        bpf.alu64('add', R1, R2),
        bpf.store(8, R4, 0, R1),
        bpf.load(8, R1, R4, 8),
        bpf.alu64Imm('sub', R1, 1),
        bpf.store(8, R4, 8, R1),
        bpf.alu64Imm('mov', R0, 0),
        bpf.jumpImm('ne', R1, 0, 1),
        bpf.alu64Imm('mov', R0, 1),
        bpf.exit(),
      ];
      using pair = new Pair([mapSpec({ type, keySize, maxEntries: 8 })], [main]);
      const kernelMap = pair.maps[0]!;
      for (let key = 0n; key < 8n; key++) {
        const bytes = ctxWith(key).slice(0, keySize);
        const row = ctxWith(1000n * key).slice(0, 8);
        kernelMap.update(bytes, row);
        // Every CPU has the same: the kernel chooses which one the prog runs on.
        for (const { machine } of pair.machines)
          machine.maps.update(0, bytes, Array(kernelMap.isPerCpu ? kernelMap.rowCount : 1).fill(row));
      }
      assert.deepEqual(pair.run(0, ctxWith(100n)).getBigUint64(16, true), 8n);
      // Only arrays have the same order here and there.
      if (type.includes('ARRAY')) assert.equal(pair.run(0, ctxWith(3n)).getBigUint64(16, true), 3n);
    });
  }

  it('by may_goto leave a loop that its own condition ends first', (t) => {
    if (!requireRoot(t)) return;
    const main = [
      bpf.alu64('mov', R6, R1),
      bpf.load(8, R1, R6, 0),
      bpf.alu64Imm('mov', R0, 0),
      bpf.mayGoto(3),
      bpf.jump('ge', R0, R1, 2),
      bpf.alu64Imm('add', R0, 1),
      bpf.goto(-4),
      bpf.store(8, R6, 16, R0),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
    ];
    using pair = new Pair([], [main]);
    for (const rounds of [0n, 1n, 1000n])
      assert.equal(pair.run(0, ctxWith(rounds)).getBigUint64(16, true), rounds);
  });
});
