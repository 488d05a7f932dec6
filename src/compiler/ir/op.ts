/**
 * The operations of the IR, one row each. Every value is one 64-bit BPF register; operations have BPF semantics:
 * division by 0 gives 0, remainder by 0 gives the dividend, shift counts are taken modulo 64.
 * Source: Documentation/bpf/standardization/instruction-set.rst.
 */

/**
 * What an operation does besides giving its result.
 *
 * - none: nothing; it may be removed, repeated or computed once.
 * - read: it reads memory that others write, and may fault or be refused if moved up; it may be removed.
 * - write: it changes memory or the world; it stays where it is.
 */
export type Effect = 'none' | 'read' | 'write';

export interface OpFacts {
  /** Number of operands; 'any': up to `MAX_CALL_ARGS`. */
  readonly args: number | 'any';
  readonly result: boolean;
  readonly effect: Effect;
  readonly commutative?: true;
  /** The ALU64 operation or conditional jump it becomes, spelled as in uapi/linux/bpf.h. */
  readonly insn?: string;
}

/** Calls pass arguments in r1 to r5. Source: instruction-set.rst, "Registers and calling convention". */
export const MAX_CALL_ARGS = 5;

const binaryOps = {
  add: { args: 2, result: true, effect: 'none', commutative: true, insn: 'BPF_ADD' },
  sub: { args: 2, result: true, effect: 'none', insn: 'BPF_SUB' },
  mul: { args: 2, result: true, effect: 'none', commutative: true, insn: 'BPF_MUL' },
  udiv: { args: 2, result: true, effect: 'none', insn: 'BPF_DIV' },
  umod: { args: 2, result: true, effect: 'none', insn: 'BPF_MOD' },
  sdiv: { args: 2, result: true, effect: 'none', insn: 'BPF_DIV' },
  smod: { args: 2, result: true, effect: 'none', insn: 'BPF_MOD' },
  and: { args: 2, result: true, effect: 'none', commutative: true, insn: 'BPF_AND' },
  or: { args: 2, result: true, effect: 'none', commutative: true, insn: 'BPF_OR' },
  xor: { args: 2, result: true, effect: 'none', commutative: true, insn: 'BPF_XOR' },
  shl: { args: 2, result: true, effect: 'none', insn: 'BPF_LSH' },
  lshr: { args: 2, result: true, effect: 'none', insn: 'BPF_RSH' },
  ashr: { args: 2, result: true, effect: 'none', insn: 'BPF_ARSH' },
} as const satisfies Record<string, OpFacts>;

const unaryOps = {
  neg: { args: 1, result: true, effect: 'none', insn: 'BPF_NEG' },
  sext8: { args: 1, result: true, effect: 'none' },
  sext16: { args: 1, result: true, effect: 'none' },
  sext32: { args: 1, result: true, effect: 'none' },
  zext8: { args: 1, result: true, effect: 'none' },
  zext16: { args: 1, result: true, effect: 'none' },
  zext32: { args: 1, result: true, effect: 'none' },
  /** Reverses the low bytes and clears the rest. */
  bswap16: { args: 1, result: true, effect: 'none', insn: 'BPF_END' },
  bswap32: { args: 1, result: true, effect: 'none', insn: 'BPF_END' },
  bswap64: { args: 1, result: true, effect: 'none', insn: 'BPF_END' },
} as const satisfies Record<string, OpFacts>;

/** Comparisons give 0 or 1. */
const compareOps = {
  eq: { args: 2, result: true, effect: 'none', commutative: true, insn: 'BPF_JEQ' },
  ne: { args: 2, result: true, effect: 'none', commutative: true, insn: 'BPF_JNE' },
  ult: { args: 2, result: true, effect: 'none', insn: 'BPF_JLT' },
  ule: { args: 2, result: true, effect: 'none', insn: 'BPF_JLE' },
  ugt: { args: 2, result: true, effect: 'none', insn: 'BPF_JGT' },
  uge: { args: 2, result: true, effect: 'none', insn: 'BPF_JGE' },
  slt: { args: 2, result: true, effect: 'none', insn: 'BPF_JSLT' },
  sle: { args: 2, result: true, effect: 'none', insn: 'BPF_JSLE' },
  sgt: { args: 2, result: true, effect: 'none', insn: 'BPF_JSGT' },
  sge: { args: 2, result: true, effect: 'none', insn: 'BPF_JSGE' },
} as const satisfies Record<string, OpFacts>;

const otherOps = {
  /** select(cond, a, b): a where cond is not 0, else b. */
  select: { args: 3, result: true, effect: 'none' },
  const: { args: 0, result: true, effect: 'none' },
  /** Address of a temporary of constant size. */
  slot: { args: 0, result: true, effect: 'none' },
  /** Says that the bytes of a slot mean nothing from here on, so that others may use them until then. */
  slotStart: { args: 0, result: false, effect: 'write' },
  /** ld_imm64 with BPF_PSEUDO_MAP_FD. */
  mapFd: { args: 0, result: true, effect: 'none' },
  /** ld_imm64 with BPF_PSEUDO_MAP_VALUE. */
  mapValue: { args: 0, result: true, effect: 'none' },
  /** ld_imm64 with BPF_PSEUDO_BTF_ID: the address of a kernel variable. */
  ksym: { args: 0, result: true, effect: 'none' },
  /** ld_imm64 with BPF_PSEUDO_FUNC: a callback for bpf_loop and its like. */
  funcAddr: { args: 0, result: true, effect: 'none' },
  /** load(address): 1, 2, 4 or 8 bytes, zero or sign extended. */
  load: { args: 1, result: true, effect: 'read', insn: 'BPF_LDX' },
  /** store(address, value) of the low bytes of value. */
  store: { args: 2, result: false, effect: 'write', insn: 'BPF_STX' },
  /** atomic(address, value), or (address, expected, value) for cmpxchg; the result is the old value for those that fetch, else 0. */
  atomic: { args: 'any', result: true, effect: 'write', insn: 'BPF_ATOMIC' },
  /** copy(to, from) of a constant number of bytes; the ranges do not overlap. */
  copy: { args: 2, result: false, effect: 'write' },
  /** zero(address): clears a constant number of bytes. */
  zero: { args: 1, result: false, effect: 'write' },
  call: { args: 'any', result: true, effect: 'write', insn: 'BPF_CALL' },
  callFunc: { args: 'any', result: true, effect: 'write', insn: 'BPF_CALL' },
  callKfunc: { args: 'any', result: true, effect: 'write', insn: 'BPF_CALL' },
} as const satisfies Record<string, OpFacts>;

export const ops = { ...binaryOps, ...unaryOps, ...compareOps, ...otherOps } as const;

export type BinaryOp = keyof typeof binaryOps;
export type UnaryOp = keyof typeof unaryOps;
export type CompareOp = keyof typeof compareOps;
export type Op = keyof typeof ops;

/** The row of an operation, seen through the columns that all rows have. */
export function opFacts(op: Op): OpFacts {
  return ops[op];
}

export function isBinaryOp(op: Op): op is BinaryOp {
  return op in binaryOps;
}

export function isUnaryOp(op: Op): op is UnaryOp {
  return op in unaryOps;
}

export function isCompareOp(op: Op): op is CompareOp {
  return op in compareOps;
}

/** The comparison that holds exactly when this one does not. */
export const negatedCompare: Readonly<Record<CompareOp, CompareOp>> = {
  eq: 'ne',
  ne: 'eq',
  ult: 'uge',
  ule: 'ugt',
  ugt: 'ule',
  uge: 'ult',
  slt: 'sge',
  sle: 'sgt',
  sgt: 'sle',
  sge: 'slt',
};

/** The comparison that holds for (b, a) exactly when this one holds for (a, b). */
export const swappedCompare: Readonly<Record<CompareOp, CompareOp>> = {
  eq: 'eq',
  ne: 'ne',
  ult: 'ugt',
  ule: 'uge',
  ugt: 'ult',
  uge: 'ule',
  slt: 'sgt',
  sle: 'sge',
  sgt: 'slt',
  sge: 'sle',
};

/**
 * The atomic operations. `add`, `or`, `and` and `xor` need no more than kernel 5.12 (plain `add`: any); those that fetch, 5.12.
 * Source: uapi/linux/bpf.h (BPF_FETCH, BPF_XCHG, BPF_CMPXCHG).
 */
export const atomics = {
  add: { args: 2, fetches: false, insn: 'BPF_ADD' },
  or: { args: 2, fetches: false, insn: 'BPF_OR' },
  and: { args: 2, fetches: false, insn: 'BPF_AND' },
  xor: { args: 2, fetches: false, insn: 'BPF_XOR' },
  fetchAdd: { args: 2, fetches: true, insn: 'BPF_ADD' },
  fetchOr: { args: 2, fetches: true, insn: 'BPF_OR' },
  fetchAnd: { args: 2, fetches: true, insn: 'BPF_AND' },
  fetchXor: { args: 2, fetches: true, insn: 'BPF_XOR' },
  xchg: { args: 2, fetches: true, insn: 'BPF_XCHG' },
  cmpxchg: { args: 3, fetches: true, insn: 'BPF_CMPXCHG' },
} as const satisfies Record<string, { args: number; fetches: boolean; insn: string }>;

export type AtomicKind = keyof typeof atomics;
