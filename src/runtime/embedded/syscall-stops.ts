import { viewOf } from '../../base/index.ts';
import { type ProcessTracepoints, syscallNames } from '../../embedded/index.ts';
import { type Arch, archFacts } from '../../program/index.ts';
import type { Breakpoints } from './breakpoints.ts';
import type { Tracee, TraceeTools } from './tracee.ts';

/** Source: mmap(2). */
const PROT_EXEC = 4n;

/** Turns stops at system calls into events: of each call an entry and an exit, told apart by what the kernel says or by their turns. */
export class SyscallStops {
  readonly #events: ProcessTracepoints;
  readonly #tools: TraceeTools;
  readonly #breakpoints: Breakpoints;
  readonly #execCalls: ReadonlySet<number>;
  readonly #sigreturn: number | undefined;
  readonly #mmap: number | undefined;
  /** Whether a thread becomes visible with its first exec. */
  readonly #showsAtExec: boolean;

  constructor(
    arch: Arch,
    tools: TraceeTools,
    events: ProcessTracepoints,
    breakpoints: Breakpoints,
    showsAtExec: boolean,
  ) {
    this.#events = events;
    this.#tools = tools;
    this.#breakpoints = breakpoints;
    this.#showsAtExec = showsAtExec;
    const names = [...syscallNames(arch)];
    this.#mmap = names.find(([, name]) => name === 'mmap')?.[0];
    this.#execCalls = new Set(names.flatMap(([number, name]) => (name.startsWith('execve') ? [number] : [])));
    this.#sigreturn = names.find(([, name]) => name === 'rt_sigreturn')?.[0];
  }

  /** Whether threads have to stop at system calls. */
  get areWanted(): boolean {
    return this.#events.wantsSyscalls || !this.#breakpoints.isEmpty;
  }

  /** Tells what a thread stands at. */
  tell(tracee: Tracee): void {
    const { questions } = this.#tools;
    const { tid, scene } = tracee;
    if (tracee.isInCall && tracee.mapsCode) {
      tracee.mapsCode = false;
      this.#breakpoints.insert(tracee);
    }
    if (tracee.isInCall && !this.#events.wantsExits) {
      tracee.isInCall = false;
      return;
    }
    switch (questions.askSyscall(tid)) {
      case 'entry':
        tracee.isInCall = true;
        tracee.call = questions.number;
        tracee.mapsCode = tracee.call === this.#mmap && (questions.argument(2) & PROT_EXEC) !== 0n;
        if (this.#execCalls.has(tracee.call)) tracee.isVisible ||= this.#showsAtExec;
        if (tracee.isVisible) this.#events.enterSyscall(tracee.call, questions.call, scene);
        return;
      case 'exit': {
        tracee.isInCall = false;
        const { result } = questions;
        if (tracee.call < 0) tracee.call = this.#callInRegisters(tid);
        // It restores the registers, and with them what the kernel takes the number from.
        const number = tracee.call === this.#sigreturn ? -1 : tracee.call;
        if (tracee.isVisible) this.#events.exitSyscall(number, result, scene);
        return;
      }
      default:
        return;
    }
  }

  /** The call a thread is in that was attached to meanwhile. */
  #callInRegisters(tid: number): number {
    const { arch, questions } = this.#tools;
    const registers = questions.registers(tid);
    if (registers === undefined) return -1;
    const places: Readonly<Record<string, number>> = archFacts(arch).registers;
    const offset = places[arch === 'x86_64' ? 'orig_rax' : 'r8'] ?? 0;
    return viewOf(registers).getInt32(offset, true);
  }
}
