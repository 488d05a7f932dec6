import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  engines,
  type HandMade,
  handMadeMachine,
  handMadeProgram,
  mapSpec,
} from '../../tests/support/vm-program.ts';
import * as bpf from '../bpf/index.ts';
import type { SourceTrail } from '../program/index.ts';
import { createMachine, createQuietEnvironment, MemoryLimitError } from './index.ts';

const { R0, R1, R2, R3, R4, R6, R10 } = bpf;
const returnZero = [bpf.alu64Imm('mov', R0, 0), bpf.exit()];

function rejectionOf(prog: HandMade): string {
  const result = createMachine(handMadeProgram([prog]), { environment: createQuietEnvironment() });
  assert.ok(!result.ok, 'the machine refuses the prog');
  assert.equal(result.rejection.errno, 22);
  return result.rejection.log;
}

function trail(line: number): SourceTrail {
  return { at: { source: 0, line, column: 3, endLine: line, endColumn: 9 } };
}

describe('loading', () => {
  const cases: readonly (HandMade & { readonly name: string; readonly says: RegExp })[] = [
    { name: 'nothing', insns: [], says: /no instructions/ },
    { name: 'half an instruction', insns: new Uint8Array(12), says: /only 4 of 8 bytes/ },
    {
      name: 'an opcode that is none',
      insns: new Uint8Array(8).fill(0xff),
      says: /opcode 0xff is no instruction/,
    },
    {
      name: 'a jump out of the prog',
      insns: [bpf.goto(5), ...returnZero],
      says: /slot 6, where this goes, is no instruction/,
    },
    {
      name: 'a jump into ld_imm64',
      insns: [bpf.goto(1), bpf.ldImm64(R0, 1n), bpf.exit()],
      says: /slot 2, where/,
    },
    {
      name: 'an end that is none',
      insns: [bpf.alu64Imm('mov', R0, 0)],
      says: /goes on behind its last instruction/,
    },
    { name: 'a write to r10', insns: [bpf.alu64Imm('mov', R10, 0), bpf.exit()], says: /r10 is read-only/ },
    {
      name: 'a fetch into r10',
      insns: [bpf.atomic('add', 8, R1, 0, R10, true), bpf.exit()],
      says: /r10 is read-only/,
    },
    {
      name: 'a register 12',
      insns: [{ ...bpf.alu64Imm('mov', R0, 0), dst: 12 }, bpf.exit()],
      says: /not r12/,
    },
    {
      name: 'packet access',
      insns: [{ opcode: 0x20, dst: 0, src: 0, off: 0, imm: 0 }, bpf.exit()],
      says: /no packet/,
    },
    {
      name: 'a helper it does not have',
      insns: [bpf.call('xdp_adjust_head'), bpf.exit()],
      says: /helper bpf_xdp_adjust_head is not available/,
    },
    {
      name: 'a helper that nobody has',
      insns: [{ ...bpf.call('loop'), imm: 4000 }, bpf.exit()],
      says: /helper 4000 is not available/,
    },
    {
      name: 'a kernel function it does not have',
      insns: [bpf.callKfunc(0), bpf.exit()],
      relocs: [{ insn: 0, kind: 'kfunc', name: 'bpf_task_from_pid' }],
      says: /kernel function bpf_task_from_pid is not available/,
    },
    { name: 'a map without a name', insns: [bpf.ldMapFd(R0, 3), bpf.exit()], says: /does not say of what/ },
    {
      name: 'a kernel variable that is not there',
      insns: [bpf.ldKsym(R0, 0), bpf.exit()],
      relocs: [{ insn: 0, kind: 'ksym', name: 'jiffies' }],
      says: /kernel variable jiffies is not available/,
    },
    {
      name: 'a place behind a map value',
      insns: [bpf.ldMapValue(R0, 0, 8), bpf.exit()],
      maps: [mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', maxEntries: 1 })],
      relocs: [{ insn: 0, kind: 'map-value', map: 0, offset: 8 }],
      says: /byte 8 of the value of map 0 is not available/,
    },
    {
      name: 'a jump into another function',
      insns: [bpf.callSubprog(3), bpf.goto(2), ...returnZero, bpf.alu64Imm('mov', R0, 1), bpf.exit()],
      says: /jump goes into another function/,
    },
  ];
  for (const { name, says, ...prog } of cases)
    it(`refuses ${name}`, () => assert.match(rejectionOf(prog), says));

  it('says where in the script', () => {
    const program = handMadeProgram([
      { insns: [bpf.alu64Imm('mov', R0, 0), bpf.call('xdp_adjust_head'), bpf.exit()] },
    ]);
    const lines = [
      { insn: 0, trail: trail(1) },
      { insn: 1, trail: trail(7) },
    ];
    const result = createMachine(
      { ...program, sources: [{ name: 'a.bt', text: '' }], progs: [{ ...program.progs[0]!, lines }] },
      { environment: createQuietEnvironment() },
    );
    assert.ok(!result.ok);
    assert.equal(
      result.rejection.log,
      'a.bt:7:3-9: prog prog0 is refused: helper bpf_xdp_adjust_head is not available (instruction 1)\n',
    );
    assert.equal(result.rejection.insn, 1);
  });

  it('refuses maps that are larger than a machine', () => {
    const maps = [mapSpec({ type: 'BPF_MAP_TYPE_HASH', maxEntries: 1 << 25 })];
    assert.throws(() => handMadeMachine([{ insns: returnZero, maps }]), MemoryLimitError);
  });
});

describe('running', () => {
  for (const engine of engines) {
    it(`names the script's place of a fault (${engine})`, () => {
      const program = handMadeProgram([
        { insns: [bpf.ldImm64(R1, 16n), bpf.load(8, R0, R1, 0), bpf.exit()] },
      ]);
      const lines = [
        { insn: 0, trail: trail(1) },
        { insn: 2, trail: trail(4) },
        { insn: 3, trail: trail(5) },
      ];
      const result = createMachine(
        { ...program, sources: [{ name: 'a.bt', text: '' }], progs: [{ ...program.progs[0]!, lines }] },
        { environment: createQuietEnvironment(), engine },
      );
      assert.ok(result.ok);
      const run = result.machine.run(0);
      assert.ok(!run.ok);
      assert.equal(run.fault.insn, 2);
      assert.equal(
        result.machine.describe(run.fault),
        'a.bt:4:3-9: prog prog0 reads 8 bytes at 0x10, which is the null pointer (instruction 2)',
      );
    });

    it(`ends a loop without an end (${engine})`, () => {
      const machine = handMadeMachine([{ insns: [bpf.alu64Imm('mov', R0, 0), bpf.goto(-1), bpf.exit()] }], {
        engine,
        insnLimit: 1000,
      });
      const run = machine.run(0);
      assert.ok(!run.ok);
      assert.match(machine.describe(run.fault), /does not come to an end within 1000 instructions/);
    });

    it(`ends a loop of callbacks without an end (${engine})`, () => {
      const insns = [
        bpf.alu64Imm('mov', R1, 1 << 23),
        bpf.ldFunc(R2, 6),
        bpf.alu64Imm('mov', R3, 0),
        bpf.alu64Imm('mov', R4, 0),
        bpf.call('loop'),
        ...returnZero,
        ...returnZero,
      ];
      const machine = handMadeMachine([{ insns: withFunc(insns, 1, 7) }], { engine, insnLimit: 100_000 });
      const run = machine.run(0);
      assert.ok(!run.ok);
      assert.equal(run.fault.cause.kind, 'insn-limit');
    });

    it(`ends a recursion (${engine})`, () => {
      const insns = [bpf.callSubprog(1), bpf.exit(), bpf.callSubprog(-1), bpf.exit()];
      const machine = handMadeMachine([{ insns }], { engine });
      const run = machine.run(0);
      assert.ok(!run.ok);
      assert.match(machine.describe(run.fault), /calls more than 8 functions deep/);
      // The fault leaves nothing behind.
      const again = machine.run(0);
      assert.ok(!again.ok);
      assert.equal(again.fault.cause.kind, 'call-depth');
    });

    it(`counts instructions (${engine})`, () => {
      const insns = [
        bpf.alu64Imm('mov', R0, 10),
        bpf.alu64Imm('sub', R0, 1),
        bpf.jumpImm('ne', R0, 0, -2),
        bpf.callSubprog(1),
        bpf.exit(),
        ...returnZero,
      ];
      assert.equal(handMadeMachine([{ insns }], { engine }).run(0).insns, 1 + 20 + 2 + 2);
      assert.ok(handMadeMachine([{ insns }], { engine, insnLimit: 25 }).run(0).ok);
      assert.ok(!handMadeMachine([{ insns }], { engine, insnLimit: 24 }).run(0).ok);
    });

    it(`does not count what a tail call leaves out (${engine})`, () => {
      const array = mapSpec({ type: 'BPF_MAP_TYPE_PROG_ARRAY', valueSize: 4, maxEntries: 1 });
      const insns = [bpf.ldMapFd(R2, 0), bpf.alu64Imm('mov', R3, 0), bpf.call('tail_call'), ...returnZero];
      const relocs = [{ insn: 0, kind: 'map', map: 0 }] as const;
      const machine = handMadeMachine([{ insns, relocs, maps: [array] }], { engine });
      assert.equal(machine.run(0).insns, 5);
      machine.setTailCall(0, 0, 0);
      assert.equal(machine.run(0).insns, 33 * 3 + 5);
    });

    it(`ends work that hides in helpers (${engine})`, () => {
      const big = mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', valueSize: 1 << 20, maxEntries: 1 });
      const insns = [
        bpf.ldMapValue(R1, 0, 0),
        bpf.alu64Imm('mov', R2, 1 << 20),
        bpf.alu64('mov', R3, R1),
        bpf.call('probe_read_kernel'),
        bpf.goto(-6),
        bpf.exit(),
      ];
      const machine = handMadeMachine(
        [{ insns, maps: [big], relocs: [{ insn: 0, kind: 'map-value', map: 0, offset: 0 }] }],
        {
          engine,
          insnLimit: 1_000_000,
        },
      );
      const run = machine.run(0);
      assert.ok(!run.ok);
      assert.equal(run.fault.cause.kind, 'insn-limit');
    });

    it(`hands over records, and discards those of a prog that faults (${engine})`, () => {
      const ring = mapSpec({ type: 'BPF_MAP_TYPE_RINGBUF', keySize: 0, valueSize: 0, maxEntries: 0 });
      const reserve = [
        bpf.alu64('mov', R6, R1),
        bpf.ldMapFd(R1, 0),
        bpf.alu64Imm('mov', R2, 16),
        bpf.alu64Imm('mov', R3, 0),
        bpf.call('ringbuf_reserve'),
        bpf.jumpImm('eq', R0, 0, 6),
        bpf.load(8, R1, R6, 0),
        bpf.store(8, R0, 0, R1),
        bpf.storeImm(8, R0, 8, 7),
      ];
      const relocs = [{ insn: 1, kind: 'map', map: 0 }] as const;
      const submit = [
        bpf.alu64('mov', R1, R0),
        bpf.alu64Imm('mov', R2, 0),
        bpf.call('ringbuf_submit'),
        ...returnZero,
      ];
      const forget = [
        bpf.alu64Imm('mov', R1, 0),
        bpf.alu64Imm('mov', R2, 0),
        bpf.alu64Imm('mov', R3, 0),
        ...returnZero,
      ];
      const result = createMachine(
        {
          ...handMadeProgram([
            { insns: [...reserve, ...submit], maps: [ring], relocs },
            { insns: [...reserve, ...forget], relocs },
          ]),
          ringBuffer: 0,
        },
        { environment: createQuietEnvironment(), engine, ringBytes: 4096 },
      );
      assert.ok(result.ok);
      const { machine } = result;
      const ctx = new Uint8Array(8);
      const records: string[] = [];
      const drain = (stopAt = Number.POSITIVE_INFINITY): number =>
        machine.drain((record) => {
          records.push(record.join(' '));
          return records.length < stopAt;
        });
      for (let event = 1; event <= 3; event++) {
        ctx[0] = event;
        assert.ok(machine.run(0, { ctx }).ok);
      }
      const forgotten = machine.run(1, { ctx });
      assert.ok(!forgotten.ok);
      assert.match(
        machine.describe(forgotten.fault),
        /ends with 1 reserved records neither submitted nor discarded/,
      );
      assert.ok(machine.hasRecords);
      assert.equal(drain(2), 2);
      assert.equal(drain(), 1);
      assert.equal(drain(), 0);
      assert.deepEqual(
        records,
        [1, 2, 3].map((event) => `${event} 0 0 0 0 0 0 0 7 0 0 0 0 0 0 0`),
      );
      // Positions go around the ring many times.
      let handed = 0;
      for (let event = 0; event < 1000; event++) {
        assert.ok(machine.run(0, { ctx }).ok);
        if (event % 50 === 49) handed += machine.drain(() => true);
      }
      assert.equal(handed, 1000);
    });

    it(`fills maps before it runs (${engine})`, () => {
      const constants = mapSpec({
        type: 'BPF_MAP_TYPE_ARRAY',
        valueSize: 16,
        maxEntries: 1,
        flags: 0x80,
        frozen: true,
        initial: new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 2]),
      });
      const insns = [
        bpf.ldMapValue(R1, 0, 8),
        bpf.load(8, R0, R1, 0),
        bpf.load(8, R2, R1, -8),
        bpf.alu64('add', R0, R2),
        bpf.exit(),
      ];
      const result = createMachine(
        {
          ...handMadeProgram([
            { insns, maps: [constants], relocs: [{ insn: 0, kind: 'map-value', map: 0, offset: 8 }] },
          ]),
          constants: 0,
        },
        {
          environment: createQuietEnvironment(),
          engine,
          constants: [{ offset: 1, bytes: new Uint8Array([1]) }],
        },
      );
      assert.ok(result.ok);
      const run = result.machine.run(0);
      assert.equal(run.ok && run.retval, 0x101 + 2);
      assert.throws(() => result.machine.maps.writeArray(0, 0, new Uint8Array(1)), /frozen: EPERM/);
    });
  }
});

/** The instructions with the function address at `index` pointing to instruction `target`. */
function withFunc(insns: readonly bpf.Insn[], index: number, target: number): bpf.Insn[] {
  const slot = (at: number): number => bpf.countSlots(insns.slice(0, at));
  return insns.map((insn, at) =>
    at === index ? bpf.ldFunc(insn.dst, slot(target) - slot(index) - 1) : insn,
  );
}
