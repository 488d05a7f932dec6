import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countUp, lookUp, stackAddress, update } from '../../tests/support/raw-code.ts';
import { anyCall, fuzzedBytes, tangledProg } from '../../tests/support/vm-hostile.ts';
import {
  engines,
  handMadeMachine,
  handMadeProgram,
  mapRelocs,
  mapSpec,
} from '../../tests/support/vm-program.ts';
import { randomProg, randomProgMap } from '../../tests/support/vm-random.ts';
import * as bpf from '../bpf/index.ts';
import { encodeInsns, listing } from '../bpf/index.ts';
import type { Reloc } from '../program/index.ts';
import { createMachine, createQuietEnvironment, helperNames, kfuncNames, type Machine } from './index.ts';

const { R0, R1, R2, R3, R4, R6, R7, R10 } = bpf;

/** What a run came to, for comparing engines: which kind of fault, or the ctx. */
function outcome(machine: Machine, ctx: Uint8Array): unknown {
  const run = machine.run(0, { ctx });
  return run.ok ? { retval: run.retval, insns: run.insns, ctx: machine.readCtx() } : run.fault.cause.kind;
}

describe('programs of any shape', () => {
  it('come to the same in both engines', () => {
    let finished = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const insns = encodeInsns(tangledProg(seed));
      const outcomes = engines.map((engine) =>
        outcome(handMadeMachine([{ insns }], { engine, insnLimit: 5000 }), new Uint8Array(72)),
      );
      assert.deepEqual(outcomes[1], outcomes[0], `seed ${seed}\n${listing(insns)}`);
      if (typeof outcomes[0] === 'object') finished++;
    }
    assert.ok(finished > 150, `${finished} of 300 came to an end`);
  });

  it('as the kernel would accept come to the same in both engines', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const { insns, ctx } = randomProg(seed);
      const parts = { insns, relocs: mapRelocs(insns), maps: [randomProgMap] };
      const outcomes = engines.map((engine) => outcome(handMadeMachine([parts], { engine }), ctx));
      assert.deepEqual(outcomes[1], outcomes[0], `seed ${seed}\n${listing(insns)}`);
      assert.equal(typeof outcomes[0], 'object', `seed ${seed}`);
    }
  });

  it('that are very long are translated', () => {
    const insns: bpf.Insn[] = [bpf.alu64('mov', R6, R1), bpf.load(8, R1, R6, 0), bpf.alu64Imm('mov', R0, 0)];
    for (let step = 0; step < 20_000; step++)
      insns.push(bpf.jumpImm('gt', R1, step, 1), bpf.alu64Imm('add', R0, 1));
    insns.push(bpf.exit());
    const ctx = new Uint8Array([0x10, 0x27, 0, 0, 0, 0, 0, 0]);
    for (const engine of engines) {
      const run = handMadeMachine([{ insns }], { engine }).run(0, { ctx });
      assert.equal(run.ok && run.retval, 10_000, engine);
    }
  });
});

describe('fuzzed bytes', () => {
  const secret = mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', name: 'secret', maxEntries: 1, valueSize: 8 });
  const counts = mapSpec({ type: 'BPF_MAP_TYPE_HASH', name: 'counts', maxEntries: 16 });
  const ring = mapSpec({
    type: 'BPF_MAP_TYPE_RINGBUF',
    name: 'ring',
    keySize: 0,
    valueSize: 0,
    maxEntries: 4096,
  });
  /** Uses what progs use: stack, ctx, maps, records, functions, callbacks. */
  const model = [
    bpf.alu64('mov', R6, R1),
    bpf.load(8, R7, R6, 0),
    bpf.store(8, R10, -8, R7),
    ...update(0, -4, -8, 0),
    ...lookUp(0, -4),
    ...countUp,
    bpf.ldMapFd(R1, 0),
    bpf.alu64Imm('mov', R2, 24),
    bpf.alu64Imm('mov', R3, 0),
    bpf.call('ringbuf_reserve'),
    bpf.jumpImm('eq', R0, 0, 4),
    bpf.store(8, R0, 16, R7),
    bpf.alu64('mov', R1, R0),
    bpf.alu64Imm('mov', R2, 0),
    bpf.call('ringbuf_submit'),
    bpf.alu64Imm('mov', R1, 3),
    bpf.ldFunc(R2, 10),
    ...stackAddress(R3, -16),
    bpf.alu64Imm('mov', R4, 0),
    bpf.call('loop'),
    bpf.alu64('mov', R1, R10),
    bpf.alu64Imm('mov', R2, 16),
    bpf.callSubprog(5),
    bpf.alu64Imm('mov', R0, 0),
    bpf.exit(),
    // a callback
    bpf.store(8, R2, 0, R1),
    bpf.alu64Imm('mov', R0, 0),
    bpf.exit(),
    // a function
    bpf.alu64Imm('add', R1, -16),
    bpf.call('get_current_comm'),
    bpf.exit(),
  ];
  const relocs = [
    { insn: 3, kind: 'map', map: 0 },
    { insn: 11, kind: 'map', map: 0 },
    { insn: 19, kind: 'map', map: 1 },
  ] as const;

  it('are a fair model before they are fuzzed', () => {
    for (const engine of engines) {
      const machine = handMadeMachine([{ insns: model, relocs, maps: [counts, ring, secret] }], { engine });
      const run = machine.run(0, { ctx: new Uint8Array(64) });
      assert.ok(run.ok, run.ok ? '' : machine.describe(run.fault));
    }
  });

  it('never escape, crash or hang', () => {
    const key = new Uint8Array(4);
    const untouched = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    const kinds = new Map<string, number>();
    const count = Number(process.env['TETRACE_PROPERTY_RUNS'] ?? 1500);
    for (let seed = 1; seed <= count; seed++) {
      const insns = fuzzedBytes(seed, model);
      for (const engine of engines) {
        const result = createMachine(handMadeProgram([{ insns, relocs, maps: [counts, ring, secret] }]), {
          environment: createQuietEnvironment(),
          engine,
          insnLimit: 20_000,
        });
        if (!result.ok) {
          kinds.set('rejected', (kinds.get('rejected') ?? 0) + 1);
          continue;
        }
        const { machine } = result;
        machine.maps.update(2, key, [untouched]);
        for (let round = 0; round < 2; round++) {
          const run = machine.run(0, { ctx: new Uint8Array(64) });
          const kind = run.ok ? 'finished' : run.fault.cause.kind;
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
          // Faults can always be told.
          if (!run.ok) assert.match(machine.describe(run.fault), /^prog prog0 .* \(instruction \d+\)$/);
        }
        assert.deepEqual(machine.maps.readArray(2), untouched, `seed ${seed}`);
        machine.drain(() => true);
      }
    }
    for (const kind of ['rejected', 'finished', 'bad-address', 'bad-argument', 'insn-limit'])
      assert.ok((kinds.get(kind) ?? 0) > 0, `${kind} happened: ${JSON.stringify([...kinds])}`);
  });
});

describe('helpers called with anything', () => {
  const maps = [
    mapSpec({ type: 'BPF_MAP_TYPE_HASH', maxEntries: 4 }),
    mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', maxEntries: 1, valueSize: 4096 }),
    mapSpec({ type: 'BPF_MAP_TYPE_RINGBUF', keySize: 0, valueSize: 0, maxEntries: 4096 }),
    mapSpec({ type: 'BPF_MAP_TYPE_PERF_EVENT_ARRAY', maxEntries: 2, valueSize: 4 }),
    mapSpec({ type: 'BPF_MAP_TYPE_STACK_TRACE', maxEntries: 4, valueSize: 16 }),
    mapSpec({ type: 'BPF_MAP_TYPE_PROG_ARRAY', maxEntries: 4, valueSize: 4 }),
    mapSpec({ type: 'BPF_MAP_TYPE_PERCPU_HASH', maxEntries: 4 }),
  ];
  const callees = [
    ...helperNames().map((name) => ({ name, insn: bpf.call(name), kfunc: undefined })),
    ...kfuncNames().map((name) => ({ name, insn: bpf.callKfunc(0), kfunc: name })),
  ];
  for (const [number, { name, insn, kfunc }] of callees.entries()) {
    it(`${name} answers or faults, the same in both engines`, () => {
      for (let round = 0; round < 25; round++) {
        const { insns, mapSlots } = anyCall(number * 1000 + round, insn, maps.length);
        const at = bpf.countSlots(insns.slice(0, insns.indexOf(insn)));
        const relocs: Reloc[] = mapSlots.map(([slot, map]) => ({ insn: slot, kind: 'map', map }));
        if (kfunc !== undefined) relocs.push({ insn: at, kind: 'kfunc', name: kfunc });
        const outcomes = engines.map((engine) => {
          const machine = handMadeMachine([{ insns, relocs, maps }], { engine, insnLimit: 50_000, cpus: 2 });
          machine.openPerfBuffers(3, 4096);
          machine.setTailCall(5, 1, 0);
          return outcome(machine, new Uint8Array(32));
        });
        assert.deepEqual(outcomes[1], outcomes[0], `round ${round}\n${listing(insns)}`);
      }
    });
  }
});
