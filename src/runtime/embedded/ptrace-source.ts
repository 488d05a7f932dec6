import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { unreachable, viewOf } from '../../base/index.ts';
import {
  type Attaching,
  type EventSource,
  ProcessTracepoints,
  processTracepointPatterns,
  syscallNames,
  type Worked,
} from '../../embedded/index.ts';
import {
  errnos,
  errnoText,
  ProcessMemory,
  ptrace,
  ptraceEvents,
  ptraceOptions,
  readStatus,
  SIGTRAP,
  TraceeQuestions,
  type TraceeStatus,
  TraceeWaits,
  WaitTicks,
  yieldProcessor,
} from '../../kernel/index.ts';
import { type Arch, type AttachOutcome, archFacts, type ProbeSpec } from '../../program/index.ts';
import { systemErrorText } from '../system-error.ts';
import { startThreads } from '../thread-pool.ts';
import { Breakpoints, CodeSpace } from './breakpoints.ts';
import { Tracee, type TraceeTools } from './tracee.ts';

/** How long the next stop is waited for here, before another thread waits for it. */
const TICK_MS = 4;
/** How long the other threads of a process are waited for while one steps over a breakpoint. */
const HOLD_MS = 100;
/** How long threads are given to stop when tracing ends. */
const DETACH_MS = 500;
/** Kernel priorities count from the real-time ones. Source: MAX_RT_PRIO, proc_pid_stat(5). */
const MAX_RT_PRIO = 100;
const STAT_PRIORITY = 18;

/** Stops of one thread in a row, after which the others are asked too. */
const MAX_IN_A_ROW = 16;

type Stop = readonly [Tracee, TraceeStatus];

/** Source: mmap(2). */
const PROT_EXEC = 4n;

/** Which process is traced. */
export interface TracedRoot {
  readonly pid: number;
  /** `child`: held before its exec, which is the first thing that is told of it; `other`: runs already, and its children are left alone. */
  readonly kind: 'child' | 'other';
  /** Told how it ended. */
  readonly onEnd?: (end: { readonly code?: number; readonly signal?: number }) => void;
}

/**
 * Tracepoints of one process (and of what it starts) through ptrace(2), which needs no privileges for one's own processes.
 *
 * A thread stops at the entry and at the exit of each system call and at what else is traced; while it stands still the progs run, and
 * what they read of it is true for that moment. All on the thread that the machine runs on: ptrace answers the thread that attached only, and the
 * tracee would wait for the other thread in any case.
 */
export class PtraceSource implements EventSource {
  readonly name = 'ptrace';
  readonly served: readonly string[] = [...processTracepointPatterns, 'uprobe', 'uretprobe'];
  readonly #root: TracedRoot;
  readonly #events: ProcessTracepoints;
  readonly #tools: TraceeTools;
  readonly #waits = new TraceeWaits();
  readonly #ticks = new WaitTicks();
  readonly #breakpoints: Breakpoints;
  /** Stops that were taken and are still to be handled. */
  readonly #deferred: Stop[] = [];
  readonly #tracees = new Map<number, Tracee>();
  /** First stops of threads whose parent has not told of them yet. */
  readonly #early = new Map<number, TraceeStatus>();
  readonly #execCalls: ReadonlySet<number>;
  readonly #sigreturn: number | undefined;
  readonly #mmap: number | undefined;
  #last: Tracee | undefined;
  /** How often in a row only the last thread was asked. */
  #inARow = 0;
  #pending: Promise<void> | undefined;
  #isSeized = false;

  constructor(root: TracedRoot, arch: Arch) {
    this.#root = root;
    this.#events = new ProcessTracepoints(arch);
    const names = [...syscallNames(arch)];
    this.#mmap = names.find(([, name]) => name === 'mmap')?.[0];
    this.#execCalls = new Set(names.flatMap(([number, name]) => (name.startsWith('execve') ? [number] : [])));
    this.#sigreturn = names.find(([, name]) => name === 'rt_sigreturn')?.[0];
    this.#tools = {
      arch,
      memory: new ProcessMemory(),
      questions: new TraceeQuestions(),
      names: { open: 0 },
    };
    this.#breakpoints = new Breakpoints(root.pid, this.#tools, this.#waits, (tracee) =>
      this.#holdOthers(tracee),
    );
  }

  serves(probe: ProbeSpec): boolean {
    return this.#events.serves(probe) || probe.kind === 'uprobe' || probe.kind === 'uretprobe';
  }

  attach({ probe, fire }: Attaching): AttachOutcome {
    const errno = this.#seize();
    if (errno !== 0) {
      const who = `process ${this.#root.pid}`;
      return { ok: false, message: `${who} cannot be traced: ${errnoText(errno)}`, errno };
    }
    if (this.#events.serves(probe)) {
      this.#events.add(probe, fire);
      return { ok: true, functions: 1 };
    }
    if (probe.kind !== 'uprobe' && probe.kind !== 'uretprobe')
      return { ok: false, message: `${probe.name} is no event of a process` };
    try {
      this.#breakpoints.add(probe, fire);
    } catch (error) {
      return { ok: false, message: systemErrorText(error) };
    }
    return { ok: true, functions: probe.locations.length };
  }

  work(budgetMs: number, wake: () => void): Worked {
    if (this.#tracees.size === 0) this.#adoptEarly();
    if (this.#tracees.size === 0) return 'idle';
    const start = performance.now();
    this.#ticks.start(TICK_MS);
    try {
      // Others wait on another thread already: what is there is taken, and no more.
      let blocks = false;
      while (this.#handleStops(blocks)) {
        if (this.#tracees.size === 0) return 'idle';
        if (performance.now() - start > budgetMs) return 'more';
        blocks = this.#pending === undefined;
      }
      if (!blocks && this.#pending === undefined && this.#handleStops(true)) return 'more';
    } finally {
      this.#ticks.stop();
    }
    if (this.#tracees.size === 0) return 'idle';
    this.#waitElsewhere(wake);
    return 'idle';
  }

  async detach(): Promise<void> {
    // The waiting thread has to see a stop before it is taken here, or it would wait on.
    if (this.#pending !== undefined && this.#tracees.size > 0) {
      for (const tid of this.#tracees.keys()) ptrace('PTRACE_INTERRUPT', tid);
      await this.#pending;
    }
    this.#release();
  }

  [Symbol.dispose](): void {
    this.#release();
  }

  /** Threads whose parent was killed before it could tell of them. */
  #adoptEarly(): void {
    for (const [tid, status] of [...this.#early]) {
      this.#early.delete(tid);
      const tracee = new Tracee(tid, true, this.#tools);
      this.#tracees.set(tid, tracee);
      this.#continueAfter(tracee, status);
    }
  }

  /** Attaches to all threads of the process; 0 or an errno. */
  #seize(): number {
    if (this.#isSeized) return 0;
    const { pid, kind } = this.#root;
    const options = ptraceOptions;
    const bits =
      options.PTRACE_O_TRACESYSGOOD |
      options.PTRACE_O_TRACEFORK |
      options.PTRACE_O_TRACEVFORK |
      options.PTRACE_O_TRACECLONE |
      options.PTRACE_O_TRACEEXEC |
      options.PTRACE_O_TRACEEXIT |
      (kind === 'child' ? options.PTRACE_O_EXITKILL : 0);
    // Threads may start others meanwhile: look until there is no new one.
    for (let found = true; found; ) {
      found = false;
      for (const tid of threadsOf(pid)) {
        if (this.#tracees.has(tid)) continue;
        const result = ptrace('PTRACE_SEIZE', tid, 0, bits);
        if (result < 0) {
          if (tid !== pid && result === -errnos.ESRCH.number) continue; // ended meanwhile
          this.#release();
          return -result;
        }
        found = true;
        const tracee = new Tracee(tid, kind === 'other', this.#tools);
        const sibling = this.#tracees.get(pid);
        if (sibling !== undefined) tracee.space = sibling.space;
        this.#tracees.set(tid, tracee);
        ptrace('PTRACE_INTERRUPT', tid);
      }
    }
    this.#isSeized = true;
    process.on('SIGALRM', ignore);
    return this.#tracees.size === 0 ? errnos.ESRCH.number : 0;
  }

  /** Handles the stops that are there, each thread's once; whether there was any. */
  #handleStops(blocks: boolean): boolean {
    const deferred = this.#deferred.splice(0);
    const stopped = deferred.length > 0 ? deferred : (this.#askLast(blocks) ?? this.#collect(blocks));
    for (const [tracee, status] of stopped) this.#continueAfter(tracee, status);
    return stopped.length > 0;
  }

  /** Most stops are of the thread that stopped last; every now and then the others are asked all the same. */
  #askLast(blocks: boolean): readonly Stop[] | undefined {
    const tracee = this.#last;
    if (tracee === undefined || (this.#inARow >= MAX_IN_A_ROW && this.#tracees.size > 1)) return undefined;
    const isAlone = this.#tracees.size === 1;
    const status = this.#take(tracee, blocks && isAlone);
    if (status === undefined) return isAlone ? [] : undefined;
    this.#inARow++;
    return [[tracee, status]];
  }

  /** All stops that are there, before any thread goes on: a busy one would keep the others from their turn. */
  #collect(blocks: boolean): readonly Stop[] {
    const stopped: Stop[] = [];
    this.#inARow = 0;
    for (let tid = this.#waits.peek(blocks); tid !== undefined; tid = this.#waits.peek()) {
      const tracee = this.#tracees.get(tid);
      if (tracee === undefined && !isTracedByUs(tid)) {
        // A child of Node.js, which waits for it elsewhere, and it hides the others: ask them one by one.
        for (const one of [...this.#tracees.values()]) {
          const status = this.#take(one);
          if (status !== undefined) stopped.push([one, status]);
        }
        break;
      }
      if (tracee === undefined) {
        const status = this.#waits.take(tid);
        if (typeof status === 'number') this.#early.set(tid, readStatus(status));
        continue;
      }
      const status = this.#take(tracee);
      if (status !== undefined) stopped.push([tracee, status]);
    }
    this.#last = stopped.at(-1)?.[0] ?? this.#last;
    return stopped;
  }

  #take(tracee: Tracee, blocks = false): TraceeStatus | undefined {
    const status = this.#waits.take(tracee.tid, blocks);
    if (status === undefined) return undefined;
    if (status !== 'gone') {
      tracee.isHeld = true;
      tracee.isInVfork = false;
      return readStatus(status);
    }
    this.#forget(tracee); // another thread's exec took its place
    return undefined;
  }

  /** Tells what happened to a thread and lets it go on. */
  #continueAfter(tracee: Tracee, status: TraceeStatus): void {
    switch (status.kind) {
      case 'exited':
      case 'killed':
        this.#forget(tracee);
        if (tracee.tid === this.#root.pid) this.#root.onEnd?.(status);
        return;
      case 'syscall':
        this.#tellSyscall(tracee);
        this.#resume(tracee);
        return;
      case 'event':
        this.#continueAfterEvent(tracee, status.event, status.signal);
        return;
      case 'signal': {
        const passed = status.signal === SIGTRAP ? this.#breakpoints.handle(tracee) : undefined;
        if (passed?.met !== undefined) {
          this.#continueAfter(tracee, passed.met);
          return;
        }
        if (passed !== undefined) {
          this.#resume(tracee);
          return;
        }
        if (tracee.isVisible && this.#events.wants('signal:signal_deliver')) {
          const { errno, code } = this.#tools.questions.signal(tracee.tid);
          this.#events.signal(status.signal, errno, code, tracee.scene);
        }
        this.#resume(tracee, status.signal);
        return;
      }
      default:
        unreachable(status);
    }
  }

  #tellSyscall(tracee: Tracee): void {
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
        if (this.#execCalls.has(tracee.call)) tracee.isVisible ||= this.#root.kind === 'child';
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

  #continueAfterEvent(tracee: Tracee, event: number, signal: number): void {
    const { questions } = this.#tools;
    switch (event) {
      case ptraceEvents.PTRACE_EVENT_FORK:
      case ptraceEvents.PTRACE_EVENT_VFORK:
      case ptraceEvents.PTRACE_EVENT_CLONE:
        this.#addChild(tracee, questions.eventMessage(tracee.tid), event);
        tracee.isInVfork = event === ptraceEvents.PTRACE_EVENT_VFORK;
        break;
      case ptraceEvents.PTRACE_EVENT_EXEC: {
        const oldTid = questions.eventMessage(tracee.tid);
        const old = this.#tracees.get(oldTid);
        if (old !== undefined && old !== tracee) {
          tracee.call = old.call;
          this.#forget(old);
        }
        tracee.isVisible ||= this.#root.kind === 'child';
        tracee.isExiting = false;
        tracee.space = new CodeSpace();
        tracee.returns.length = 0;
        this.#breakpoints.insert(tracee);
        if (this.#events.wants('sched:sched_process_exec'))
          this.#events.exec(tracee.execFilename(), oldTid, tracee.scene);
        break;
      }
      case ptraceEvents.PTRACE_EVENT_EXIT:
        this.#tellExit(tracee);
        break;
      case ptraceEvents.PTRACE_EVENT_STOP:
        if (stopSignals.has(signal)) {
          tracee.isHeld = false;
          ptrace('PTRACE_LISTEN', tracee.tid);
          return;
        }
        if (!tracee.hasStarted && this.#start(tracee)) return;
        break;
    }
    this.#resume(tracee);
  }

  /** A thread's first stop; true when it is let go. */
  #start(tracee: Tracee): boolean {
    tracee.hasStarted = true;
    if (this.#root.kind === 'other' && tracee.pid === this.#root.pid) this.#breakpoints.insert(tracee);
    if (this.#root.kind === 'other' && tracee.pid !== this.#root.pid && this.#breakpoints.isEmpty) {
      ptrace('PTRACE_DETACH', tracee.tid);
      this.#forget(tracee);
      return true;
    }
    if (tracee.call < 0) return false;
    // The kernel tells of the end of clone() in the new thread too, where ptrace does not stop.
    if (tracee.isVisible) this.#events.exitSyscall(tracee.call, 0n, tracee.scene);
    return false;
  }

  #addChild(parent: Tracee, tid: number, event: number): void {
    const child = new Tracee(tid, parent.isVisible, this.#tools);
    child.call = parent.call;
    const hasOwnMemory = event !== ptraceEvents.PTRACE_EVENT_VFORK && child.pid !== parent.pid;
    child.space = hasOwnMemory ? parent.space.copy() : parent.space;
    if (child.pid !== parent.pid) child.returns.push(...parent.returns);
    // Its children are left alone, but those that begin with our breakpoints in their code would die of them.
    if (this.#root.kind === 'other' && child.pid !== this.#root.pid) child.isVisible = false;
    this.#tracees.set(tid, child);
    if (parent.isVisible) this.#events.fork(tid, parent.scene);
    const early = this.#early.get(tid);
    if (early === undefined) return;
    this.#early.delete(tid);
    this.#continueAfter(child, early);
  }

  #tellExit(tracee: Tracee): void {
    tracee.isExiting = true;
    if (!tracee.isVisible || !this.#events.wants('sched:sched_process_exit')) return;
    const priority = (tracee.stat(STAT_PRIORITY) ?? 0) + MAX_RT_PRIO;
    let isLast = true;
    for (const other of this.#tracees.values())
      if (other.pid === tracee.pid && !other.isExiting) isLast = false;
    this.#events.exit(priority, isLast, tracee.scene);
  }

  #resume(tracee: Tracee, signal = 0): void {
    tracee.isHeld = false;
    const request =
      this.#events.wantsSyscalls || !this.#breakpoints.isEmpty ? 'PTRACE_SYSCALL' : 'PTRACE_CONT';
    // A thread that was killed while it stood still is no longer there; its end is told by the next wait.
    ptrace(request, tracee.tid, 0, signal);
  }

  /** Stops the threads that share a thread's code; what they stopped at is handled after it. */
  #holdOthers(tracee: Tracee): void {
    const others = [...this.#tracees.values()].filter(
      (other) => other.space === tracee.space && !other.isHeld && !other.isInVfork && !other.isExiting,
    );
    for (const other of others) ptrace('PTRACE_INTERRUPT', other.tid);
    const start = performance.now();
    for (const other of others) {
      let status = this.#take(other, true);
      // One that ends, or waits for a disk, does not stop at once.
      while (status === undefined && this.#tracees.has(other.tid) && performance.now() - start < HOLD_MS)
        status = this.#take(other, true);
      if (status !== undefined) this.#deferred.push([other, status]);
    }
  }

  #forget(tracee: Tracee): void {
    this.#tracees.delete(tracee.tid);
    if (this.#last === tracee) this.#last = undefined;
    tracee[Symbol.dispose]();
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

  #waitElsewhere(wake: () => void): void {
    if (this.#pending !== undefined) return;
    startThreads();
    this.#pending = this.#waits.wait().then(() => {
      this.#pending = undefined;
      wake();
    });
  }

  /** Lets all threads go. Those that do not stop in time stay attached until this process ends. */
  #release(): void {
    for (const tid of this.#tracees.keys()) ptrace('PTRACE_INTERRUPT', tid);
    for (const tid of this.#early.keys()) ptrace('PTRACE_DETACH', tid);
    this.#early.clear();
    const start = performance.now();
    for (const [tracee, status] of this.#deferred.splice(0)) this.#letGo(tracee, status);
    while (this.#tracees.size > 0 && performance.now() - start < DETACH_MS) {
      const stopped = this.#collect(false);
      for (const [tracee, status] of stopped) this.#letGo(tracee, status);
      if (stopped.length === 0) yieldProcessor();
    }
    for (const tracee of [...this.#tracees.values()]) this.#forget(tracee);
    process.off('SIGALRM', ignore);
    // A thread that still waits for stops sees the end of this child instead.
    if (this.#pending !== undefined) spawn('/bin/true', { stdio: 'ignore' }).unref();
  }

  #letGo(tracee: Tracee, status: TraceeStatus): void {
    if (status.kind !== 'exited' && status.kind !== 'killed' && !this.#breakpoints.isEmpty) {
      this.#breakpoints.remove(tracee);
      const isTrap = status.kind === 'signal' && status.signal === SIGTRAP;
      const isOn = this.#breakpoints.isOn(tracee, isTrap);
      if (isOn && isTrap) {
        ptrace('PTRACE_DETACH', tracee.tid);
        this.#forget(tracee);
        return;
      }
      // It ran onto one, and the signal that says so is still on its way.
      if (isOn && status.kind === 'event') {
        ptrace('PTRACE_CONT', tracee.tid);
        return;
      }
    }
    if (status.kind === 'event' && newThreadEvents.has(status.event)) {
      const tid = this.#tools.questions.eventMessage(tracee.tid);
      if (!this.#tracees.has(tid)) {
        const child = new Tracee(tid, false, this.#tools);
        child.space = child.pid === tracee.pid ? tracee.space : tracee.space.copy();
        this.#tracees.set(tid, child);
      }
    }
    if (status.kind === 'exited' || status.kind === 'killed') {
      if (tracee.tid === this.#root.pid) this.#root.onEnd?.(status);
    } else ptrace('PTRACE_DETACH', tracee.tid, 0, status.kind === 'signal' ? status.signal : 0);
    this.#forget(tracee);
  }
}

/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: a stop with one of them is the shell's, and lasts until SIGCONT. Source: signal(7). */
const stopSignals: ReadonlySet<number> = new Set([19, 20, 21, 22]);

const newThreadEvents: ReadonlySet<number> = new Set([
  ptraceEvents.PTRACE_EVENT_FORK,
  ptraceEvents.PTRACE_EVENT_VFORK,
  ptraceEvents.PTRACE_EVENT_CLONE,
]);

/** The signal has done its work when it arrives: it ended a wait. */
function ignore(): void {}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

function isTracedByUs(tid: number): boolean {
  try {
    const status = readFileSync(`/proc/${tid}/status`, 'latin1');
    return Number(/^TracerPid:\s+(\d+)/m.exec(status)?.[1]) === process.pid;
  } catch {
    return false;
  }
}
