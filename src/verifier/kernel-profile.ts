/**
 * What verifiers of different kernels do differently. Each row is a change of kernel/bpf/verifier.c (or of a table that it asks); nothing
 * in this folder looks at a version.
 */
export interface VerifierAbilities {
  /** Jumps backwards (5.3). */
  readonly loops: boolean;
  /** Atomics that give the old value back, and other operations than addition (5.12). */
  readonly atomics: boolean;
  /** Sign-extending loads and moves, signed division, byte swaps, gotol (6.6). */
  readonly cpuV4: boolean;
  /** load_acquire and store_release (6.15). */
  readonly acquireRelease: boolean;
  /** may_goto (6.9). */
  readonly mayGoto: boolean;
  /** Kernel functions for tracing progs (6.0). */
  readonly kfuncs: boolean;
  /** Functions as values (5.13). */
  readonly callbacks: boolean;
  /** Loads and stores at a place of the stack that is a range (5.12). */
  readonly variableStackAccess: boolean;
  /** Reading stack bytes that were never written (6.3). */
  readonly uninitialisedStack: boolean;
  /** Functions with a larger frame get a stack of their own (6.13, where the JIT can). */
  readonly privateStacks: boolean;
  /** A look-up of a known key in an array is not null (6.15). */
  readonly knownLookups: boolean;
  /** kprobe progs may write to their ctx (6.18: those on user functions). */
  readonly kprobeCtxWrites: boolean;
  /** A record is given back by a pointer to its start only (5.17). */
  readonly exactRecords: boolean;
  /** The ctx may be read through a pointer that a constant was added to. */
  readonly shiftedCtx: boolean;
}

/** A verifier, as far as its verdicts differ. */
export interface KernelProfile {
  readonly name: string;
  readonly abilities: VerifierAbilities;
  /** Instruction slots of a prog. */
  readonly maxInsns: number;
  /** Instructions followed on all ways together. */
  readonly maxFollowed: number;
  /** Ways left for later. Source: BPF_COMPLEXITY_LIMIT_JMP_SEQ. */
  readonly maxPendingJumps: number;
  /** Functions that call each other, the prog itself included; a bound no kernel reaches where the limit was raised. */
  readonly maxFrames: number;
  /** The last helper of its list. */
  readonly lastHelper: number;
  /** Bytes of a tracepoint record. Source: PERF_MAX_TRACE_SIZE. */
  readonly traceBytes: number;
  /** Bytes of struct pt_regs as progs see it. */
  readonly registerBytes: number;
}

const current: VerifierAbilities = {
  loops: true,
  atomics: true,
  cpuV4: true,
  acquireRelease: true,
  mayGoto: true,
  kfuncs: true,
  callbacks: true,
  variableStackAccess: true,
  uninitialisedStack: true,
  privateStacks: true,
  knownLookups: true,
  kprobeCtxWrites: true,
  exactRecords: true,
  shiftedCtx: true,
};

const limits = {
  maxInsns: 1_000_000,
  maxFollowed: 1_000_000,
  maxPendingJumps: 8192,
  maxFrames: 8,
  lastHelper: 211,
  traceBytes: 8192,
  registerBytes: 168,
};

/** Kernels to ask about, by name; the newest last. The abilities of a kernel are those of its release, on x86_64. */
export const kernelProfiles = {
  '5.10': {
    name: '5.10',
    ...limits,
    lastHelper: 155,
    traceBytes: 2048,
    abilities: {
      loops: true,
      atomics: false,
      cpuV4: false,
      acquireRelease: false,
      mayGoto: false,
      kfuncs: false,
      callbacks: false,
      variableStackAccess: false,
      uninitialisedStack: false,
      privateStacks: false,
      knownLookups: false,
      kprobeCtxWrites: false,
      exactRecords: false,
      shiftedCtx: false,
    },
  },
  '6.1': {
    name: '6.1',
    ...limits,
    lastHelper: 209,
    abilities: {
      ...current,
      cpuV4: false,
      acquireRelease: false,
      mayGoto: false,
      uninitialisedStack: false,
      privateStacks: false,
      knownLookups: false,
      kprobeCtxWrites: false,
      shiftedCtx: false,
    },
  },
  '6.12': {
    name: '6.12',
    ...limits,
    abilities: {
      ...current,
      acquireRelease: false,
      privateStacks: false,
      knownLookups: false,
      kprobeCtxWrites: false,
      shiftedCtx: false,
    },
  },
  '6.18': { name: '6.18', ...limits, abilities: { ...current, shiftedCtx: false } },
  '7.2': { name: '7.2', ...limits, maxFrames: 64, abilities: current },
} as const satisfies Record<string, KernelProfile>;

export type KernelName = keyof typeof kernelProfiles;
