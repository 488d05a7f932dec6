import { lazily } from '../base/index.ts';

/** Facts that differ per architecture, one row each. */
export interface ArchFacts {
  /** As uname(2) spells it. */
  readonly machine: string;
  /** As Node.js spells it. */
  readonly nodeName: string;
  /** Registers by name -> byte offset in struct pt_regs (x86_64) or user_pt_regs (arm64). */
  readonly registers: Readonly<Record<string, number>>;
  /** Registers that carry integer arguments of a function, in order; names of `registers`. */
  readonly args: readonly string[];
  readonly returnValue: string;
  readonly instructionPointer: string;
  readonly stackPointer: string;
  /** The numbers that debug information has for registers: 0, 1, 2 and so on, as names of `registers`. */
  readonly dwarfRegisters: readonly string[];
  /**
   * How far into a kernel function the call of its trampoline returns, at most. No other call returns that early. Source: endbr64, call;
   * bti, mov, bl: arch/x86/include/asm/ftrace.h, arch/arm64/kernel/ftrace.c.
   */
  readonly entryCallBytes: number;
  /** Bytes between the stack pointer and the first argument on the stack when a function begins. */
  readonly stackArgsOffset: number;
  /** How structs of more than two registers are passed: themselves on the stack, or their address. */
  readonly largeStructs: 'stack' | 'reference';
  /** Where struct bpf_perf_event_data keeps its registers: at its start. */
  readonly perfRegsOffset: number;
  /** Registers and parts of them as assembly spells them, without a prefix. */
  readonly operands: Readonly<Record<string, RegisterPart>>;
  /** Where ptrace(2) has the debug registers among those of a thread (PTRACE_POKEUSER). */
  readonly debugRegisters?: number;
  /** usermode: the register and the mask whose non-zero (all bits set) means user mode. */
  readonly userMode?: { readonly register: string; readonly mask: bigint };
}

/** Bytes of a register, counted from its low end. */
export interface RegisterPart {
  /** A name of `registers`. */
  readonly register: string;
  readonly byte: number;
  readonly bytes: number;
}

function part(register: string, bytes: number, byte = 0): RegisterPart {
  return { register, byte, bytes };
}

/** `rax eax ax al ah`, `rsi esi si sil`, `r8 r8d r8w r8b`, `rip`. Source: Intel SDM volume 1, section 3.4.1. */
function x86Operands(): Record<string, RegisterPart> {
  const parts: Record<string, RegisterPart> = { rip: part('ip', 8) };
  for (const name of ['ax', 'bx', 'cx', 'dx', 'si', 'di', 'bp', 'sp']) {
    parts[`r${name}`] = part(name, 8);
    parts[`e${name}`] = part(name, 4);
    parts[name] = part(name, 2);
    if (name.endsWith('x')) {
      parts[name.replace('x', 'l')] = part(name, 1);
      parts[name.replace('x', 'h')] = part(name, 1, 1);
    } else parts[`${name}l`] = part(name, 1);
  }
  for (let number = 8; number < 16; number++) {
    const name = `r${number}`;
    Object.assign(parts, { [name]: part(name, 8), [`${name}d`]: part(name, 4) });
    Object.assign(parts, { [`${name}w`]: part(name, 2), [`${name}b`]: part(name, 1) });
  }
  return parts;
}

/** `x0 w0`, `sp wsp`, `fp`, `lr`. Source: Arm ARM section B1.2.1, AAPCS64. */
function arm64Operands(): Record<string, RegisterPart> {
  const parts: Record<string, RegisterPart> = {
    sp: part('sp', 8),
    wsp: part('sp', 4),
    fp: part('r29', 8),
    lr: part('r30', 8),
  };
  for (let number = 0; number <= 30; number++) {
    parts[`x${number}`] = part(`r${number}`, 8);
    parts[`w${number}`] = part(`r${number}`, 4);
  }
  return parts;
}

/** Asked for when assembly is read: only usdt probes have any. */
const operands = { x86_64: lazily(x86Operands), aarch64: lazily(arm64Operands) };

function numbered(prefix: string, first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_unused, i) => `${prefix}${first + i}`);
}

/** Source: arch/x86/include/asm/ptrace.h (struct pt_regs), System V psABI; arch/arm64/include/uapi/asm/ptrace.h, AAPCS64. */
export const archTable = {
  x86_64: {
    machine: 'x86_64',
    nodeName: 'x64',
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
    dwarfRegisters: ['ax', 'dx', 'cx', 'bx', 'si', 'di', 'bp', 'sp', ...numbered('r', 8, 15)],
    entryCallBytes: 9,
    stackArgsOffset: 8,
    largeStructs: 'stack',
    perfRegsOffset: 0,
    get operands() {
      return operands.x86_64();
    },
    // Source: asm/user_64.h, u_debugreg.
    debugRegisters: 848,
    userMode: { register: 'cs', mask: 3n },
  },
  aarch64: {
    machine: 'aarch64',
    nodeName: 'arm64',
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
    dwarfRegisters: [...numbered('r', 0, 30), 'sp'],
    entryCallBytes: 12,
    stackArgsOffset: 0,
    largeStructs: 'reference',
    perfRegsOffset: 0,
    get operands() {
      return operands.aarch64();
    },
  },
} as const satisfies Record<string, ArchFacts>;

export type Arch = keyof typeof archTable;

export function archFacts(arch: Arch): ArchFacts {
  return archTable[arch];
}
