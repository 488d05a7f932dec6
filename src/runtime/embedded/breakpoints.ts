import { closeSync, openSync, writeSync } from 'node:fs';
import { viewOf } from '../../base/index.ts';
import type { Fire } from '../../embedded/index.ts';
import {
  ptrace,
  ptraceEvents,
  readStatus,
  SIGTRAP,
  type TraceeStatus,
  type TraceeWaits,
} from '../../kernel/index.ts';
import { type Arch, archFacts, type ProbeOf } from '../../program/index.ts';
import { fileIdentity, mappedFile, readMaps } from '../process-maps.ts';
import type { AwaitedReturn, CodePlace } from './code-space.ts';
import type { Tracee, TraceeTools } from './tracee.ts';

/** The instruction that stops, and how far behind it the processor stands then. Sources: Intel SDM (INT3), Arm ARM (BRK). */
const stopInsns: Readonly<Record<Arch, { readonly bytes: Uint8Array; readonly passed: bigint }>> = {
  x86_64: { bytes: Uint8Array.of(0xcc), passed: 1n },
  aarch64: { bytes: Uint8Array.of(0x00, 0x00, 0x20, 0xd4), passed: 0n },
};

/** First instructions of most functions of x86_64, done here in place of a step: ENDBR64, PUSH RBP. */
const ENDBR64 = [0xf3, 0x0f, 0x1e, 0xfa];
const PUSH_RBP = 0x55;

/**
 * uprobes and uretprobes of traced processes: an instruction that stops is written over the code, as a debugger does. A thread that stops on it
 * steps over the original instruction; the other threads of its process stand still while it does, or they would pass unseen.
 */
export class Breakpoints {
  readonly #tools: TraceeTools;
  readonly #waits: TraceeWaits;
  readonly #places: CodePlace[] = [];
  readonly #holdOthers: (tracee: Tracee) => void;
  readonly #pid: number;

  /**
   * @param pid the process whose events are told: as the kernel's uprobes, which belong to one process when one is named
   * @param holdOthers stops the other threads that share a thread's code; they go on after it
   */
  constructor(pid: number, tools: TraceeTools, waits: TraceeWaits, holdOthers: (tracee: Tracee) => void) {
    this.#pid = pid;
    this.#tools = tools;
    this.#waits = waits;
    this.#holdOthers = holdOthers;
  }

  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  add(probe: ProbeOf<'uprobe'> | ProbeOf<'uretprobe'>, fire: Fire): void {
    for (const { path, fileOffset } of probe.locations) {
      const file = fileIdentity(path);
      let place = this.#places.find((one) => one.file === file && one.fileOffset === fileOffset);
      if (place === undefined) {
        place = { file, fileOffset, entry: [], return: [] };
        this.#places.push(place);
      }
      // The one that is attached last runs first, as in the kernel.
      (probe.kind === 'uprobe' ? place.entry : place.return).unshift(fire);
    }
  }

  /** Writes the breakpoints into what a process has mapped by now. */
  insert(tracee: Tracee): void {
    if (this.isEmpty) return;
    for (const mapping of readMaps(tracee.pid) ?? []) {
      if (!mapping.executable) continue;
      const file = mappedFile(tracee.pid, mapping);
      for (const place of this.#places) {
        const isThere =
          place.file === file &&
          place.fileOffset >= mapping.offset &&
          place.fileOffset < mapping.offset + (mapping.end - mapping.start);
        if (isThere) this.#insertAt(tracee, mapping.start + place.fileOffset - mapping.offset, place);
      }
    }
  }

  /** Takes them out again. */
  remove(tracee: Tracee): void {
    for (const [address, { original }] of tracee.space.inserted) writeCode(tracee.tid, address, original);
  }

  /** Whether a thread that stands still has just run onto a breakpoint; its instruction pointer is set back to it when `setsBack`. */
  isOn(tracee: Tracee, setsBack: boolean): boolean {
    const state = this.#stateOf(tracee);
    if (state === undefined || !tracee.space.inserted.has(state.address)) return false;
    if (setsBack) state.moveTo(state.address);
    return true;
  }

  /**
   * Handles a stop on a breakpoint: runs the progs and takes the thread past it. undefined: it was none of ours; else what happened to
   * the thread on the way, if anything.
   */
  handle(tracee: Tracee): { readonly met?: TraceeStatus } | undefined {
    const state = this.#stateOf(tracee);
    if (state === undefined) return undefined;
    const { address } = state;
    const row = tracee.space.inserted.get(address);
    if (row === undefined) return undefined;
    state.moveTo(address);
    const scene = (entry: bigint) => ({ ...tracee.scene, task: tracee.scene.task, functionIp: () => entry });
    const tell = (fires: readonly Fire[], entry: bigint): void => {
      if (tracee.pid !== this.#pid) return;
      const ctx = state.registers;
      for (const fire of fires) fire({ ctx, cpu: 0, scene: scene(entry) });
    };
    const { passing } = tracee;
    tracee.passing = undefined;
    if (passing?.address === address && passing.stack === state.stack)
      return this.#passOver(tracee, state, row.original);
    for (const { place, entry } of takeReturns(tracee.returns, address, state.stack))
      tell(place.return, entry);
    const { place } = row;
    if (place !== undefined) {
      tell(place.entry, address);
      if (place.return.length > 0) this.#awaitReturn(tracee, state, place);
    }
    return this.#passOver(tracee, state, row.original);
  }

  #awaitReturn(tracee: Tracee, state: ThreadState, place: CodePlace): void {
    const isX86 = this.#tools.arch === 'x86_64';
    const top = new Uint8Array(8);
    if (isX86 && this.#tools.memory.read(tracee.tid, state.stack, top) !== top.length) return;
    const address = isX86 ? viewOf(top).getBigUint64(0, true) : state.get('r30');
    const stack = isX86 ? state.stack + 8n : state.stack;
    tracee.returns.push({ address, stack, place, entry: state.address });
    this.#insertAt(tracee, address, undefined);
  }

  #insertAt(tracee: Tracee, address: bigint, place: CodePlace | undefined): void {
    if (tracee.space.inserted.has(address)) return;
    const { bytes } = stopInsns[this.#tools.arch];
    const original = new Uint8Array(bytes.length);
    if (this.#tools.memory.read(tracee.tid, address, original) !== original.length) return;
    if (writeCode(tracee.tid, address, bytes)) tracee.space.inserted.set(address, { original, place });
  }

  /** Runs the instruction under a breakpoint. */
  #passOver(tracee: Tracee, state: ThreadState, original: Uint8Array): { readonly met?: TraceeStatus } {
    if (this.#tools.arch === 'x86_64' && this.#passKnown(tracee, state, original)) return {};
    const { tid } = tracee;
    this.#holdOthers(tracee);
    writeCode(tid, state.address, original);
    const met = this.#step(tid);
    if (met === undefined || met.kind === 'exited' || met.kind === 'killed') return met ? { met } : {};
    writeCode(tid, state.address, stopInsns[this.#tools.arch].bytes);
    if (met.kind === 'signal' && met.signal === SIGTRAP) return {};
    // A signal came first: behind its handler the thread comes to this place again, which is no second event.
    tracee.passing = { address: state.address, stack: state.stack };
    return { met };
  }

  /** One instruction; what the thread stopped at behind it (or in front of it), undefined when it is gone. */
  #step(tid: number): TraceeStatus | undefined {
    for (;;) {
      ptrace('PTRACE_SINGLESTEP', tid);
      let status: number | 'gone' | undefined;
      while (status === undefined) status = this.#waits.take(tid, true);
      if (status === 'gone') return undefined;
      const met = readStatus(status);
      // It had been asked to stop before it ran onto the breakpoint, and did so only now.
      if (met.kind !== 'event' || met.event !== ptraceEvents.PTRACE_EVENT_STOP || met.signal !== SIGTRAP)
        return met;
    }
  }

  /** Does what a well-known instruction does, so that the breakpoint can stay where it is; false for others. */
  #passKnown(tracee: Tracee, state: ThreadState, original: Uint8Array): boolean {
    const { memory } = this.#tools;
    const { tid } = tracee;
    if (original[0] === PUSH_RBP) {
      const word = new Uint8Array(8);
      viewOf(word).setBigUint64(0, state.get('bp'), true);
      if (!memory.write(tid, state.stack - 8n, word)) return false;
      state.set('sp', state.stack - 8n);
      state.moveTo(state.address + 1n);
      return true;
    }
    if (original[0] !== ENDBR64[0]) return false;
    const rest = new Uint8Array(ENDBR64.length - 1);
    if (memory.read(tid, state.address + 1n, rest) !== rest.length) return false;
    if (!rest.every((byte, index) => byte === ENDBR64[index + 1])) return false;
    state.moveTo(state.address + BigInt(ENDBR64.length));
    return true;
  }

  #stateOf(tracee: Tracee): ThreadState | undefined {
    const registers = this.#tools.questions.registers(tracee.tid);
    return registers && new ThreadState(tracee.tid, registers, this.#tools);
  }
}

/**
 * Takes off the list what a thread comes back from, the innermost first: several functions where one ended in a jump to the next (a tail call). Calls
 * further in that longjmp() has left are taken off as well.
 */
function takeReturns(returns: AwaitedReturn[], address: bigint, stack: bigint): readonly AwaitedReturn[] {
  const isHere = (awaited: AwaitedReturn): boolean => awaited.address === address && awaited.stack === stack;
  const first = returns.findIndex(isHere);
  if (first < 0) return [];
  const taken = returns.splice(first);
  returns.push(...taken.filter((awaited) => awaited.stack > stack));
  return taken.filter(isHere).reverse();
}

/** The registers of a thread that stopped on a breakpoint. */
class ThreadState {
  /** Of the breakpoint, if it is one. */
  readonly address: bigint;
  readonly registers: Uint8Array;
  readonly #tid: number;
  readonly #tools: TraceeTools;
  readonly #places: Readonly<Record<string, number>>;

  constructor(tid: number, registers: Uint8Array, tools: TraceeTools) {
    this.#tid = tid;
    this.#tools = tools;
    this.registers = registers;
    const facts = archFacts(tools.arch);
    this.#places = facts.registers;
    this.address = this.get(facts.instructionPointer) - stopInsns[tools.arch].passed;
  }

  get stack(): bigint {
    return this.get('sp');
  }

  get(register: string): bigint {
    return viewOf(this.registers).getBigUint64(this.#places[register] ?? 0, true);
  }

  /** Takes effect with the next `moveTo`. */
  set(register: string, value: bigint): void {
    viewOf(this.registers).setBigUint64(this.#places[register] ?? 0, value, true);
  }

  moveTo(address: bigint): void {
    this.set(archFacts(this.#tools.arch).instructionPointer, address);
    this.#tools.questions.setRegisters(this.#tid, this.registers);
  }
}

/** Writes over code, which is not writable for the process itself; false when the thread is gone. Source: proc_pid_mem(5). */
function writeCode(tid: number, address: bigint, bytes: Uint8Array): boolean {
  try {
    const fd = openSync(`/proc/${tid}/mem`, 'r+');
    try {
      return writeSync(fd, bytes, 0, bytes.length, Number(address)) === bytes.length;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
