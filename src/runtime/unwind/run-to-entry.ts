import { readFileSync } from 'node:fs';
import {
  ptrace,
  ptraceEvents,
  ptraceOptions,
  readStatus,
  SIGTRAP,
  TraceeQuestions,
  type TraceeStatus,
  TraceeWaits,
} from '../../kernel/index.ts';
import { type Arch, archFacts } from '../../program/index.ts';
import { type HeldChild, HOLD_SCRIPT } from '../child-process.ts';

/** A process that does not come to its entry point in this time is left to run. */
const WAIT_MS = 5000;
const SLEEP_MS = 1;
/** Debug register 7: register 0 stops at the execution of an instruction. Source: Intel SDM volume 3, section 17.2.4. */
const STOP_AT_FIRST = 1;
/** What a SIGTRAP says that comes of a debug register. Source: uapi/asm-generic/siginfo.h. */
const TRAP_HWBKPT = 4;
/** The row of the auxiliary vector that has the entry point. Source: uapi/linux/auxvec.h. */
const AT_ENTRY = 9n;

/**
 * Lets the command of `-c` run, and stops it twice: behind its exec, when it and the dynamic loader are mapped, and at its entry point, when
 * the loader has mapped its libraries. `onStop` is called each time while it stands still; then it runs on by itself. When somebody else stops
 * it before (^Z), it is left so: nobody knows for how long.
 *
 * All of this happens at once, while Node.js does nothing else: it asks for the status of its children whenever one changes, and would take
 * the stops that are waited for here.
 */
export function runToEntry(child: HeldChild, arch: Arch, onStop: () => void): void {
  const { pid } = child;
  const registers = archFacts(arch).debugRegisters;
  const waits = new TraceeWaits();
  const deadline = performance.now() + WAIT_MS;
  const isTraced = ptrace('PTRACE_SEIZE', pid, 0, ptraceOptions.PTRACE_O_TRACEEXEC) === 0;
  child.release();
  if (!isTraced) return;
  if (!nextStop((status) => isExec(status) && isCommand(pid))) return;
  onStop();
  const entry = entryPoint(pid);
  const isSet = entry !== undefined && registers !== undefined && setBreakpoint(pid, registers, entry);
  if (isSet && !nextStop((status) => isBreakpoint(pid, status))) return;
  if (isSet) {
    onStop();
    clearBreakpoint(pid, registers);
  }
  ptrace('PTRACE_DETACH', pid);

  /** Runs until a stop that is the wanted one; false when the process has ended, or was let go (which leaves a stopped one stopped). */
  function nextStop(isWanted: (status: TraceeStatus) => boolean): boolean {
    let signal: number | undefined;
    for (;;) {
      if (signal !== undefined) ptrace('PTRACE_CONT', pid, 0, signal);
      const status = waitForStop();
      if (status === undefined) return false;
      if (isWanted(status)) return true;
      if (isGroupStop(status)) {
        endTracing(pid, registers, 0);
        return false;
      }
      // A signal for the process itself goes on its way.
      signal = status.kind === 'signal' ? status.signal : 0;
    }
  }

  /** undefined: it has ended (the status is left for whoever waits for children), or takes too long, and runs by itself. */
  function waitForStop(): TraceeStatus | undefined {
    for (;;) {
      const state = waits.stateOf(pid);
      if (state === 'gone') return undefined;
      if (state === 'stopped') {
        const status = waits.take(pid);
        if (typeof status === 'number') return readStatus(status);
      }
      if (performance.now() > deadline) {
        letGo(pid, waits, registers);
        return undefined;
      }
      sleep();
    }
  }
}

/** Ends the tracing of a process that runs, or that has stopped unseen just now: the signal it stopped for goes on its way. */
export function letGo(pid: number, waits: TraceeWaits, registers: number | undefined): void {
  ptrace('PTRACE_INTERRUPT', pid);
  for (let tries = 0; tries < WAIT_MS && waits.stateOf(pid) === undefined; tries++) sleep();
  if (waits.stateOf(pid) !== 'stopped') return;
  const taken = waits.take(pid);
  const status = typeof taken === 'number' ? readStatus(taken) : undefined;
  const isTold = status?.kind === 'signal' && !isBreakpoint(pid, status);
  endTracing(pid, registers, isTold ? status.signal : 0);
}

/** Of a process that stands still. It goes on with this signal, or stays as stopped as it was without us. */
function endTracing(pid: number, registers: number | undefined, signal: number): void {
  if (registers !== undefined) clearBreakpoint(pid, registers);
  ptrace('PTRACE_DETACH', pid, 0, signal);
}

function isExec(status: TraceeStatus): boolean {
  return status.kind === 'event' && status.event === ptraceEvents.PTRACE_EVENT_EXEC;
}

/** Whether SIGSTOP, SIGTSTP or the like has stopped it. Source: ptrace(2), "Group-stop". */
function isGroupStop(status: TraceeStatus): boolean {
  return (
    status.kind === 'event' && status.event === ptraceEvents.PTRACE_EVENT_STOP && status.signal !== SIGTRAP
  );
}

/** Whether a process that stands still has come to the breakpoint, and was not sent a SIGTRAP by somebody. */
function isBreakpoint(pid: number, status: TraceeStatus): boolean {
  const isTrap = status.kind === 'signal' && status.signal === SIGTRAP;
  return isTrap && new TraceeQuestions().signal(pid).code === TRAP_HWBKPT;
}

/** Whether it is the command by now, and no longer the shell that held it. */
function isCommand(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(HOLD_SCRIPT);
  } catch {
    return true; // it is gone: the next wait says so
  }
}

export function entryPoint(pid: number): bigint | undefined {
  try {
    const bytes = new Uint8Array(readFileSync(`/proc/${pid}/auxv`));
    const words = new BigUint64Array(bytes.buffer, 0, bytes.length >> 3);
    for (let at = 0; at + 1 < words.length; at += 2) if (words[at] === AT_ENTRY) return words[at + 1];
    return undefined;
  } catch {
    return undefined;
  }
}

export function setBreakpoint(pid: number, registers: number, address: bigint): boolean {
  const isPlaced = ptrace('PTRACE_POKEUSER', pid, registers, address) === 0;
  if (!isPlaced || ptrace('PTRACE_POKEUSER', pid, registers + 7 * 8, STOP_AT_FIRST) !== 0) return false;
  return ptrace('PTRACE_CONT', pid) === 0;
}

function clearBreakpoint(pid: number, registers: number): void {
  ptrace('PTRACE_POKEUSER', pid, registers + 7 * 8, 0);
}

function sleep(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLEEP_MS);
}
