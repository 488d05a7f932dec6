import { MAX_CALL_FRAMES, MAX_TAIL_CALLS, STACK_SIZE } from '../bpf/index.ts';
import type { BpfProgType, Prog } from '../program/index.ts';
import type { Code } from './decode.ts';
import type { Environment } from './environment.ts';
import { type Access, FaultError } from './fault.ts';
import type { VmMap } from './maps/index.ts';
import { type Memory, ROW_WORDS } from './memory.ts';

/** A prog that the machine has taken apart. */
export interface DecodedProg {
  /** Of Program.progs. */
  readonly index: number;
  readonly prog: Prog;
  readonly code: Code;
  /** Region that stands for the prog's functions in pointers to them; their low half is FuncRange.start. */
  readonly funcRegion: number;
}

/** What an engine makes of a prog. */
export interface PreparedProg {
  /** Runs a function of this prog: arguments in R1 to R5, result in R0, one frame further in. @throws FaultError */
  readonly enter: EnterFunction;
  /** Does now what the first run would do before it begins. */
  readonly translate?: () => void;
}

/** A prog that can run. */
export interface LoadedProg extends DecodedProg, PreparedProg {}

export type EnterFunction = (core: Core, start: number) => void;

/** An engine: makes a prog ready to run. */
export type PrepareProg = (prog: DecodedProg) => PreparedProg;

/** Rounds of may_goto loops per function call. Source: include/linux/bpf.h, BPF_MAX_LOOPS. */
export const MAX_LOOPS = 8 * 1024 * 1024;

/** Records that one run may have reserved in ring buffers and not submitted yet. */
export const MAX_RESERVED = 64;

/** A reserved record: its region and the ring buffer it lies in. */
export interface Reservation {
  readonly region: number;
  readonly map: VmMap;
  readonly at: number;
}

/**
 * What a running prog has at hand, and what helpers work on: registers, memory, maps, and the virtual CPU it runs on. One prog runs at a
 * time; the CPU is a number.
 */
export class Core {
  readonly memory: Memory;
  /** The registers: register r at 2r (low) and 2r + 1 (high). */
  readonly words: Int32Array;
  readonly maps: readonly VmMap[];
  readonly environment: Environment;
  readonly firstFrame: number;
  readonly firstMapRegion: number;
  readonly #recordRegions: number;
  readonly #keyRegions: number;
  readonly #keyScratch: number;
  #keysInUse = 0;
  #buffer = new Uint8Array(512);
  readonly reserved: Reservation[] = [];
  readonly cpuCount: number;

  cpu = 0;
  insnLimit = 0;
  tailCalls = 0;
  prog: LoadedProg | undefined;
  /** Index of the instruction being executed, kept up to date where something can go wrong. */
  insn = 0;
  /** The progs by number, for tail calls. */
  progs: readonly LoadedProg[] = [];

  constructor(parts: {
    readonly memory: Memory;
    readonly maps: readonly VmMap[];
    readonly environment: Environment;
    readonly firstFrame: number;
    readonly firstMapRegion: number;
    readonly recordRegions: number;
    readonly keyRegions: number;
    readonly keyScratch: number;
    readonly cpuCount: number;
  }) {
    this.memory = parts.memory;
    this.words = parts.memory.words;
    this.maps = parts.maps;
    this.environment = parts.environment;
    this.firstFrame = parts.firstFrame;
    this.firstMapRegion = parts.firstMapRegion;
    this.#recordRegions = parts.recordRegions;
    this.#keyRegions = parts.keyRegions;
    this.#keyScratch = parts.keyScratch;
    this.cpuCount = parts.cpuCount;
  }

  /** Instructions the run may still execute. */
  get insnsLeft(): number {
    return this.words[wordsOfCore.insnsLeft]!;
  }
  set insnsLeft(count: number) {
    this.words[wordsOfCore.insnsLeft] = count;
  }
  /** Frames in use less one; -1 between runs. */
  get depth(): number {
    return this.words[wordsOfCore.depth]!;
  }
  set depth(frames: number) {
    this.words[wordsOfCore.depth] = frames;
  }

  /** Frames there may be: those of a prog, from the one it began in. */
  get frameLimit(): number {
    return this.words[wordsOfCore.frameLimit]!;
  }
  set frameLimit(frames: number) {
    this.words[wordsOfCore.frameLimit] = frames;
  }

  /** Low half of an argument register. */
  low(register: number): number {
    return this.words[register * 2]!;
  }
  high(register: number): number {
    return this.words[register * 2 + 1]!;
  }
  /** A register as an unsigned 64-bit number. */
  value(register: number): bigint {
    return (BigInt(this.high(register) >>> 0) << 32n) | BigInt(this.low(register) >>> 0);
  }
  isZero(register: number): boolean {
    return (this.low(register) | this.high(register)) === 0;
  }

  /** Sets R0 to a signed 32-bit number, sign-extended: lengths and negative errno values. */
  return(value: number): void {
    this.words[0] = value;
    this.words[1] = value >> 31;
  }
  returnUnsigned(value: number): void {
    this.words[0] = value;
    this.words[1] = 0;
  }
  returnBig(value: bigint): void {
    this.words[0] = Number(BigInt.asIntN(32, value));
    this.words[1] = Number(BigInt.asIntN(32, value >> 32n));
  }
  /** Sets R0 to the start of a region; 0 is the null pointer. */
  returnPointer(region: number): void {
    this.words[0] = 0;
    this.words[1] = region === 0 ? 0 : this.memory.handle(region);
  }

  /** Where the `size` bytes are that an argument points to. @throws FaultError when they are not all accessible. */
  locate(register: number, size: number, access: Access): number {
    return this.memory.locate(this.low(register), this.high(register), size, access);
  }

  /** The map an argument points to. */
  map(register: number, helper: string): VmMap {
    const region = this.memory.regionOf(this.high(register));
    const map = region === 0 ? undefined : this.maps[region - this.firstMapRegion];
    if (map === undefined || this.low(register) !== 0) return this.badArgument(helper, register, 'map');
    return map;
  }

  /** A length in bytes, at most 2^31 - 1; working on so many bytes is charged for. */
  size(register: number, helper: string): number {
    const size = this.low(register);
    if (this.high(register) !== 0 || size < 0) return this.badArgument(helper, register, 'length');
    this.chargeBytes(size);
    return size;
  }

  /** Lets work in a helper count as instructions, so that a prog cannot make the machine work for long with few of them. */
  charge(insns: number): void {
    this.insnsLeft -= insns;
    if (this.insnsLeft < 0) {
      this.insnsLeft = 0;
      this.insnLimitFault();
    }
  }
  chargeBytes(size: number): void {
    // About what moving bytes costs next to an instruction.
    if (size >= 64) this.charge(size >>> 6);
  }

  badArgument(helper: string, argument: number, expected: string): never {
    throw new FaultError({ kind: 'bad-argument', helper, argument, expected });
  }

  /** Calls the function that `register` of helper `helper` points to, with R1 to R5 as they are set then. */
  callback(register: number, helper: string): () => void {
    const prog = this.prog;
    const start = this.low(register);
    const isFunction =
      prog !== undefined &&
      this.high(register) === this.memory.handle(prog.funcRegion) &&
      prog.code.funcs.some((func) => func.start === start);
    if (!isFunction) return this.badArgument(helper, register, 'function of the prog');
    return () => {
      // A callback may end in a tail call, which leaves another prog and instruction behind.
      const insn = this.insn;
      prog.enter(this, start);
      this.prog = prog;
      this.insn = insn;
    };
  }

  /** Reserves a region for a record; 0 when the run has too many. */
  addReservation(map: VmMap, at: number, size: number): number {
    for (let index = 0; index < MAX_RESERVED; index++) {
      const region = this.#recordRegions + index;
      if (this.memory.isOpen(region)) continue;
      this.memory.open(region, at, size, size);
      this.reserved.push({ region, map, at });
      return region;
    }
    throw new FaultError({ kind: 'misuse', what: `reserves more than ${MAX_RESERVED} records at a time` });
  }

  /** Takes back the reservation an argument points to. */
  takeReservation(register: number, helper: string): Reservation {
    const region = this.low(register) === 0 ? this.memory.regionOf(this.high(register)) : 0;
    const index = this.reserved.findIndex((one) => one.region === region);
    const [reservation] = index < 0 ? [] : this.reserved.splice(index, 1);
    if (reservation === undefined) return this.badArgument(helper, register, 'reserved record');
    this.memory.close(region);
    return reservation;
  }

  /** A region for pointers to keys that are visited, and 8 bytes of scratch; given back in reverse order. */
  borrowKey(): { readonly scratchAt: number; point(at: number, size: number): number; giveBack(): void } {
    // Each visit runs a frame further in, so that there are never more of them than frames.
    const index = this.#keysInUse++;
    const region = this.#keyRegions + index;
    return {
      scratchAt: this.#keyScratch + index * 8,
      point: (at, size) => {
        this.memory.open(region, at, size, 0);
        return this.memory.handle(region);
      },
      giveBack: () => {
        this.memory.close(region);
        this.#keysInUse = index;
      },
    };
  }

  /** `size` bytes outside of the machine's memory, valid until the next call. */
  buffer(size: number): Uint8Array {
    if (this.#buffer.length < size) this.#buffer = new Uint8Array(size);
    return this.#buffer.subarray(0, size);
  }

  /** Sets everything back that a run may have left behind. */
  reset(): void {
    this.depth = -1;
    this.frameLimit = MAX_CALL_FRAMES;
    this.tailCalls = 0;
    this.#keysInUse = 0;
  }

  /** The prog that bpf_tail_call(R1, R2, R3) goes on with; undefined when the call has no effect. */
  tailCallTarget(): LoadedProg | undefined {
    const map = this.map(2, 'tail_call');
    if (map.kind !== 'progs') return this.badArgument('tail_call', 2, 'prog array');
    // The index is the low half alone, as in the kernel's interpreter and its compilers.
    const index = map.progAt(this.low(3) >>> 0);
    const next = index === undefined ? undefined : this.progs[index];
    if (next === undefined || this.tailCalls >= MAX_TAIL_CALLS) return undefined;
    this.tailCalls++;
    return next;
  }

  /** Sets R10 to the end of the frame at `depth`. */
  setFramePointer(depth: number): void {
    this.words[20] = STACK_SIZE;
    this.words[21] = this.words[this.memory.table + (this.firstFrame + depth) * ROW_WORDS]!;
  }

  /**
   * Where a load finds its bytes when the pointer is none of the machine's. Progs that the kernel gives typed pointers load from kernel memory
   * directly, and get zeros where nothing can be read (BPF_PROBE_MEM), such as behind NULL; for other progs this is a fault.
   */
  loadOutside(low: number, high: number, off: number, size: number): number {
    const address = BigInt.asUintN(64, ((BigInt(high) << 32n) | BigInt(low >>> 0)) + BigInt(off));
    const isKernelAddress = high >> 16 === -1;
    const isNull = high === 0 && low >>> 0 < NULL_BYTES;
    if (!(isKernelAddress || isNull) || this.prog === undefined || !loadsKernelMemory[this.prog.prog.type])
      throw new FaultError(this.memory.explainAt(low, high, off, size, 'read'));
    this.memory.bytes.fill(0, SCRATCH, SCRATCH + 8);
    if (isNull) return SCRATCH;
    const into = this.memory.bytes.subarray(SCRATCH, SCRATCH + size);
    if (this.environment.read('kernel', address, into) < size) into.fill(0);
    return SCRATCH;
  }

  callDepthFault(): never {
    throw new FaultError({ kind: 'call-depth', limit: MAX_CALL_FRAMES });
  }
  insnLimitFault(): never {
    throw new FaultError({ kind: 'insn-limit', limit: this.insnLimit });
  }
}

/** Words behind the registers, where translated code finds them too. */
export const wordsOfCore = { insnsLeft: 40, depth: 41, frameLimit: 42 } as const;

/** Bytes behind those, for values on their way. */
const SCRATCH = 192;

/** Prog types whose ctx holds typed kernel pointers. */
/** Members behind a pointer that is NULL lie in the first page. */
const NULL_BYTES = 4096;

const loadsKernelMemory: Readonly<Record<BpfProgType, boolean>> = {
  BPF_PROG_TYPE_KPROBE: false,
  BPF_PROG_TYPE_TRACEPOINT: false,
  BPF_PROG_TYPE_RAW_TRACEPOINT: false,
  BPF_PROG_TYPE_PERF_EVENT: false,
  BPF_PROG_TYPE_TRACING: true,
  BPF_PROG_TYPE_XDP: false,
  BPF_PROG_TYPE_SYSCALL: false,
};
