/**
 * Measures the machine's engines: `bench-vm [CASE...]`, in millions of instructions per second. The fastest of several rounds counts,
 * because everything else a computer does only adds.
 */

import type { Insn } from '../src/bpf/index.ts';
import * as bpf from '../src/bpf/index.ts';
import type { Reloc } from '../src/program/index.ts';
import { createMachine, createQuietEnvironment } from '../src/vm/index.ts';

interface Case {
  readonly name: string;
  readonly insns: readonly Insn[];
  readonly relocs?: readonly Reloc[];
}

const ROUNDS = 2_000_000;
const { R0, R1, R2, R3, R4, R6, R10 } = bpf;

const cases: readonly Case[] = [
  {
    name: 'alu',
    insns: [
      bpf.alu64Imm('mov', R0, 0),
      bpf.alu64Imm('mov', R1, ROUNDS),
      bpf.alu64Imm('mov', R2, 7),
      bpf.alu64('add', R0, R2),
      bpf.alu64Imm('xor', R0, 0x55aa),
      bpf.alu64Imm('lsh', R0, 3),
      bpf.alu64('sub', R2, R0),
      bpf.alu64Imm('rsh', R2, 5),
      bpf.alu32Imm('add', R2, 3),
      bpf.alu64('or', R0, R2),
      bpf.alu64Imm('sub', R1, 1),
      bpf.jumpImm('ne', R1, 0, -9),
      bpf.exit(),
    ],
  },
  {
    name: 'stack memory',
    insns: [
      bpf.alu64Imm('mov', R0, 0),
      bpf.alu64Imm('mov', R1, ROUNDS),
      bpf.storeImm(8, R10, -8, 1),
      bpf.storeImm(4, R10, -16, 1),
      bpf.load(8, R2, R10, -8),
      bpf.alu64('add', R2, R1),
      bpf.store(8, R10, -8, R2),
      bpf.load(4, R3, R10, -16),
      bpf.alu64('add', R0, R3),
      bpf.store(4, R10, -16, R0),
      bpf.alu64Imm('sub', R1, 1),
      bpf.jumpImm('ne', R1, 0, -8),
      bpf.exit(),
    ],
  },
  {
    name: 'map helpers',
    relocs: [{ insn: 4, kind: 'map', map: 0 }],
    insns: [
      bpf.alu64Imm('mov', R6, ROUNDS / 10),
      bpf.alu64('mov', R4, R6),
      bpf.alu64Imm('and', R4, 63),
      bpf.store(4, R10, -4, R4),
      bpf.ldMapFd(R1, 0),
      bpf.alu64('mov', R2, R10),
      bpf.alu64Imm('add', R2, -4),
      bpf.call('map_lookup_elem'),
      bpf.jumpImm('eq', R0, 0, 2),
      bpf.alu64Imm('mov', R1, 1),
      bpf.atomicAdd(8, R0, 0, R1),
      bpf.alu64Imm('sub', R6, 1),
      bpf.jumpImm('ne', R6, 0, -13),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
    ],
  },
];

const wanted = process.argv.slice(2);
for (const row of cases) {
  if (wanted.length > 0 && !wanted.includes(row.name)) continue;
  process.stdout.write(`${row.name.padEnd(14)} interpreter ${measure(row).padStart(7)} M insns/s\n`);
}

function measure(row: Case): string {
  const result = createMachine(
    {
      bpfMaps: [
        {
          name: 'counts',
          type: 'BPF_MAP_TYPE_HASH',
          keySize: 4,
          valueSize: 8,
          maxEntries: 64,
          flags: 0,
          role: 'script',
        },
      ],
      sources: [],
      progs: [
        {
          name: 'bench',
          type: 'BPF_PROG_TYPE_SYSCALL',
          insns: bpf.encodeInsns(row.insns),
          relocs: row.relocs ?? [],
          lines: [],
          funcs: [],
        },
      ],
    },
    { environment: createQuietEnvironment() },
  );
  if (!result.ok) throw new Error(result.rejection.log);
  const { machine } = result;
  for (let key = 0; key < 64; key++)
    machine.maps.update(0, new Uint8Array([key, 0, 0, 0]), [new Uint8Array(8)]);
  let best = 0;
  for (let round = 0; round < 7; round++) {
    const started = process.hrtime.bigint();
    const run = machine.run(0);
    const elapsedNs = Number(process.hrtime.bigint() - started);
    if (!run.ok) throw new Error(machine.describe(run.fault));
    best = Math.max(best, (run.insns * 1000) / elapsedNs);
  }
  return best.toFixed(0);
}
