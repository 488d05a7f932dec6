/** The machine's engines, in millions of instructions per second of CPU time. */

import type { Insn } from '../src/bpf/index.ts';
import * as bpf from '../src/bpf/index.ts';
import { countUp, lookUp } from '../tests/support/raw-code.ts';
import { handMadeMachine, mapRelocs, mapSpec } from '../tests/support/vm-program.ts';
import type { RateCase } from './bench-rates.ts';

interface Case {
  readonly name: string;
  readonly insns: readonly Insn[];
  /** What both engines are to reach, in millions. */
  readonly reach?: readonly [interpreter: string, wasm: string];
  /** Runs between two looks at the clock; default 1. */
  readonly batch?: number;
}

const ROUNDS = 200_000;
const { R0, R1, R2, R3, R4, R6, R10 } = bpf;

const counts = mapSpec({ name: 'counts', type: 'BPF_MAP_TYPE_HASH', maxEntries: 64 });
const board = mapSpec({ name: 'board', type: 'BPF_MAP_TYPE_ARRAY', valueSize: 64, maxEntries: 1 });

const cases: readonly Case[] = [
  {
    name: 'machine-alu',
    reach: ['100', '2000'],
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
    name: 'machine-stack-memory',
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
    name: 'machine-map-memory',
    insns: [
      bpf.alu64Imm('mov', R1, ROUNDS),
      bpf.ldMapValue(R6, 1, 0),
      bpf.load(8, R2, R6, 0),
      bpf.alu64('add', R2, R1),
      bpf.store(8, R6, 8, R2),
      bpf.load(4, R3, R6, 20),
      bpf.store(1, R6, 33, R3),
      bpf.load(1, R4, R6, 34),
      bpf.alu64Imm('sub', R1, 1),
      bpf.jumpImm('ne', R1, 0, -8),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
    ],
  },
  {
    name: 'machine-map-helpers',
    insns: [
      bpf.alu64Imm('mov', R6, ROUNDS / 10),
      bpf.alu64('mov', R4, R6),
      bpf.alu64Imm('and', R4, 63),
      bpf.store(4, R10, -4, R4),
      ...lookUp(0, -4),
      ...countUp,
      bpf.alu64Imm('sub', R6, 1),
      bpf.jumpImm('ne', R6, 0, -13),
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
    ],
  },
  {
    // What `@[tid] = count()` does for one event, start of the prog included.
    name: 'machine-short-events',
    batch: 5000,
    insns: [
      bpf.call('get_current_pid_tgid'),
      bpf.alu64Imm('and', R0, 63),
      bpf.store(4, R10, -4, R0),
      ...lookUp(0, -4),
      ...countUp,
      bpf.alu64Imm('mov', R0, 0),
      bpf.exit(),
    ],
  },
];

export const engineCases: readonly RateCase[] = cases.map((row) => ({
  name: row.name,
  unit: 'million instructions/s',
  columns: (['interpreter', 'wasm'] as const).map((engine, index) => ({
    name: engine,
    rate: async () => measure(row, engine),
    ...(row.reach === undefined ? {} : { reach: row.reach[index] }),
  })),
}));

/** Millions of instructions per second of CPU time: a busy machine takes the clock's time, hardly the process's. */
function measure(row: Case, engine: 'interpreter' | 'wasm'): number {
  const { insns } = row;
  const machine = handMadeMachine([{ insns, relocs: mapRelocs(insns), maps: [counts, board] }], {
    engine,
    insnLimit: 0x7fff_ffff,
  });
  for (let key = 0; key < counts.maxEntries; key++)
    machine.maps.update(0, new Uint8Array([key, 0, 0, 0]), [new Uint8Array(8)]);
  let best = 0;
  // The fastest round counts: everything else a computer does only adds.
  for (let round = 0; round < 10; round++) {
    const before = process.cpuUsage();
    let executed = 0;
    // The clock of CPU time has coarse ticks.
    for (let elapsedUs = 0; elapsedUs < 100_000; ) {
      for (let count = 0; count < (row.batch ?? 1); count++) {
        const run = machine.run(0);
        if (!run.ok) throw new Error(machine.describe(run.fault));
        executed += run.insns;
      }
      const used = process.cpuUsage(before);
      elapsedUs = used.user + used.system;
    }
    const used = process.cpuUsage(before);
    best = Math.max(best, executed / (used.user + used.system));
  }
  return best;
}
