/**
 * The bits of an opcode byte, as tables. Source: Documentation/bpf/standardization/instruction-set.rst (RFC 9669).
 *
 *       7   5 4   3 2   0                7       4  3    2   0
 *      ┌─────┬─────┬─────┐              ┌─────────┬───┬─────┐
 *      │mode │size │class│  ld/st       │  code   │ s │class│  alu/jmp    s: 0 immediate, 1 register
 *      └─────┴─────┴─────┘              └─────────┴───┴─────┘
 */

/** Instruction classes: the low three bits. */
export const opClasses = {
  BPF_LD: 0x00,
  BPF_LDX: 0x01,
  BPF_ST: 0x02,
  BPF_STX: 0x03,
  BPF_ALU: 0x04,
  BPF_JMP: 0x05,
  BPF_JMP32: 0x06,
  BPF_ALU64: 0x07,
} as const;

/** Access sizes of loads and stores. */
export const sizeBits = { BPF_W: 0x00, BPF_H: 0x08, BPF_B: 0x10, BPF_DW: 0x18 } as const;

/** Addressing modes of loads and stores. */
export const modeBits = {
  BPF_IMM: 0x00,
  BPF_ABS: 0x20,
  BPF_IND: 0x40,
  BPF_MEM: 0x60,
  BPF_MEMSX: 0x80,
  BPF_ATOMIC: 0xc0,
} as const;

/** Second operand: the immediate or the source register. */
export const sourceBits = { BPF_K: 0x00, BPF_X: 0x08 } as const;

/** One arithmetic operation. `off` tells the signed forms of division, remainder and move apart. */
export interface AluRow {
  readonly code: number;
  /** The required `off` of the instruction. */
  readonly off: number;
  /** As the disassembler writes it between dst and src. */
  readonly symbol: string;
}

export const aluOps = {
  add: { code: 0x00, off: 0, symbol: '+=' },
  sub: { code: 0x10, off: 0, symbol: '-=' },
  mul: { code: 0x20, off: 0, symbol: '*=' },
  div: { code: 0x30, off: 0, symbol: '/=' },
  or: { code: 0x40, off: 0, symbol: '|=' },
  and: { code: 0x50, off: 0, symbol: '&=' },
  lsh: { code: 0x60, off: 0, symbol: '<<=' },
  rsh: { code: 0x70, off: 0, symbol: '>>=' },
  mod: { code: 0x90, off: 0, symbol: '%=' },
  xor: { code: 0xa0, off: 0, symbol: '^=' },
  mov: { code: 0xb0, off: 0, symbol: '=' },
  arsh: { code: 0xc0, off: 0, symbol: 's>>=' },
  /** Signed division and remainder: cpu v4. */
  sdiv: { code: 0x30, off: 1, symbol: 's/=' },
  smod: { code: 0x90, off: 1, symbol: 's%=' },
} as const satisfies Record<string, AluRow>;

/** Two-operand arithmetic. `neg`, byte swaps and sign-extending moves have their own constructors. */
export type AluOp = keyof typeof aluOps;

/** Codes of the ALU instructions that are not two-operand arithmetic. */
export const BPF_NEG = 0x80;
export const BPF_END = 0xd0;

export interface JumpRow {
  readonly code: number;
  readonly symbol: string;
  /** What the condition becomes when it is inverted; undefined for `set`, which has no opposite. */
  readonly negated: string | undefined;
}

export const jumpOps = {
  eq: { code: 0x10, symbol: '==', negated: 'ne' },
  gt: { code: 0x20, symbol: '>', negated: 'le' },
  ge: { code: 0x30, symbol: '>=', negated: 'lt' },
  set: { code: 0x40, symbol: '&', negated: undefined },
  ne: { code: 0x50, symbol: '!=', negated: 'eq' },
  sgt: { code: 0x60, symbol: 's>', negated: 'sle' },
  sge: { code: 0x70, symbol: 's>=', negated: 'slt' },
  lt: { code: 0xa0, symbol: '<', negated: 'ge' },
  le: { code: 0xb0, symbol: '<=', negated: 'gt' },
  slt: { code: 0xc0, symbol: 's<', negated: 'sge' },
  sle: { code: 0xd0, symbol: 's<=', negated: 'sgt' },
} as const satisfies Record<string, JumpRow>;

/** Conditions of conditional jumps; the plain ones are unsigned, those with `s` signed. */
export type JumpOp = keyof typeof jumpOps;

/** Codes of the jumps without a condition. */
export const BPF_JA = 0x00;
export const BPF_CALL = 0x80;
export const BPF_EXIT = 0x90;
/** may_goto: a jump the kernel takes after a bounded number of rounds. Linux 6.9. */
export const BPF_JCOND = 0xe0;

export interface AtomicRow {
  /** The instruction's immediate, without BPF_FETCH. */
  readonly imm: number;
  readonly symbol: string;
  /** Whether the form without the old value exists. */
  readonly plain: boolean;
}

/** Set in an atomic's immediate when the old value comes back (in src, or R0 for cmpxchg). */
export const BPF_FETCH = 0x01;

export const atomicOps = {
  add: { imm: 0x00, symbol: '+=', plain: true },
  or: { imm: 0x40, symbol: '|=', plain: true },
  and: { imm: 0x50, symbol: '&=', plain: true },
  xor: { imm: 0xa0, symbol: '^=', plain: true },
  xchg: { imm: 0xe0, symbol: 'xchg', plain: false },
  cmpxchg: { imm: 0xf0, symbol: 'cmpxchg', plain: false },
} as const satisfies Record<string, AtomicRow>;

/** Read-modify-write operations; all but `add` without fetch need cpu v3 (Linux 5.12). */
export type AtomicOp = keyof typeof atomicOps;

/** Immediates of the atomic load and store. Linux 6.15. */
export const BPF_LOAD_ACQ = 0x100;
export const BPF_STORE_REL = 0x110;

/** Bytes of a load or store, and its bits in the opcode. */
export const accessSizes = {
  1: sizeBits.BPF_B,
  2: sizeBits.BPF_H,
  4: sizeBits.BPF_W,
  8: sizeBits.BPF_DW,
} as const;
export type AccessSize = keyof typeof accessSizes;

/** Registers: R0 is the result, R1 to R5 arguments (lost in a call), R6 to R9 kept, R10 the read-only frame pointer. */
export const R0 = 0;
export const R1 = 1;
export const R2 = 2;
export const R3 = 3;
export const R4 = 4;
export const R5 = 5;
export const R6 = 6;
export const R7 = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const REGISTER_COUNT = 11;

/** Bytes of stack per frame (and, summed, along a call chain). Source: include/linux/filter.h, MAX_BPF_STACK. */
export const STACK_SIZE = 512;
/** Frames of BPF-to-BPF calls, the prog itself included. Source: include/linux/bpf_verifier.h, MAX_CALL_FRAMES. */
export const MAX_CALL_FRAMES = 8;
/** Tail calls in a chain. Source: include/linux/bpf.h, MAX_TAIL_CALL_CNT. */
export const MAX_TAIL_CALLS = 33;
/** Bytes of an instruction slot. */
export const SLOT_SIZE = 8;
