/** Facts that differ per architecture, one row each. */
export interface ArchFacts {
  /** As uname(2) spells it. */
  readonly machine: string;
  /** Registers by name -> byte offset in struct pt_regs (x86_64) or user_pt_regs (arm64). */
  readonly registers: Readonly<Record<string, number>>;
  /** Registers that carry integer arguments of a function, in order; names of `registers`. */
  readonly args: readonly string[];
  readonly returnValue: string;
  readonly instructionPointer: string;
  readonly stackPointer: string;
  /** Where struct bpf_perf_event_data keeps its registers: at its start. */
  readonly perfRegsOffset: number;
  /** usermode: the register and the mask whose non-zero (all bits set) means user mode. */
  readonly userMode?: { readonly register: string; readonly mask: bigint };
}

/** Source: arch/x86/include/asm/ptrace.h (struct pt_regs), System V psABI; arch/arm64/include/uapi/asm/ptrace.h, AAPCS64. */
export const archTable = {
  x86_64: {
    machine: 'x86_64',
    registers: {
      r15: 0,
      r14: 8,
      r13: 16,
      r12: 24,
      bp: 32,
      bx: 40,
      r11: 48,
      r10: 56,
      r9: 64,
      r8: 72,
      ax: 80,
      cx: 88,
      dx: 96,
      si: 104,
      di: 112,
      orig_rax: 120,
      ip: 128,
      pc: 128,
      cs: 136,
      flags: 144,
      sp: 152,
      ss: 160,
    },
    args: ['di', 'si', 'dx', 'cx', 'r8', 'r9'],
    returnValue: 'ax',
    instructionPointer: 'ip',
    stackPointer: 'sp',
    perfRegsOffset: 0,
    userMode: { register: 'cs', mask: 3n },
  },
  aarch64: {
    machine: 'aarch64',
    registers: {
      ...Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`r${i}`, i * 8])),
      sp: 248,
      pc: 256,
      pstate: 264,
    },
    args: ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'],
    returnValue: 'r0',
    instructionPointer: 'pc',
    stackPointer: 'sp',
    perfRegsOffset: 0,
  },
} as const satisfies Record<string, ArchFacts>;

export type Arch = keyof typeof archTable;

export function archFacts(arch: Arch): ArchFacts {
  return archTable[arch];
}
