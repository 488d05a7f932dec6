import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stackAddress } from '../../tests/support/raw-code.ts';
import { engines, handMadeMachine, mapSpec } from '../../tests/support/vm-program.ts';
import * as bpf from '../bpf/index.ts';
import type { BpfMapSpec, BpfProgType, Reloc } from '../program/index.ts';
import { createQuietEnvironment, type Environment, helperNames, type Machine } from './index.ts';

const { R0, R1, R2, R3, R4, R5, R6, R10 } = bpf;

/** Simulated memory: a text in each address space, readable up to the end of its page. */
const USER = 0x7000_0000_0ff0n;
const KERNEL = 0xffff_8880_0000_1000n;
const userBytes = Uint8Array.from('user text\0rest..', (char) => char.charCodeAt(0));
const kernelBytes = Uint8Array.from('kernel text\0', (char) => char.charCodeAt(0));

function environment(more: Partial<Environment> = {}): Environment {
  return {
    ...createQuietEnvironment({ timeNs: 123_456_789_012n, seed: 5 }),
    task: () => ({ pid: 100, tid: 101, uid: 1000, gid: 1001, comm: 'name', cgroupId: 42n, address: KERNEL }),
    read(space, address, into) {
      const [base, bytes] = space === 'user' ? [USER, userBytes] : [KERNEL, kernelBytes];
      if (address < base || address >= base + BigInt(bytes.length)) return 0;
      const part = bytes.subarray(Number(address - base)).subarray(0, into.length);
      into.set(part);
      return part.length;
    },
    stack: (space) => (space === 'user' ? [0x40n, 0x41n, 0x42n] : [KERNEL, KERNEL + 1n]),
    ...more,
  };
}

interface CallCase {
  /** Sets R1 to R5 before the call; R6 points to a zeroed buffer of 32 bytes. */
  readonly args: readonly bpf.Insn[];
  readonly maps?: readonly BpfMapSpec[];
  readonly relocs?: readonly Reloc[];
  readonly type?: BpfProgType;
  readonly environment?: Partial<Environment>;
  readonly prepare?: (machine: Machine) => void;
}

/** Calls a helper and returns R0 (signed) and the buffer as a binary string up to its last byte that is not zero. */
function call(engine: (typeof engines)[number], helper: bpf.HelperName, row: CallCase): [bigint, string] {
  const head = [
    ...stackAddress(R6, -32),
    ...[-32, -24, -16, -8].map((off) => bpf.storeImm(8, R10, off, 0)),
    bpf.store(8, R10, -40, R1),
  ];
  const insns = [
    ...head,
    ...row.args,
    bpf.call(helper),
    bpf.load(8, R1, R10, -40),
    bpf.store(8, R1, 0, R0),
    ...[0, 8, 16, 24].flatMap((off) => [bpf.load(8, R2, R6, off), bpf.store(8, R1, 8 + off, R2)]),
    bpf.alu64Imm('mov', R0, 0),
    bpf.exit(),
  ];
  const relocs = (row.relocs ?? []).map((reloc) => ({ ...reloc, insn: reloc.insn + head.length }));
  const machine = handMadeMachine([{ insns, relocs, maps: row.maps ?? [] }], {
    engine,
    cpus: 4,
    environment: environment(row.environment),
  });
  row.prepare?.(machine);
  const run = machine.run(0, { ctx: new Uint8Array(40), cpu: 2 });
  assert.ok(run.ok, run.ok ? '' : machine.describe(run.fault));
  const ctx = machine.readCtx();
  const text = String.fromCharCode(...ctx.subarray(8));
  return [new DataView(ctx.buffer).getBigInt64(0, true), text.replace(/\0+$/, '')];
}

const toBuffer = bpf.alu64('mov', R1, R6);
const imm = (reg: number, value: number): bpf.Insn => bpf.alu64Imm('mov', reg, value);
const read = (size: number, address: bigint): bpf.Insn[] => [
  toBuffer,
  imm(R2, size),
  bpf.ldImm64(R3, address),
];
const stacks = mapSpec({ type: 'BPF_MAP_TYPE_STACK_TRACE', valueSize: 16, maxEntries: 8 });
const perf = mapSpec({ type: 'BPF_MAP_TYPE_PERF_EVENT_ARRAY', valueSize: 4, maxEntries: 4 });
const firstMap = (slot: number): Reloc[] => [{ insn: slot, kind: 'map', map: 0 }];

const cases: readonly (CallCase & {
  readonly helper: bpf.HelperName;
  readonly gives: bigint;
  readonly leaves?: string;
})[] = [
  { helper: 'ktime_get_ns', args: [], gives: 123_456_789_012n },
  { helper: 'jiffies64', args: [], gives: 30_864n },
  { helper: 'get_smp_processor_id', args: [], gives: 2n },
  { helper: 'get_current_pid_tgid', args: [], gives: (100n << 32n) | 101n },
  { helper: 'get_current_uid_gid', args: [], gives: (1001n << 32n) | 1000n },
  { helper: 'get_current_cgroup_id', args: [], gives: 42n },
  { helper: 'get_current_task', args: [], gives: BigInt.asIntN(64, KERNEL) },
  { helper: 'get_current_comm', args: [toBuffer, imm(R2, 16)], gives: 0n, leaves: 'name' },
  { helper: 'get_current_comm', args: [toBuffer, imm(R2, 3)], gives: 0n, leaves: 'na' },

  { helper: 'probe_read_user', args: read(8, USER), gives: 0n, leaves: 'user tex' },
  { helper: 'probe_read_user', args: read(17, USER), gives: -14n },
  { helper: 'probe_read_user', args: read(4, KERNEL), gives: -14n },
  { helper: 'probe_read_kernel', args: read(6, KERNEL), gives: 0n, leaves: 'kernel' },
  { helper: 'probe_read_kernel', args: read(4, USER), gives: -34n },
  { helper: 'probe_read_kernel', args: read(4, 0n), gives: -34n },
  { helper: 'probe_read_kernel', args: read(4, 0x1234_0000_0000_0000n), gives: -34n },
  { helper: 'probe_read', args: read(4, USER), gives: 0n, leaves: 'user' },
  { helper: 'probe_read', args: read(6, KERNEL), gives: 0n, leaves: 'kernel' },
  {
    helper: 'probe_read_kernel',
    args: [bpf.storeImm(4, R10, -8, 0x41424344), toBuffer, imm(R2, 4), ...stackAddress(R3, -8)],
    gives: 0n,
    leaves: `DCBA${'\0'.repeat(20)}DCBA`,
  },
  { helper: 'probe_read_user_str', args: read(32, USER), gives: 10n, leaves: 'user text' },
  { helper: 'probe_read_user_str', args: read(5, USER), gives: 5n, leaves: 'user' },
  { helper: 'probe_read_user_str', args: read(32, USER + 10n), gives: -14n },
  { helper: 'probe_read_user_str', args: read(0, USER), gives: 0n },
  { helper: 'probe_read_kernel_str', args: read(32, KERNEL + 7n), gives: 5n, leaves: 'text' },

  {
    helper: 'get_stack',
    args: [imm(R1, 0), bpf.alu64('mov', R2, R6), imm(R3, 32), imm(R4, 0x101)],
    gives: 16n,
    leaves: `\x41${'\0'.repeat(7)}\x42`,
  },
  {
    helper: 'get_stack',
    args: [imm(R1, 0), bpf.alu64('mov', R2, R6), imm(R3, 8), imm(R4, 0x100)],
    gives: 8n,
    leaves: '\x40',
  },
  {
    helper: 'get_stack',
    args: [imm(R1, 0), bpf.alu64('mov', R2, R6), imm(R3, 12), imm(R4, 0x100)],
    gives: -22n,
  },
  {
    helper: 'get_stack',
    args: [imm(R1, 0), bpf.alu64('mov', R2, R6), imm(R3, 8), imm(R4, 0x109)],
    gives: -14n,
  },
  {
    helper: 'get_stackid',
    maps: [stacks],
    relocs: firstMap(1),
    args: [imm(R1, 0), bpf.ldMapFd(R2, 0), imm(R3, 0x1000)],
    gives: -22n,
  },
  {
    helper: 'get_stackid',
    maps: [stacks],
    relocs: firstMap(1),
    args: [imm(R1, 0), bpf.ldMapFd(R2, 0), imm(R3, 9)],
    gives: -14n,
  },

  {
    helper: 'perf_event_output',
    maps: [perf],
    relocs: firstMap(1),
    args: [imm(R1, 0), bpf.ldMapFd(R2, 0), bpf.alu32Imm('mov', R3, -1), bpf.alu64('mov', R4, R6), imm(R5, 8)],
    gives: -2n,
  },
  {
    helper: 'perf_event_output',
    maps: [perf],
    relocs: firstMap(1),
    prepare: (machine) => machine.openPerfBuffers(0, 4096),
    args: [imm(R1, 0), bpf.ldMapFd(R2, 0), imm(R3, 1), bpf.alu64('mov', R4, R6), imm(R5, 8)],
    gives: -95n,
  },
  {
    helper: 'perf_event_output',
    maps: [perf],
    relocs: firstMap(1),
    prepare: (machine) => machine.openPerfBuffers(0, 64),
    args: [imm(R1, 0), bpf.ldMapFd(R2, 0), imm(R3, 2), bpf.alu64('mov', R4, R6), imm(R5, 32)],
    gives: 0n,
  },
  { helper: 'send_signal', args: [imm(R1, 65)], gives: -22n },
  { helper: 'send_signal', args: [imm(R1, 9)], environment: { signal: (number) => -number }, gives: -9n },
  { helper: 'override_return', args: [imm(R1, 0), imm(R2, 1)], gives: -95n },
  { helper: 'get_func_ip', args: [imm(R1, 0)], environment: { functionIp: () => 7n }, gives: 7n },
  {
    helper: 'get_ns_current_pid_tgid',
    args: [imm(R1, 4), imm(R2, 5), bpf.alu64('mov', R3, R6), imm(R4, 8)],
    environment: {
      namespaceIds: (dev, ino) => (dev === 4n && ino === 5n ? { pid: 65, tid: 66 } : undefined),
    },
    gives: 0n,
    leaves: 'B\0\0\0A',
  },
  {
    helper: 'strncmp',
    args: [
      bpf.storeImm(4, R10, -32, 0x6261),
      toBuffer,
      imm(R2, 8),
      bpf.storeImm(4, R10, -24, 0x6261),
      bpf.alu64('mov', R3, R6),
      bpf.alu64Imm('add', R3, 8),
    ],
    gives: 0n,
    leaves: `ab${'\0'.repeat(6)}ab`,
  },
  {
    helper: 'd_path',
    args: [imm(R1, 0), bpf.alu64('mov', R2, R6), imm(R3, 32)],
    environment: { path: () => '/tmp/x' },
    gives: 7n,
    leaves: '/tmp/x',
  },
  {
    helper: 'd_path',
    args: [imm(R1, 0), bpf.alu64('mov', R2, R6), imm(R3, 6)],
    environment: { path: () => '/tmp/x' },
    gives: -36n,
  },
];

describe('helpers', () => {
  for (const engine of engines) {
    for (const [index, { helper, gives, leaves = '', ...row }] of cases.entries()) {
      it(`${helper} (${engine}, case ${index})`, () =>
        assert.deepEqual(call(engine, helper, row), [gives, leaves]));
    }

    it(`trace_printk formats (${engine})`, () => {
      const lines: string[] = [];
      const text = '%d %5u|%-4x|%04x %s %%';
      const format = [...new Uint8Array([...text].map((char) => char.charCodeAt(0))), 0, 0];
      const words = new Uint8Array(32);
      words.set(format);
      const view = new DataView(words.buffer);
      const store = [0, 8, 16, 24].flatMap((off) => [
        bpf.ldImm64(R2, view.getBigUint64(off, true)),
        bpf.store(8, R6, off, R2),
      ]);
      call(engine, 'trace_printk', {
        args: [...store, toBuffer, imm(R2, format.length), imm(R3, -3), imm(R4, 42), imm(R5, 0xab)],
        environment: { trace: (line) => lines.push(line) },
      });
      assert.deepEqual(lines, ['-3    42|ab  |%04x %s %']);
    });
  }

  it('seq_printf writes what the format makes of the values', () => {
    for (const engine of engines) {
      const pieces: string[] = [];
      // At the buffer: "%s=%lld", the pointer to kernel text, and a number.
      const [answer] = call(engine, 'seq_printf', {
        args: [
          bpf.ldImm64(R2, 0x00_64_6c_6c_25_3d_73_25n),
          bpf.store(8, R6, 0, R2),
          bpf.ldImm64(R2, KERNEL),
          bpf.store(8, R6, 8, R2),
          bpf.storeImm(8, R6, 16, -5),
          imm(R1, 0),
          bpf.alu64('mov', R2, R6),
          imm(R3, 8),
          bpf.alu64('mov', R4, R6),
          bpf.alu64Imm('add', R4, 8),
          imm(R5, 16),
        ],
        environment: { writeSequence: (bytes) => pieces.push(String.fromCharCode(...bytes)) },
      });
      assert.deepEqual([answer, pieces], [0n, ['kernel text=-5']]);
    }
  });

  it('draw the same random numbers from the same seed', () => {
    const insns = [bpf.call('get_prandom_u32'), bpf.exit()];
    const draw = (seed: number): number[] => {
      const machine = handMadeMachine([{ insns }], { environment: createQuietEnvironment({ seed }) });
      return [0, 1, 2].map(() => {
        const run = machine.run(0);
        return run.ok ? run.retval : -1;
      });
    };
    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
    assert.equal(new Set(draw(7)).size, 3);
  });

  it('give a stack an id under which it is found again', () => {
    const insns = [
      bpf.alu64Imm('mov', R1, 0),
      bpf.ldMapFd(R2, 0),
      bpf.alu64Imm('mov', R3, 0x100),
      bpf.call('get_stackid'),
      bpf.exit(),
    ];
    const machine = handMadeMachine([{ insns, maps: [stacks], relocs: firstMap(1) }], {
      environment: environment(),
    });
    const first = machine.run(0);
    const second = machine.run(0);
    assert.ok(first.ok && second.ok);
    assert.equal(second.retval, first.retval);
    // Two addresses of 8 bytes are what a value of this map holds.
    assert.deepEqual(machine.readStack(0, first.retval), [0x40n, 0x41n]);
    assert.equal(machine.readStack(0, first.retval ^ 1), undefined);
  });

  it('load typed kernel pointers directly in tracing progs, with zeros where nothing is', () => {
    for (const engine of engines) {
      const insns = [
        bpf.load(8, R1, R1, 0),
        bpf.load(4, R0, R1, 0),
        bpf.load(4, R2, R1, 0x1000),
        bpf.alu64('add', R0, R2),
        bpf.exit(),
      ];
      const ctx = new Uint8Array(8);
      new DataView(ctx.buffer).setBigUint64(0, KERNEL, true);
      const machine = handMadeMachine([{ insns, type: 'BPF_PROG_TYPE_TRACING' }], {
        engine,
        environment: environment(),
      });
      const run = machine.run(0, { ctx });
      assert.equal(run.ok ? run.retval : machine.describe(run.fault), 0x6e72_656b, engine); // "kern"
    }
  });

  it('are named for whoever chooses between them', () => {
    const names = helperNames();
    assert.ok(names.includes('ringbuf_reserve') && names.includes('tail_call'));
    assert.equal(new Set(names).size, names.length);
  });
});
