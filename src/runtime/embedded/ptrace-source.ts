import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { errnos, errnoText, unreachable } from '../../base/index.ts';
import {
  type Attaching,
  type EventSource,
  ProcessTracepoints,
  processTracepointPatterns,
  type Worked,
} from '../../embedded/index.ts';
import {
  ProcessMemory,
  ptrace,
  ptraceEvents,
  ptraceOptions,
  SIGTRAP,
  TraceeQuestions,
  type TraceeStatus,
  WaitTicks,
} from '../../kernel/index.ts';
import type { Arch, AttachOutcome, ProbeSpec } from '../../program/index.ts';
import { endSignals } from '../end-signals.ts';
import { systemErrorText } from '../system-error.ts';
import { Breakpoints } from './breakpoints.ts';
import { CodeSpace } from './code-space.ts';
import { SyscallStops } from './syscall-stops.ts';
import { Tracee, type TraceeTools } from './tracee.ts';
import { releaseTracees } from './tracee-release.ts';
import { TraceeStops } from './tracee-stops.ts';

/** How long the next stop is waited for here, before another thread waits for it. */
const TICK_MS = 4;
/** More than a name of /proc/PID/comm has. */
const MAX_NAME_BYTES = 32;
/** Kernel priorities count from the real-time ones. Source: MAX_RT_PRIO, proc_pid_stat(5). */
const MAX_RT_PRIO = 100;
const STAT_PRIORITY = 18;

/** Stops that are handled between two looks at the clock. */
const STOPS_PER_LOOK = 8;

/** Which process is traced. */
export interface TracedRoot {
  readonly pid: number;
  /** `child`: held before its exec, which is the first thing that is told of it; `other`: runs already, and its children are left alone. */
  readonly kind: 'child' | 'other';
  /** Told when it is about to end and stands still: the last moment at which it can be looked at. */
  readonly onExiting?: () => void;
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
  readonly #ticks = new WaitTicks();
  readonly #stops = new TraceeStops();
  readonly #breakpoints: Breakpoints;
  readonly #syscalls: SyscallStops;
  readonly #onStop = (tracee: Tracee, status: TraceeStatus): void => this.#continueAfter(tracee, status);
  /** Even a run that ends by a fault of ours leaves no breakpoints in a process that goes on. */
  readonly #onExit = (): void => this.#release();
  #isSeized = false;

  constructor(root: TracedRoot, arch: Arch) {
    this.#root = root;
    this.#events = new ProcessTracepoints(arch);
    this.#tools = {
      arch,
      memory: new ProcessMemory(),
      questions: new TraceeQuestions(),
      names: { open: 0, buffer: Buffer.alloc(MAX_NAME_BYTES) },
    };
    this.#breakpoints = new Breakpoints(root.pid, this.#tools, this.#stops.waits, (tracee) =>
      this.#stops.holdOthers(tracee),
    );
    const isChild = root.kind === 'child';
    this.#syscalls = new SyscallStops(arch, this.#tools, this.#events, this.#breakpoints, isChild);
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
    const stops = this.#stops;
    if (stops.size === 0) this.#adoptEarly();
    if (stops.size === 0) return 'idle';
    const start = performance.now();
    this.#ticks.start(TICK_MS);
    try {
      // Others wait on another thread already: what is there is taken, and no more.
      let blocks = false;
      for (let count = 1; stops.handle(blocks, this.#onStop); count++) {
        if (stops.size === 0) return 'idle';
        if (count % STOPS_PER_LOOK === 0 && performance.now() - start > budgetMs) return 'more';
        blocks = !stops.isWaitingElsewhere;
      }
      if (!blocks && !stops.isWaitingElsewhere && stops.handle(true, this.#onStop)) return 'more';
    } finally {
      this.#ticks.stop();
    }
    if (stops.size === 0) return 'idle';
    stops.waitElsewhere(wake);
    return 'idle';
  }

  async detach(): Promise<void> {
    await this.#stops.endWait();
    this.#release();
  }

  [Symbol.dispose](): void {
    this.#release();
  }

  /** Threads whose parent was killed before it could tell of them. */
  #adoptEarly(): void {
    for (const tid of this.#stops.earlyThreads()) {
      const status = this.#stops.takeEarly(tid);
      if (status === undefined) continue;
      const tracee = new Tracee(tid, true, this.#tools);
      this.#stops.add(tracee);
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
        if (this.#stops.has(tid)) continue;
        const result = ptrace('PTRACE_SEIZE', tid, 0, bits);
        if (result < 0) {
          if (tid !== pid && result === -errnos.ESRCH.number) continue; // ended meanwhile
          this.#release();
          return -result;
        }
        found = true;
        const tracee = new Tracee(tid, kind === 'other', this.#tools);
        const sibling = this.#stops.get(pid);
        if (sibling !== undefined) tracee.space = sibling.space;
        this.#stops.add(tracee);
        ptrace('PTRACE_INTERRUPT', tid);
      }
    }
    this.#isSeized = true;
    process.on('SIGALRM', ignore);
    if (kind === 'other') {
      process.on('exit', this.#onExit);
      // They end the run as it is; a second one would end this process before its breakpoints are out of the other.
      for (const signal of endSignals) process.on(signal, ignore);
    }
    return this.#stops.size === 0 ? errnos.ESRCH.number : 0;
  }

  /** Tells what happened to a thread and lets it go on. */
  #continueAfter(tracee: Tracee, status: TraceeStatus): void {
    switch (status.kind) {
      case 'exited':
      case 'killed':
        this.#stops.forget(tracee);
        if (tracee.tid === this.#root.pid) this.#root.onEnd?.(status);
        return;
      case 'syscall':
        this.#syscalls.tell(tracee);
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
        const old = this.#stops.get(oldTid);
        if (old !== undefined && old !== tracee) {
          tracee.call = old.call;
          this.#stops.forget(old);
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
      this.#stops.forget(tracee);
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
    this.#stops.add(child);
    if (parent.isVisible) this.#events.fork(tid, parent.scene);
    const early = this.#stops.takeEarly(tid);
    if (early !== undefined) this.#continueAfter(child, early);
  }

  #tellExit(tracee: Tracee): void {
    tracee.isExiting = true;
    if (tracee.tid === this.#root.pid) this.#root.onExiting?.();
    if (!tracee.isVisible || !this.#events.wants('sched:sched_process_exit')) return;
    const priority = (tracee.stat(STAT_PRIORITY) ?? 0) + MAX_RT_PRIO;
    let isLast = true;
    for (const other of this.#stops.all()) if (other.pid === tracee.pid && !other.isExiting) isLast = false;
    this.#events.exit(priority, isLast, tracee.scene);
  }

  #resume(tracee: Tracee, signal = 0): void {
    tracee.isHeld = false;
    const request = this.#syscalls.areWanted ? 'PTRACE_SYSCALL' : 'PTRACE_CONT';
    // A thread that was killed while it stood still is no longer there; its end is told by the next wait.
    ptrace(request, tracee.tid, 0, signal);
  }

  #release(): void {
    releaseTracees(this.#stops, this.#breakpoints, this.#tools, (tracee, end) => {
      if (tracee.tid === this.#root.pid) this.#root.onEnd?.(end);
    });
    process.off('SIGALRM', ignore);
    process.off('exit', this.#onExit);
    for (const signal of endSignals) process.off(signal, ignore);
    // A thread that still waits for stops sees the end of this child instead.
    if (this.#stops.isWaitingElsewhere) {
      const child = spawn('/bin/sh', ['-c', ':'], { stdio: 'ignore' });
      child.on('error', ignore);
      child.unref();
    }
  }
}

/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: a stop with one of them is the shell's, and lasts until SIGCONT. Source: signal(7). */
const stopSignals: ReadonlySet<number> = new Set([19, 20, 21, 22]);

/** A signal has done its work when it arrives: it ended a wait. A process that cannot be started leaves the wait to the tracees' own ends. */
function ignore(): void {}

function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}
