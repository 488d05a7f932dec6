import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HandMade } from '../../tests/support/vm-program.ts';
import { engines, handMadeMachine, mapSpec } from '../../tests/support/vm-program.ts';
import * as bpf from '../bpf/index.ts';

const { R0, R1, R2, R3, R6, R10 } = bpf;

const ring = mapSpec({ type: 'BPF_MAP_TYPE_RINGBUF', keySize: 0, valueSize: 0, maxEntries: 4096 });
const array = mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', valueSize: 16, maxEntries: 2 });
const constants = mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', valueSize: 16, maxEntries: 1, flags: 0x80 });

/** R0 = a value of `array`. */
const lookUp = [
  bpf.storeImm(4, R10, -4, 0),
  bpf.ldMapFd(R1, 0),
  bpf.alu64('mov', R2, R10),
  bpf.alu64Imm('add', R2, -4),
  bpf.call('map_lookup_elem'),
];
const lookUpMap = { maps: [array], relocs: [{ insn: 1, kind: 'map', map: 0 }] } as const;
const loadR0 = bpf.load(8, R0, R0, 0);

const faults: readonly (HandMade & {
  readonly name: string;
  readonly says: RegExp;
  readonly ctx?: Uint8Array;
})[] = [
  {
    name: 'the null pointer',
    insns: [bpf.alu64Imm('mov', R0, 8), loadR0],
    says: /reads 8 bytes at 0x8, which is the null pointer/,
  },
  {
    name: 'a number',
    insns: [bpf.ldImm64(R0, 0x1234_5678_9abcn), bpf.storeImm(4, R0, 0, 1)],
    says: /writes 4 bytes at 0x123456789abc, which is no memory of the prog/,
  },
  {
    name: 'a kernel address in a prog that has no typed pointers',
    insns: [bpf.ldImm64(R0, 0xffff_8880_0000_1000n), loadR0],
    says: /no memory of the prog/,
  },
  {
    name: 'above the stack',
    insns: [bpf.load(1, R0, R10, 0)],
    says: /reads 1 byte at offset 512 of the stack frame, which has 512/,
  },
  {
    name: 'partly above the stack',
    insns: [bpf.load(8, R0, R10, -4)],
    says: /at offset 508 of the stack frame/,
  },
  {
    name: 'below the stack',
    insns: [bpf.storeImm(8, R10, -520, 1)],
    says: /writes 8 bytes at offset -8 of the stack frame/,
  },
  {
    name: 'below the stack, through another register',
    insns: [bpf.alu64('mov', R1, R10), bpf.alu64Imm('add', R1, -512), bpf.storeImm(1, R1, -1, 1)],
    says: /at offset -1 of the stack frame/,
  },
  {
    name: 'the next region, reached by adding to a pointer',
    insns: [
      bpf.ldImm64(R2, 1n << 32n),
      bpf.alu64('mov', R1, R10),
      bpf.alu64('add', R1, R2),
      bpf.storeImm(8, R1, -8, 1),
    ],
    says: /a pointer that is no longer valid, or was changed/,
  },
  {
    name: 'behind a map value, where the next one begins',
    insns: [...lookUp, bpf.load(4, R0, R0, 16)],
    ...lookUpMap,
    says: /at offset 16 of a value of map m, which has 16/,
  },
  {
    name: 'the ctx of a prog that may only read it',
    type: 'BPF_PROG_TYPE_TRACEPOINT',
    ctx: new Uint8Array(16),
    insns: [bpf.storeImm(8, R1, 0, 1)],
    says: /writes to the ctx, which is read-only/,
  },
  {
    name: 'behind the ctx',
    type: 'BPF_PROG_TYPE_TRACEPOINT',
    ctx: new Uint8Array(16),
    insns: [bpf.load(8, R0, R1, 16)],
    says: /reads 8 bytes at offset 16 of the ctx, which has 16/,
  },
  {
    name: 'a map that progs may only read',
    insns: [bpf.ldMapValue(R1, 0, 4), bpf.storeImm(4, R1, 0, 1)],
    maps: [constants],
    relocs: [{ insn: 0, kind: 'map-value', map: 0, offset: 4 }],
    says: /writes to a value of map m, which is read-only/,
  },
  {
    name: 'a map that progs may only read, by an atomic',
    insns: [bpf.ldMapValue(R1, 0, 4), bpf.atomicAdd(8, R1, 0, R1)],
    maps: [constants],
    relocs: [{ insn: 0, kind: 'map-value', map: 0, offset: 0 }],
    says: /writes to a value of map m, which is read-only/,
  },
  {
    name: 'a map itself',
    insns: [bpf.ldMapFd(R1, 0), bpf.load(4, R0, R1, 0)],
    maps: [array],
    relocs: [{ insn: 0, kind: 'map', map: 0 }],
    says: /of a map itself, which has 0/,
  },
  {
    name: 'a record that was submitted',
    insns: [
      bpf.ldMapFd(R1, 0),
      bpf.alu64Imm('mov', R2, 16),
      bpf.alu64Imm('mov', R3, 0),
      bpf.call('ringbuf_reserve'),
      bpf.alu64('mov', R6, R0),
      bpf.alu64('mov', R1, R0),
      bpf.alu64Imm('mov', R2, 0),
      bpf.call('ringbuf_submit'),
      bpf.storeImm(8, R6, 0, 1),
    ],
    maps: [ring],
    relocs: [{ insn: 0, kind: 'map', map: 0 }],
    says: /no longer valid/,
  },
];

describe('memory', () => {
  for (const engine of engines) {
    for (const { name, says, ctx, ...prog } of faults) {
      it(`refuses ${name} (${engine})`, () => {
        const insns =
          prog.insns instanceof Uint8Array
            ? prog.insns
            : [...prog.insns, bpf.alu64Imm('mov', R0, 0), bpf.exit()];
        const machine = handMadeMachine([{ ...prog, insns }], { engine });
        const run = machine.run(0, ctx === undefined ? {} : { ctx });
        assert.match(run.ok ? '' : machine.describe(run.fault), says);
      });
    }

    it(`gives the same pointers for the same seed, and others for another (${engine})`, () => {
      const insns = [bpf.alu64('mov', R0, R10), bpf.alu64Imm('rsh', R0, 32), bpf.exit()];
      const retvals = [1, 1, 2, 3, 4].map((seed) => {
        const run = handMadeMachine([{ insns }], { engine, seed }).run(0);
        return run.ok ? run.retval : -1;
      });
      assert.equal(retvals[0], retvals[1]);
      assert.ok(new Set(retvals).size > 2, `nonces of four seeds: ${retvals}`);
    });
  }
});
