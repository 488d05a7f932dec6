import * as bpf from '../../src/bpf/index.ts';
import type { BpfMapSpec, BpfProgType, Prog, ProgFunc, Reloc } from '../../src/program/index.ts';
import type { VerifiedProgram } from '../../src/verifier/index.ts';
import { mapSpec } from './vm-program.ts';

/**
 * A program that every kernel refuses, written as the instructions of a script's lines, and the line that is wrong (1 is the first). A
 * `MAP` load in it stands for the map with that index.
 */
export interface BadProg {
  readonly name: string;
  readonly type: BpfProgType;
  readonly license: string;
  readonly maps: readonly BpfMapSpec[];
  readonly lines: readonly (readonly Line[])[];
  readonly wrong: number;
  /** Takes a million instructions to refuse. */
  readonly isLong: boolean;
}

/** An instruction, or a load of a map (`value`: of an address in its value) that a loader fills in. */
type Line = bpf.Insn | { readonly map: number; readonly dst: number; readonly value?: number };

const { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 } = bpf;

const hash = mapSpec({ type: 'BPF_MAP_TYPE_HASH', keySize: 8, valueSize: 48 });
const array = mapSpec({ type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 64, maxEntries: 1 });
const ring = mapSpec({ type: 'BPF_MAP_TYPE_RINGBUF', keySize: 0, valueSize: 0, maxEntries: 4096 });
const maps = [hash, array, ring];
const HASH = 0;
const ARRAY = 1;
const RING = 2;

function map(dst: number, index: number): Line {
  return { map: index, dst };
}
function value(dst: number, offset = 0): Line {
  return { map: ARRAY, dst, value: offset };
}

/** `R0 = 0; exit` */
const end: readonly Line[] = [bpf.alu64Imm('mov', R0, 0), bpf.exit()];
/** R7 is any number: the first of the ctx. */
const anyNumber: readonly Line[] = [bpf.load(8, R7, R1, 8)];
/** R0 is a value of the hash, or null; R6 keeps the ctx. */
const lookUp: readonly Line[] = [
  bpf.alu64('mov', R6, R1),
  bpf.storeImm(8, R10, -8, 1),
  bpf.alu64('mov', R2, R10),
  bpf.alu64Imm('add', R2, -8),
  map(R1, HASH),
  bpf.call('map_lookup_elem'),
];
/** Leaves when R0 is null: over `exit`. */
const checkNull: readonly Line[] = [bpf.jumpImm('ne', R0, 0, 1), bpf.exit()];
/** R0 is a record of 16 bytes, or null. */
const reserve: readonly Line[] = [
  map(R1, RING),
  bpf.alu64Imm('mov', R2, 16),
  bpf.alu64Imm('mov', R3, 0),
  bpf.call('ringbuf_reserve'),
];

interface Rows {
  readonly isLong?: boolean;
  readonly type?: BpfProgType;
  readonly license?: string;
}

function bad(name: string, wrong: number, lines: readonly (readonly Line[])[], more: Rows = {}): BadProg {
  return {
    name,
    type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
    license: 'GPL',
    isLong: false,
    ...more,
    maps,
    lines,
    wrong,
  };
}

function uninitialised(): BadProg[] {
  const registers = [R2, R3, R4, R5, R6, R7, R8, R9];
  return [
    ...registers.map((reg) => bad(`copies R${reg}, never written`, 1, [[bpf.alu64('mov', R0, reg)], end])),
    bad('copies R0, never written', 1, [[bpf.alu64('mov', R6, R0)], end]),
    ...[R1, R2, R3, R4, R5].map((reg) =>
      bad(`uses R${reg} behind a call`, 3, [
        [bpf.alu64Imm('mov', reg, 1)],
        [bpf.call('ktime_get_ns')],
        [bpf.alu64('add', R0, reg)],
        end,
      ]),
    ),
    bad('ends without a result', 2, [[bpf.alu64Imm('mov', R6, 1)], [bpf.exit()]]),
    bad('ends without a result on one way', 3, [
      anyNumber,
      [bpf.jumpImm('eq', R7, 0, 1), bpf.alu64Imm('mov', R0, 0)],
      [bpf.exit()],
    ]),
    bad('adds to a register never written', 1, [[bpf.alu64Imm('add', R6, 1)], end]),
    bad('compares a register never written', 1, [[bpf.jumpImm('eq', R6, 0, 0)], end]),
    bad('compares with a register never written', 2, [
      [bpf.alu64Imm('mov', R6, 0)],
      [bpf.jump('lt', R6, R8, 0)],
      end,
    ]),
    bad('stores a register never written', 1, [[bpf.store(8, R10, -8, R3)], end]),
    bad('gives a helper a register never written', 2, [[map(R1, HASH)], [bpf.call('map_lookup_elem')], end]),
    bad('reads a void result', 5, [
      reserve,
      checkNull,
      [bpf.alu64('mov', R1, R0), bpf.alu64Imm('mov', R2, 0)],
      [bpf.call('ringbuf_submit')],
      [bpf.alu64('mov', R6, R0)],
      end,
    ]),
  ];
}

function stack(): BadProg[] {
  const outside = [
    [8, -520],
    [8, 0],
    [4, -516],
    [1, 0],
    [1, -513],
    [2, -514],
    [8, 8],
    [4, 4],
  ] as const;
  const misaligned = [
    [8, -12],
    [4, -6],
    [2, -3],
    [8, -9],
  ] as const;
  return [
    ...outside.map(([size, off]) =>
      bad(`stores ${size} bytes at ${off} of the stack`, 1, [[bpf.storeImm(size, R10, off, 1)], end]),
    ),
    ...outside.map(([size, off]) =>
      bad(`loads ${size} bytes at ${off} of the stack`, 1, [[bpf.load(size, R2, R10, off)], end]),
    ),
    ...misaligned.map(([size, off]) =>
      bad(`stores ${size} bytes at ${off}, not aligned`, 1, [[bpf.storeImm(size, R10, off, 1)], end]),
    ),
    ...misaligned.map(([size, off]) =>
      bad(`loads ${size} bytes at ${off}, not aligned`, 2, [
        [bpf.storeImm(8, R10, -8, 1), bpf.storeImm(8, R10, -16, 1)],
        [bpf.load(size, R2, R10, off)],
        end,
      ]),
    ),
    bad('moves a pointer out of the stack', 2, [
      [bpf.alu64('mov', R2, R10), bpf.alu64Imm('add', R2, -600)],
      [bpf.storeImm(8, R2, 0, 1)],
      end,
    ]),
    bad('stores at any place of the stack', 4, [
      anyNumber,
      [bpf.alu64Imm('and', R7, 1023)],
      [bpf.alu64('mov', R2, R10), bpf.alu64Imm('add', R2, -512), bpf.alu64('add', R2, R7)],
      [bpf.storeImm(1, R2, 0, 1)],
      end,
    ]),
    bad('loads one byte behind the stack', 4, [
      anyNumber,
      [bpf.alu64Imm('and', R7, 15), bpf.storeImm(8, R10, -8, 0), bpf.storeImm(8, R10, -16, 0)],
      [bpf.alu64('mov', R2, R10), bpf.alu64Imm('add', R2, -15), bpf.alu64('add', R2, R7)],
      [bpf.load(1, R3, R2, 0)],
      end,
    ]),
    bad('changes a word outside of the stack atomically', 2, [
      [bpf.alu64Imm('mov', R2, 1)],
      [bpf.atomicAdd(8, R10, -520, R2)],
      end,
    ]),
    bad('lets a helper write outside of the stack', 2, [
      [bpf.alu64('mov', R1, R10), bpf.alu64Imm('add', R1, -8), bpf.alu64Imm('mov', R2, 16)],
      [bpf.call('get_current_comm')],
      end,
    ]),
  ];
}

function ctx(): BadProg[] {
  const reads: readonly (readonly [BpfProgType, bpf.AccessSize, number])[] = [
    ['BPF_PROG_TYPE_KPROBE', 8, 168],
    ['BPF_PROG_TYPE_KPROBE', 8, -8],
    ['BPF_PROG_TYPE_KPROBE', 4, 2],
    ['BPF_PROG_TYPE_KPROBE', 8, 4],
    ['BPF_PROG_TYPE_TRACEPOINT', 8, 0],
    ['BPF_PROG_TYPE_TRACEPOINT', 4, 4],
    ['BPF_PROG_TYPE_TRACEPOINT', 8, 8192],
    ['BPF_PROG_TYPE_TRACEPOINT', 4, 10],
    ['BPF_PROG_TYPE_RAW_TRACEPOINT', 8, 96],
    ['BPF_PROG_TYPE_RAW_TRACEPOINT', 8, -8],
    ['BPF_PROG_TYPE_RAW_TRACEPOINT', 8, 12],
    ['BPF_PROG_TYPE_PERF_EVENT', 8, 184],
    ['BPF_PROG_TYPE_PERF_EVENT', 8, -16],
  ];
  const writes: readonly BpfProgType[] = [
    'BPF_PROG_TYPE_TRACEPOINT',
    'BPF_PROG_TYPE_RAW_TRACEPOINT',
    'BPF_PROG_TYPE_PERF_EVENT',
  ];
  return [
    ...reads.map(([type, size, off]) =>
      bad(
        `${type} reads ${size} bytes at ${off} of its ctx`,
        2,
        [[bpf.alu64('mov', R6, R1)], [bpf.load(size, R2, R6, off)], end],
        { type },
      ),
    ),
    ...writes.map((type) => bad(`${type} writes its ctx`, 1, [[bpf.storeImm(8, R1, 8, 1)], end], { type })),
    bad('reads any place of the ctx', 3, [
      anyNumber,
      [bpf.alu64Imm('and', R7, 56), bpf.alu64('add', R1, R7)],
      [bpf.load(8, R2, R1, 0)],
      end,
    ]),
    bad('changes the ctx atomically', 2, [[bpf.alu64Imm('mov', R2, 1)], [bpf.atomicAdd(8, R1, 8, R2)], end], {
      type: 'BPF_PROG_TYPE_KPROBE',
    }),
  ];
}

function numbersAsAddresses(): BadProg[] {
  const access: readonly (readonly [string, bpf.Insn])[] = [
    ...([1, 2, 4, 8] as const).flatMap((size) => [
      [`loads ${size} bytes`, bpf.load(size, R2, R7, 0)] as const,
      [`stores ${size} bytes`, bpf.storeImm(size, R7, 0, 1)] as const,
    ]),
    ['changes', bpf.atomicAdd(8, R7, 0, R8)],
  ];
  return [
    ...access.map(([what, insn]) =>
      bad(`${what} through a number of the ctx`, 3, [anyNumber, [bpf.alu64Imm('mov', R8, 1)], [insn], end]),
    ),
    ...access
      .slice(0, 4)
      .map(([what, insn]) =>
        bad(`${what} through a constant`, 2, [[bpf.alu64Imm('mov', R7, 4096)], [insn], end]),
      ),
    bad('loads through the result of a helper', 2, [
      [bpf.call('ktime_get_ns')],
      [bpf.load(8, R2, R0, 0)],
      end,
    ]),
    bad('loads through a number kept on the stack', 3, [
      [bpf.alu64Imm('mov', R7, 64), bpf.store(8, R10, -8, R7)],
      [bpf.load(8, R3, R10, -8)],
      [bpf.load(8, R4, R3, 0)],
      end,
    ]),
    bad('loads through a 32-bit copy of a pointer', 2, [
      [bpf.alu32('mov', R7, R1)],
      [bpf.load(8, R2, R7, 8)],
      end,
    ]),
    bad('loads through the difference of two pointers', 2, [
      [bpf.alu64('mov', R2, R10), bpf.alu64('sub', R2, R10)],
      [bpf.load(8, R3, R2, 0)],
      end,
    ]),
  ];
}

function nullPointers(): BadProg[] {
  const access: readonly (readonly [string, readonly bpf.Insn[]])[] = [
    ...([1, 2, 4, 8] as const).flatMap((size) => [
      [`loads ${size} bytes`, [bpf.load(size, R2, R0, 0)]] as const,
      [`stores ${size} bytes`, [bpf.storeImm(size, R0, 0, 1)]] as const,
    ]),
    ['changes atomically', [bpf.alu64Imm('mov', R2, 1), bpf.atomicAdd(8, R0, 0, R2)]],
    ['calculates', [bpf.alu64Imm('add', R0, 8)]],
    ['calculates downwards', [bpf.alu64Imm('sub', R0, 8)]],
  ];
  return [
    ...access.map(([what, insns]) =>
      bad(`${what} through a look-up not compared with null`, 2, [lookUp, insns, end]),
    ),
    bad('compares with null too late', 2, [lookUp, [bpf.load(8, R7, R0, 0)], checkNull, end]),
    bad('uses the value where it is null', 3, [
      lookUp,
      [bpf.jumpImm('ne', R0, 0, 1)],
      [bpf.load(8, R2, R0, 0)],
      end,
    ]),
    bad('compares a copy with another number', 3, [
      lookUp,
      [bpf.alu64('mov', R7, R0), bpf.jumpImm('eq', R7, 1, 1)],
      [bpf.load(8, R2, R7, 0)],
      end,
    ]),
    bad('gives a helper a value that may be null', 3, [
      lookUp,
      [bpf.alu64('mov', R1, R0), bpf.alu64Imm('mov', R2, 16)],
      [bpf.call('get_current_comm')],
      end,
    ]),
    bad('uses a second look-up not compared with null', 4, [
      lookUp,
      checkNull,
      [bpf.alu64('mov', R7, R0), ...lookUp.slice(1)],
      [bpf.load(8, R2, R0, 0)],
      end,
    ]),
    bad('uses a look-up kept on the stack, not compared with null', 3, [
      lookUp,
      [bpf.store(8, R10, -16, R0), bpf.load(8, R7, R10, -16)],
      [bpf.load(8, R2, R7, 0)],
      end,
    ]),
  ];
}

function mapValues(): BadProg[] {
  const outside = [
    [8, 48],
    [8, 41],
    [4, 45],
    [2, 47],
    [1, 48],
    [8, -8],
    [1, -1],
  ] as const;
  const index = (bound: readonly Line[], use: Line): readonly (readonly Line[])[] => [
    [...anyNumber, bpf.alu64('mov', R9, R7)],
    bound,
    [value(R2), bpf.alu64('add', R2, R9)],
    [use],
    end,
  ];
  const leaveIf = (op: bpf.JumpOp, limit: number): readonly Line[] => [
    bpf.alu64Imm('mov', R0, 0),
    bpf.jumpImm(op, R9, limit, 1),
    bpf.goto(1),
    bpf.exit(),
  ];
  return [
    ...outside.map(([size, off]) =>
      bad(`loads ${size} bytes at ${off} of a value of 48`, 3, [
        lookUp,
        checkNull,
        [bpf.load(size, R2, R0, off)],
        end,
      ]),
    ),
    ...outside.map(([size, off]) =>
      bad(`stores ${size} bytes at ${off} of a value of 48`, 3, [
        lookUp,
        checkNull,
        [bpf.storeImm(size, R0, off, 1)],
        end,
      ]),
    ),
    bad('loads at any place of a value', 3, index([], bpf.load(1, R3, R2, 0))),
    bad('stores at any place of a value', 3, index([], bpf.storeImm(1, R2, 0, 1))),
    bad('loads one byte too far', 4, index([bpf.alu64Imm('and', R9, 63)], bpf.load(2, R3, R2, 0))),
    bad(
      'loads one element too far',
      4,
      index([bpf.alu64Imm('and', R9, 15), bpf.alu64Imm('lsh', R9, 3)], bpf.load(8, R3, R2, 0)),
    ),
    bad('compares an index by sign', 3, index(leaveIf('sgt', 63), bpf.load(1, R3, R2, 0))),
    bad('compares an index with a limit too high', 4, index(leaveIf('gt', 64), bpf.load(1, R3, R2, 0))),
    bad('compares only the low end of an index', 3, index(leaveIf('lt', 1), bpf.load(1, R3, R2, 0))),
    bad(
      'compares the wrong number',
      3,
      index([bpf.alu64Imm('and', R7, 63), bpf.load(8, R9, R1, 16)], bpf.load(1, R3, R2, 0)),
    ),
    bad('divides an index by too little', 4, index([bpf.alu64Imm('rsh', R9, 57)], bpf.load(1, R3, R2, 0))),
    bad(
      'subtracts from an index',
      4,
      index([bpf.alu64Imm('and', R9, 63), bpf.alu64Imm('sub', R9, 1)], bpf.load(1, R3, R2, 0)),
    ),
    bad(
      'adds to an index',
      4,
      index([bpf.alu64Imm('and', R9, 63), bpf.alu64Imm('add', R9, 1)], bpf.load(1, R3, R2, 0)),
    ),
    bad('writes behind the value by an immediate', 2, [[value(R2, 60)], [bpf.storeImm(8, R2, 0, 1)], end]),
    bad('changes a value atomically, not aligned', 2, [
      [value(R2), bpf.alu64Imm('mov', R3, 1)],
      [bpf.atomicAdd(8, R2, 4, R3)],
      end,
    ]),
    bad('writes a map itself', 2, [[map(R2, HASH)], [bpf.storeImm(8, R2, 0, 1)], end]),
  ];
}

function pointerArithmetic(): BadProg[] {
  const ops = ['mul', 'div', 'mod', 'and', 'or', 'xor', 'lsh', 'rsh', 'arsh'] as const;
  return [
    ...ops.map((op) =>
      bad(`R10's copy ${op} 3`, 2, [[bpf.alu64('mov', R2, R10)], [bpf.alu64Imm(op, R2, 3)], end]),
    ),
    ...ops.map((op) =>
      bad(`a map value's address ${op} 3`, 2, [[value(R2)], [bpf.alu64Imm(op, R2, 3)], end]),
    ),
    ...(['mul', 'and', 'or'] as const).map((op) =>
      bad(`the ctx ${op} a number`, 2, [anyNumber, [bpf.alu64(op, R1, R7)], end]),
    ),
    ...(['add', 'and', 'or', 'mul'] as const).map((op) =>
      bad(`32 bits of a pointer ${op} 3`, 2, [[bpf.alu64('mov', R2, R10)], [bpf.alu32Imm(op, R2, 3)], end]),
    ),
    bad('two pointers added', 2, [[bpf.alu64('mov', R2, R10)], [bpf.alu64('add', R2, R1)], end]),
    bad('a pointer subtracted from a number', 2, [
      [bpf.alu64Imm('mov', R2, 1)],
      [bpf.alu64('sub', R2, R10)],
      end,
    ]),
    bad('a map itself plus 8', 2, [[map(R2, HASH)], [bpf.alu64Imm('add', R2, 8)], end]),
    bad('a number subtracted from the stack', 3, [
      [bpf.alu64('mov', R2, R10)],
      [bpf.alu64Imm('mov', R3, 8)],
      [bpf.alu64('sub', R2, R3)],
      end,
    ]),
    bad('far too much added', 2, [[value(R2)], [bpf.alu64Imm('add', R2, 0x4000_0000)], end]),
    bad('far too much subtracted', 2, [[value(R2)], [bpf.alu64Imm('sub', R2, 0x4000_0000)], end]),
    bad('R10 written', 1, [[bpf.alu64Imm('add', R10, -8)], end]),
    bad('R10 loaded', 1, [[bpf.load(8, R10, R1, 8)], end]),
  ];
}

function helpers(): BadProg[] {
  const noArguments = (helper: bpf.HelperName, more: Rows = {}): BadProg =>
    bad(
      `bpf_${helper} in ${more.type ?? 'a raw tracepoint'}`,
      2,
      [[bpf.alu64Imm('mov', R6, 0)], [bpf.call(helper)], end],
      more,
    );
  const unknown = (id: number): BadProg =>
    bad(`helper ${id}`, 1, [[{ ...bpf.call('ktime_get_ns'), imm: id }], end]);
  const key = [bpf.alu64('mov', R2, R10), bpf.alu64Imm('add', R2, -8)];
  const stackBuffer = [bpf.alu64('mov', R1, R10), bpf.alu64Imm('add', R1, -64)];
  const read = (size: readonly Line[]): readonly (readonly Line[])[] => [
    [...anyNumber, ...stackBuffer],
    size,
    [bpf.alu64Imm('mov', R3, 4096)],
    [bpf.call('probe_read_kernel')],
    end,
  ];
  return [
    ...[0, 212, 250, 9999, -1].map(unknown),
    ...(
      [
        'skb_load_bytes',
        'xdp_adjust_head',
        'redirect',
        'l3_csum_replace',
        'sk_lookup_tcp',
        'fib_lookup',
        'msg_push_data',
      ] as const
    ).map((name) => noArguments(name)),
    ...(
      [
        'd_path',
        'get_func_arg',
        'seq_write',
        'sys_bpf',
        'perf_prog_read_value',
        'override_return',
        'sys_close',
      ] as const
    ).map((name) => noArguments(name)),
    noArguments('read_branch_records', { type: 'BPF_PROG_TYPE_KPROBE' }),
    noArguments('copy_from_user'),
    ...(
      ['get_current_task', 'get_stackid', 'probe_read_kernel', 'trace_printk', 'perf_event_output'] as const
    ).map((name) => noArguments(name, { license: 'Proprietary' })),
    bad('a number for a map', 2, [
      [bpf.storeImm(8, R10, -8, 0), ...key, bpf.alu64Imm('mov', R1, 7)],
      [bpf.call('map_lookup_elem')],
      end,
    ]),
    bad('a number for a key', 2, [
      [map(R1, HASH), bpf.alu64Imm('mov', R2, 7)],
      [bpf.call('map_lookup_elem')],
      end,
    ]),
    bad('the ctx for a map', 2, [[bpf.storeImm(8, R10, -8, 0), ...key], [bpf.call('map_lookup_elem')], end]),
    bad('the ctx for a key', 2, [
      [bpf.alu64('mov', R2, R1), map(R1, HASH)],
      [bpf.call('map_lookup_elem')],
      end,
    ]),
    bad('a map for a key', 2, [[map(R2, HASH), map(R1, HASH)], [bpf.call('map_lookup_elem')], end]),
    bad('a key that ends outside of the stack', 3, [
      [bpf.storeImm(4, R10, -4, 0), bpf.alu64('mov', R2, R10), bpf.alu64Imm('add', R2, -4)],
      [map(R1, HASH)],
      [bpf.call('map_lookup_elem')],
      end,
    ]),
    bad('a look-up in a ring buffer', 2, [
      [bpf.storeImm(8, R10, -8, 0), ...key, map(R1, RING)],
      [bpf.call('map_lookup_elem')],
      end,
    ]),
    bad('a record in a hash', 2, [
      [map(R1, HASH), bpf.alu64Imm('mov', R2, 16), bpf.alu64Imm('mov', R3, 0)],
      [bpf.call('ringbuf_reserve')],
      end,
    ]),
    bad('a value that ends outside of the map value', 3, [
      [value(R3, 32), bpf.storeImm(8, R10, -8, 0), ...key],
      [map(R1, HASH), bpf.alu64Imm('mov', R4, 0)],
      [bpf.call('map_update_elem')],
      end,
    ]),
    bad('a size without an upper bound', 4, read([bpf.alu64('mov', R2, R7)])),
    bad('a size that may be negative', 4, read([bpf.alu64('mov', R2, R7), bpf.jumpImm('sgt', R2, 64, 2)])),
    bad('a size that is negative', 4, read([bpf.alu64Imm('mov', R2, -1)])),
    bad('a size larger than the buffer', 4, read([bpf.alu64Imm('mov', R2, 65)])),
    bad(
      'a size that may be larger than the buffer',
      4,
      read([bpf.alu64('mov', R2, R7), bpf.alu64Imm('and', R2, 127)]),
    ),
    bad('a pointer for a size', 4, read([bpf.alu64('mov', R2, R10)])),
    bad('a size of 0 where one byte is needed', 2, [
      [...stackBuffer, bpf.alu64Imm('mov', R2, 0)],
      [bpf.call('get_current_comm')],
      end,
    ]),
    bad('a number for memory', 2, [
      [bpf.alu64Imm('mov', R1, 4096), bpf.alu64Imm('mov', R2, 16)],
      [bpf.call('get_current_comm')],
      end,
    ]),
    bad('the ctx for memory', 2, [[bpf.alu64Imm('mov', R2, 16)], [bpf.call('get_current_comm')], end]),
    bad('a map for memory', 2, [
      [map(R1, HASH), bpf.alu64Imm('mov', R2, 16)],
      [bpf.call('get_current_comm')],
      end,
    ]),
    bad('a number for the ctx', 2, [
      [
        bpf.alu64Imm('mov', R1, 0),
        bpf.alu64('mov', R2, R10),
        bpf.alu64Imm('add', R2, -64),
        bpf.alu64Imm('mov', R3, 64),
        bpf.alu64Imm('mov', R4, 0),
      ],
      [bpf.call('get_stack')],
      end,
    ]),
    bad('a size of a record that is not known', 3, [
      anyNumber,
      [map(R1, RING), bpf.alu64('mov', R2, R7), bpf.alu64Imm('and', R2, 63), bpf.alu64Imm('mov', R3, 0)],
      [bpf.call('ringbuf_reserve')],
      end,
    ]),
  ];
}

function references(): BadProg[] {
  const submit: readonly Line[] = [
    bpf.alu64('mov', R1, R6),
    bpf.alu64Imm('mov', R2, 0),
    bpf.call('ringbuf_submit'),
  ];
  return [
    bad('a record never submitted', 4, [reserve, checkNull, [bpf.alu64Imm('mov', R0, 0)], [bpf.exit()]]),
    bad('a record not submitted on one way', 5, [
      [bpf.load(8, R7, R1, 8), ...reserve],
      [...checkNull, bpf.alu64('mov', R6, R0)],
      [bpf.jumpImm('ne', R7, 0, 3)],
      submit,
      end,
    ]),
    bad('a record submitted without a look at null', 2, [
      [...reserve, bpf.alu64('mov', R6, R0)],
      submit,
      end,
    ]),
    bad('a record submitted twice', 4, [
      reserve,
      [...checkNull, bpf.alu64('mov', R6, R0)],
      submit,
      submit,
      end,
    ]),
    bad('a record written after it was submitted', 4, [
      reserve,
      [...checkNull, bpf.alu64('mov', R6, R0)],
      submit,
      [bpf.storeImm(8, R6, 0, 1)],
      end,
    ]),
    bad('a record written behind its end', 3, [
      reserve,
      [...checkNull, bpf.alu64('mov', R6, R0)],
      [bpf.storeImm(8, R6, 12, 1)],
      submit,
      end,
    ]),
    bad('a record read before its start', 3, [
      reserve,
      [...checkNull, bpf.alu64('mov', R6, R0)],
      [bpf.load(8, R2, R6, -8)],
      submit,
      end,
    ]),
    bad('a record written without a look at null', 2, [reserve, [bpf.storeImm(8, R0, 0, 1)], end]),
    bad('a map value submitted', 2, [[value(R6)], submit, end]),
    bad('a number submitted', 2, [[bpf.alu64Imm('mov', R6, 1)], submit, end]),
  ];
}

function loops(): BadProg[] {
  const unending = (name: string, head: readonly Line[], back: Line, more: Rows = {}): BadProg =>
    bad(name, 2, [[bpf.alu64Imm('mov', R6, 0), bpf.alu64Imm('mov', R7, 0)], [...head, back], end], more);
  return [
    unending('a loop that changes nothing', [bpf.alu64Imm('mov', R8, 1)], bpf.jumpImm('eq', R6, 0, -2)),
    unending('a loop that waits for a helper', [bpf.call('ktime_get_ns')], bpf.jumpImm('ne', R0, 0, -2)),
    unending(
      'a loop that waits for a random number',
      [bpf.call('get_prandom_u32'), bpf.alu64Imm('and', R0, 1)],
      bpf.jumpImm('ne', R0, 0, -3),
    ),
    unending(
      'a loop that counts something else',
      [bpf.alu64Imm('mov', R8, 0), bpf.alu64Imm('add', R8, 1)],
      bpf.jumpImm('lt', R6, 10, -3),
    ),
    unending('a loop that swings', [bpf.alu64Imm('xor', R6, 1)], bpf.jumpImm('lt', R6, 2, -2)),
    unending('two million rounds', [bpf.alu64Imm('add', R6, 1)], bpf.jumpImm('lt', R6, 2_000_000, -2), {
      isLong: true,
    }),
    unending(
      'five hundred thousand rounds of three',
      [bpf.alu64Imm('add', R6, 1), bpf.alu64Imm('add', R7, 2)],
      bpf.jumpImm('lt', R6, 500_000, -3),
      { isLong: true },
    ),
    unending('a countdown that misses zero', [bpf.alu64Imm('add', R6, 2)], bpf.jumpImm('ne', R6, 1, -2), {
      isLong: true,
    }),
    bad('a branch in each of ten thousand rounds', 2, [
      [bpf.alu64Imm('mov', R6, 0), bpf.alu64Imm('mov', R7, 0)],
      [
        bpf.call('get_prandom_u32'),
        bpf.jumpImm('eq', R0, 7, 1),
        bpf.alu64Imm('add', R7, 1),
        bpf.alu64Imm('add', R6, 1),
        bpf.jumpImm('lt', R6, 10_000, -5),
      ],
      end,
    ]),
  ];
}

function structure(): BadProg[] {
  return [
    bad('a jump behind the end', 1, [[bpf.goto(10)], end]),
    bad('a jump before the start', 1, [[bpf.goto(-5)], end]),
    bad('a branch behind the end', 2, [anyNumber, [bpf.jumpImm('eq', R7, 0, 100)], end]),
    bad('an instruction nobody gets to', 2, [[bpf.goto(1)], [bpf.alu64Imm('mov', R6, 1)], end]),
    bad('code behind the end of the prog', 2, [end, [bpf.alu64Imm('mov', R0, 1), bpf.exit()]]),
    bad('a jump into a constant', 2, [[bpf.goto(1)], [bpf.ldImm64(R6, 1n)], end]),
    bad('a division by 0', 2, [[bpf.alu64Imm('mov', R6, 1)], [bpf.alu64Imm('div', R6, 0)], end]),
    bad('a remainder by 0', 2, [[bpf.alu64Imm('mov', R6, 1)], [bpf.alu32Imm('mod', R6, 0)], end]),
    bad('a shift by 64', 2, [[bpf.alu64Imm('mov', R6, 1)], [bpf.alu64Imm('lsh', R6, 64)], end]),
    bad('a 32-bit shift by 32', 2, [[bpf.alu64Imm('mov', R6, 1)], [bpf.alu32Imm('rsh', R6, 32)], end]),
    bad('a shift by -1', 2, [[bpf.alu64Imm('mov', R6, 1)], [bpf.alu64Imm('arsh', R6, -1)], end]),
    bad('register 11 written', 1, [[{ ...bpf.alu64Imm('mov', R6, 1), dst: 11 }], end]),
    bad('register 12 read', 1, [[{ ...bpf.alu64('mov', R6, R1), src: 12 }], end]),
    bad('an opcode that is none', 1, [[{ opcode: 0xef, dst: 0, src: 0, off: 0, imm: 0 }], end]),
    bad('a function that calls itself', 3, [[bpf.callSubprog(2)], end, [bpf.callSubprog(-1), bpf.exit()]]),
    bad('a function that returns its stack', 3, [
      [bpf.callSubprog(2)],
      end,
      [bpf.alu64('mov', R0, R10), bpf.exit()],
    ]),
    bad('a function that uses a register of its caller', 3, [
      [bpf.alu64Imm('mov', R6, 1), bpf.callSubprog(2)],
      end,
      [bpf.alu64('mov', R0, R6), bpf.exit()],
    ]),
    bad('a call behind the end', 1, [[bpf.callSubprog(50)], end]),
  ];
}

/** Every one of them is refused by all kernels that the project knows. */
export const badProgs: readonly BadProg[] = [
  ...uninitialised(),
  ...stack(),
  ...ctx(),
  ...numbersAsAddresses(),
  ...nullPointers(),
  ...mapValues(),
  ...pointerArithmetic(),
  ...helpers(),
  ...references(),
  ...loops(),
  ...structure(),
];

/** The Program a bad prog is the only prog of; script lines are its lines. */
export function programOf(bad: BadProg): VerifiedProgram & { readonly progs: readonly [Prog] } {
  const insns: bpf.Insn[] = [];
  const relocs: Reloc[] = [];
  const lines: { insn: number; line: number }[] = [];
  let slot = 0;
  for (const [index, line] of bad.lines.entries()) {
    if (line.length > 0) lines.push({ insn: slot, line: index + 1 });
    for (const each of line) {
      let insn: bpf.Insn;
      if ('opcode' in each) insn = each;
      else {
        const { map: index_, dst, value: offset } = each;
        insn = bpf.ldImm64(dst, 0n);
        if (offset === undefined) relocs.push({ insn: slot, kind: 'map', map: index_ });
        else relocs.push({ insn: slot, kind: 'map-value', map: index_, offset });
      }
      insns.push(insn);
      slot += bpf.slotsOf(insn);
    }
  }
  const funcs: ProgFunc[] = [];
  return {
    bpfMaps: bad.maps,
    license: bad.license,
    progs: [
      {
        name: 'bad',
        type: bad.type,
        insns: bpf.encodeInsns(insns),
        relocs,
        lines: lines.map(({ insn, line }) => ({
          insn,
          trail: { at: { source: 0, line, column: 1, endLine: line, endColumn: 2 } },
        })),
        funcs,
      },
    ],
  };
}

/** The line that an instruction stands for. */
export function lineOf(bad: BadProg, insn: number): number | undefined {
  return programOf(bad).progs[0].lines.findLast((line) => line.insn <= insn)?.trail.at.line;
}
