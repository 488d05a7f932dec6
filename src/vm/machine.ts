import { errnos, present } from '../base/index.ts';
import type { LineEntry, LoadOptions, MapAccess, Program, Rejection, SourceTrail } from '../program/index.ts';
import { createAdaptive } from './adaptive.ts';
import { endReservation, hasHelper, kfuncIndex } from './calls/index.ts';
import { Core, type LoadedProg, MAX_RESERVED, type PrepareProg } from './core.ts';
import { type Code, decodeProg, type Links, RejectedProgError } from './decode.ts';
import { type Environment, UnansweredError } from './environment.ts';
import { describeFault, type Fault, type FaultCause, FaultError } from './fault.ts';
import { createInterpreter } from './interpreter.ts';
import { createMapAccess, directMap } from './map-access.ts';
import { createMap, spaceOfMap } from './maps/index.ts';
import { addStack, MAX_FRAMES, Memory, type Sharing, stackSpace, sumSpace } from './memory.ts';
import { createTranslator } from './wasm/index.ts';

/** What runs the instructions. */
export type Engine = 'interpreter' | 'wasm' | 'adaptive';

/** What makes progs run, and whether it needs the machine's memory in a form that WebAssembly can share. */
const engines: Readonly<
  Record<Engine, { readonly prepare: (core: Core) => PrepareProg; readonly sharing: Sharing }>
> = {
  interpreter: { prepare: createInterpreter, sharing: 'none' },
  wasm: { prepare: createTranslator, sharing: 'needed' },
  adaptive: { prepare: createAdaptive, sharing: 'wanted' },
};

/** How a machine is set up. */
export interface MachineOptions {
  readonly environment: Environment;
  /**
   * `interpreter` is the reference; `wasm` translates progs to WebAssembly when they first run: they start later and run faster. `adaptive`
   * interprets a prog until its translation pays, and all the time where WebAssembly has no room. Default `interpreter`.
   */
  readonly engine?: Engine;
  /** Virtual CPUs: rows of per-CPU values. Default 1. */
  readonly cpus?: number;
  /** Makes pointers hard to foresee; the same seed gives the same pointers. Default 1. */
  readonly seed?: number;
  /** Instructions a run may execute. Default 128 Mi, about a second. */
  readonly insnLimit?: number;
  /** Size of ring buffers whose spec leaves it to the runtime: a power of two. Default 16 MB. */
  readonly ringBytes?: number;
  /** Bytes for parts of the constants map, by offset. */
  readonly constants?: LoadOptions['constants'];
}

/** The parts of a Program that the machine needs. */
export type MachineProgram = Pick<Program, 'bpfMaps' | 'progs' | 'sources'> &
  Partial<Pick<Program, 'constants' | 'ringBuffer' | 'lost'>>;

export type MachineResult =
  | { readonly ok: true; readonly machine: Machine }
  | { readonly ok: false; readonly rejection: Rejection };

/** What one run needs. */
export interface RunInput {
  /** The context's bytes in the layout of the prog's type (tracepoint record, pt_regs, u64 arguments). Default: none. */
  readonly ctx?: Uint8Array;
  /** Default 0. */
  readonly cpu?: number;
}

/**
 * What became of a run. `insns`: instructions executed; helpers that do much count as more than one. `retval`: the low 32 bits of R0,
 * unsigned.
 */
export type RunResult =
  | { readonly ok: true; readonly retval: number; readonly insns: number }
  | { readonly ok: false; readonly fault: Fault; readonly insns: number };

const DEFAULT_INSN_LIMIT = 128 * 1024 * 1024;
const DEFAULT_RING_BYTES = 16 * 1024 * 1024;
/** Most bytes of a ctx: SYSCALL progs take that much, perf records have at most 64 KB as well. Source: net/bpf/test_run.c. */
const MAX_CTX_BYTES = 65536;

/**
 * Loads a Program's maps and progs.
 *
 * @returns the rejection of the first prog whose instructions the machine cannot run: what is wrong, where, and the script's line.
 * @throws MemoryLimitError when the maps are too large.
 */
export function createMachine(program: MachineProgram, options: MachineOptions): MachineResult {
  const { prepare: prepareWith, sharing } = engines[options.engine ?? 'interpreter'];
  const cpuCount = options.cpus ?? 1;
  const mapOptions = { cpuCount, ringBytes: options.ringBytes ?? DEFAULT_RING_BYTES };
  const { bpfMaps, progs } = program;
  const fixedSpace = {
    bytes: MAX_CTX_BYTES + MAX_FRAMES * 8,
    regions: 1 + bpfMaps.length + progs.length + MAX_RESERVED + MAX_FRAMES,
  };
  const space = sumSpace([stackSpace, fixedSpace, ...bpfMaps.map((spec) => spaceOfMap(spec, mapOptions))]);
  const memory = new Memory(space, { seed: options.seed ?? 1, sharing });
  const firstFrame = addStack(memory);
  const ctxAt = memory.allocate(MAX_CTX_BYTES);
  const ctxRegion = memory.addRegion('the ctx', ctxAt, 0, 0);
  const firstMapRegion = memory.reserveRegions(bpfMaps.length, 'a map itself');
  for (let map = 0; map < bpfMaps.length; map++) memory.open(firstMapRegion + map, 0, 0, 0);
  const firstFuncRegion = memory.reserveRegions(progs.length, 'a function');
  for (let prog = 0; prog < progs.length; prog++) memory.open(firstFuncRegion + prog, 0, 0, 0);
  const core = new Core({
    memory,
    maps: bpfMaps.map((spec) => createMap(spec, memory, mapOptions)),
    environment: options.environment,
    firstFrame,
    firstMapRegion,
    recordRegions: memory.reserveRegions(MAX_RESERVED, 'a reserved record'),
    keyRegions: memory.reserveRegions(MAX_FRAMES, 'a visited key'),
    keyScratch: memory.allocate(MAX_FRAMES * 8),
    cpuCount,
  });
  fillMaps(core, program, options.constants ?? []);

  const loaded: LoadedProg[] = [];
  const prepare = memory.wasm === undefined ? createInterpreter() : prepareWith(core);
  for (const [index, prog] of progs.entries()) {
    const funcRegion = firstFuncRegion + index;
    let code: Code;
    try {
      code = decodeProg(prog, linksFor(core, funcRegion));
    } catch (error) {
      if (error instanceof RejectedProgError)
        return { ok: false, rejection: rejectionOf(error, program, index) };
      throw error;
    }
    const decoded = { index, prog, code, funcRegion };
    loaded.push({ ...decoded, ...prepare(decoded) });
  }
  core.progs = loaded;
  const insnLimit = options.insnLimit ?? DEFAULT_INSN_LIMIT;
  return { ok: true, machine: new Machine(program, core, { at: ctxAt, region: ctxRegion }, insnLimit) };
}

/** A loaded Program in the machine. Progs run one at a time, each to its end. */
export class Machine {
  readonly maps: MapAccess;
  readonly #program: MachineProgram;
  readonly #core: Core;
  readonly #ctx: { readonly at: number; readonly region: number };
  readonly #insnLimit: number;
  #ctxLength = 0;
  #isRunning = false;

  constructor(
    program: MachineProgram,
    core: Core,
    ctx: { readonly at: number; readonly region: number },
    insnLimit: number,
  ) {
    this.#program = program;
    this.#core = core;
    this.#ctx = ctx;
    this.#insnLimit = insnLimit;
    this.maps = createMapAccess(core.maps);
  }

  /** Makes a prog ready, so that its first run takes no longer than the others. */
  translate(index: number): void {
    this.#core.progs[index]?.translate?.();
  }

  /** Runs a prog once. @param index of Program.progs. */
  run(index: number, input: RunInput = {}): RunResult {
    if (this.#isRunning) throw new Error('a prog was started while another one runs on the same machine');
    const core = this.#core;
    const prog = present(core.progs[index], 'a prog that is run was loaded');
    const cpu = input.cpu ?? 0;
    if (!(cpu >= 0 && cpu < core.cpuCount))
      throw new RangeError(`CPU ${cpu} of a machine with ${core.cpuCount} CPUs`);
    this.#setCtx(prog, input.ctx);
    core.cpu = cpu;
    core.prog = prog;
    core.insn = 0;
    core.insnLimit = this.#insnLimit;
    core.insnsLeft = this.#insnLimit;
    core.reset();
    this.#isRunning = true;
    let cause: FaultCause | undefined;
    try {
      prog.enter(core, 0);
    } catch (error) {
      if (error instanceof FaultError) cause = error.reason;
      else if (error instanceof UnansweredError) cause = { kind: 'unanswered', what: error.message };
      else throw error;
    } finally {
      this.#isRunning = false;
    }
    const insns = this.#insnLimit - core.insnsLeft;
    if (core.reserved.length > 0) {
      cause ??= {
        kind: 'misuse',
        what: `ends with ${core.reserved.length} reserved records neither submitted nor discarded`,
      };
      this.#discardReserved();
    }
    if (cause === undefined) return { ok: true, retval: core.low(0) >>> 0, insns };
    return { ok: false, fault: this.#faultOf(cause, prog), insns };
  }

  /** A copy of the ctx as the last run left it; only SYSCALL progs can change it. */
  readCtx(): Uint8Array {
    return this.#core.memory.bytes.slice(this.#ctx.at, this.#ctx.at + this.#ctxLength);
  }

  /** A fault as a line of text, with the script's place. */
  describe(fault: Fault): string {
    return describeFault(fault, this.#program.sources);
  }

  /**
   * Hands over the records that are there now, oldest first; a perf buffer's CPU by CPU. A view is valid during the call only. `onRecord`
   * returning false stops the drain after that record. Returns how many were handed over.
   */
  drain(onRecord: (record: Uint8Array) => boolean | undefined): number {
    const map = this.#core.maps[this.#program.ringBuffer ?? -1];
    return map?.kind === 'ring' || map?.kind === 'perf' ? map.drain(onRecord) : 0;
  }

  /** Whether `drain` would hand over anything. */
  get hasRecords(): boolean {
    const map = this.#core.maps[this.#program.ringBuffer ?? -1];
    return (map?.kind === 'ring' || map?.kind === 'perf') && map.hasRecords;
  }

  /** Records that found no room, since load: as the progs count them, or as the perf buffers do. */
  lost(): bigint {
    let lost = 0n;
    const { lost: counters } = this.#program;
    const direct = counters === undefined ? undefined : this.#core.maps[counters.map];
    if (counters !== undefined && direct?.kind === 'keyed' && direct.direct !== undefined) {
      const start = direct.direct.at + counters.offset;
      for (let cpu = 0; cpu < this.#core.cpuCount; cpu++)
        lost += this.#core.memory.view.getBigUint64(start + cpu * counters.stride, true);
    }
    for (const map of this.#core.maps) {
      if (map.kind !== 'perf') continue;
      for (let cpu = 0; cpu < this.#core.cpuCount; cpu++) lost += BigInt(map.lost(cpu));
    }
    return lost;
  }

  /** Gives every CPU a perf buffer of so many bytes in a BPF_MAP_TYPE_PERF_EVENT_ARRAY; without, progs get ENOENT. */
  openPerfBuffers(map: number, capacityBytes: number): void {
    const buffers = present(this.#core.maps[map], 'the map is one of the Program');
    if (buffers.kind !== 'perf') throw new TypeError(`map ${buffers.spec.name} is no perf event array`);
    for (let cpu = 0; cpu < this.#core.cpuCount; cpu++) buffers.open(cpu, capacityBytes);
  }

  /** Sets or clears an entry of a BPF_MAP_TYPE_PROG_ARRAY; `prog` is an index of Program.progs. */
  setTailCall(map: number, index: number, prog: number | undefined): void {
    const array = present(this.#core.maps[map], 'the map is one of the Program');
    if (array.kind !== 'progs') throw new TypeError(`map ${array.spec.name} is no prog array`);
    array.setProg(index, prog);
  }

  /** A stack that bpf_get_stackid() stored; undefined when there is none with this id. */
  readStack(map: number, id: number): readonly bigint[] | undefined {
    const stacks = present(this.#core.maps[map], 'the map is one of the Program');
    if (stacks.kind !== 'stacks') throw new TypeError(`map ${stacks.spec.name} is no stack trace map`);
    return stacks.read(id);
  }

  #setCtx(prog: LoadedProg, ctx: Uint8Array | undefined): void {
    const { memory, words } = this.#core;
    const { at, region } = this.#ctx;
    const length = ctx?.length ?? 0;
    if (length > MAX_CTX_BYTES)
      throw new RangeError(`a ctx of ${length} bytes; there is room for ${MAX_CTX_BYTES}`);
    if (ctx !== undefined) memory.bytes.set(ctx, at);
    this.#ctxLength = length;
    memory.setLimits(region, length, prog.prog.type === 'BPF_PROG_TYPE_SYSCALL' ? length : 0);
    for (let word = 0; word < REGISTER_WORDS; word++) words[word] = 0;
    words[3] = memory.handle(region);
  }

  #discardReserved(): void {
    for (const reservation of this.#core.reserved) {
      endReservation(reservation, true, 0);
      this.#core.memory.close(reservation.region);
    }
    this.#core.reserved.length = 0;
  }

  #faultOf(cause: FaultCause, started: LoadedProg): Fault {
    const { prog, code, index } = this.#core.prog ?? started;
    const insn = code.slots[this.#core.insn] ?? 0;
    return { cause, prog: index, progName: prog.name, insn, trail: trailAt(prog.lines, insn) };
  }
}

/** R0 to R10, two words each. */
const REGISTER_WORDS = 22;

function linksFor(core: Core, funcRegion: number): Links {
  const pointer = (region: number, offset: number): bigint =>
    (BigInt(core.memory.handle(region) >>> 0) << 32n) | BigInt(offset);
  return {
    mapPointer: (map) => (core.maps[map] === undefined ? undefined : pointer(core.firstMapRegion + map, 0)),
    mapValuePointer(map, offset) {
      const direct = directMap(core.maps[map]);
      if (direct === undefined || !(offset >= 0 && offset < direct.valueSize)) return undefined;
      return pointer(direct.region, offset);
    },
    funcPointer: (start) => pointer(funcRegion, start),
    kernelVariable: (name) => core.environment.kernelVariable?.(name),
    hasHelper,
    kfunc: kfuncIndex,
  };
}

/** First contents of the maps, as a loader writes them before the first prog is loaded. */
function fillMaps(core: Core, program: MachineProgram, constants: LoadOptions['constants']): void {
  for (const [index, spec] of program.bpfMaps.entries()) {
    const direct = directMap(core.maps[index]);
    if (direct === undefined) continue;
    if (spec.initial !== undefined)
      core.memory.bytes.set(spec.initial.subarray(0, direct.valueSize), direct.at);
    if (index !== program.constants) continue;
    for (const { offset, bytes } of constants) {
      if (offset + bytes.length > direct.valueSize)
        throw new RangeError(`constants at ${offset} do not fit ${direct.valueSize} bytes`);
      core.memory.bytes.set(bytes, direct.at + offset);
    }
  }
}

function rejectionOf(error: RejectedProgError, program: MachineProgram, index: number): Rejection {
  const prog = present(program.progs[index], 'the rejected prog is one of the Program');
  const fault: Fault = {
    cause: { kind: 'misuse', what: `is refused: ${error.message}` },
    prog: index,
    progName: prog.name,
    insn: error.slot,
    trail: trailAt(prog.lines, error.slot),
  };
  const log = `${describeFault(fault, program.sources)}\n`;
  return { prog: index, log, errno: errnos.EINVAL.number, insn: error.slot };
}

/** The place of the script that an instruction stands for: that of the last line entry at or before it. */
function trailAt(lines: readonly LineEntry[], insn: number): SourceTrail | undefined {
  return lines.findLast((line) => line.insn <= insn)?.trail;
}
