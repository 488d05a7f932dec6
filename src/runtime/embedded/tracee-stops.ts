import { readFileSync } from 'node:fs';
import { ptrace, readStatus, type TraceeStatus, TraceeWaits } from '../../kernel/index.ts';
import { startThreads } from '../thread-pool.ts';
import type { Tracee } from './tracee.ts';

/** How long the other threads of a process are waited for while one steps over a breakpoint. */
const HOLD_MS = 100;
/** Stops of one thread in a row, after which the others are asked too. */
const MAX_IN_A_ROW = 16;

type OnStop = (tracee: Tracee, status: TraceeStatus) => void;
type Stop = readonly [Tracee, TraceeStatus];

/** The threads that are traced, and their stops in the order they are handled in. Nothing is allocated for the usual one. */
export class TraceeStops {
  readonly waits = new TraceeWaits();
  readonly #tracees = new Map<number, Tracee>();
  /** Stops that were taken and are still to be handled. */
  readonly #deferred: Stop[] = [];
  /** First stops of threads whose parent has not told of them yet. */
  readonly #early = new Map<number, TraceeStatus>();
  #last: Tracee | undefined;
  /** How often in a row only the last thread was asked. */
  #inARow = 0;
  #pending: Promise<void> | undefined;

  get size(): number {
    return this.#tracees.size;
  }
  get(tid: number): Tracee | undefined {
    return this.#tracees.get(tid);
  }
  has(tid: number): boolean {
    return this.#tracees.has(tid);
  }
  /** All of them, as they are now. */
  all(): readonly Tracee[] {
    return [...this.#tracees.values()];
  }
  add(tracee: Tracee): void {
    this.#tracees.set(tracee.tid, tracee);
  }
  forget(tracee: Tracee): void {
    this.#tracees.delete(tracee.tid);
    if (this.#last === tracee) this.#last = undefined;
    tracee[Symbol.dispose]();
  }

  /** Handles the stops that are there, each thread's once; whether there was any. */
  handle(blocks: boolean, onStop: OnStop): boolean {
    if (this.#deferred.length > 0) {
      for (const [tracee, status] of this.takeDeferred()) onStop(tracee, status);
      return true;
    }
    // Most stops are of the thread that stopped last; every now and then the others are asked all the same.
    const last = this.#last;
    if (last !== undefined && (this.#inARow < MAX_IN_A_ROW || this.#tracees.size === 1)) {
      const isAlone = this.#tracees.size === 1;
      const status = this.take(last, blocks && isAlone);
      if (status !== undefined) {
        this.#inARow++;
        onStop(last, status);
        return true;
      }
      if (isAlone) return false;
    }
    const stopped = this.collect(blocks);
    for (const [tracee, status] of stopped) onStop(tracee, status);
    return stopped.length > 0;
  }

  /** All stops that are there, before any thread goes on: a busy one would keep the others from their turn. */
  collect(blocks: boolean): readonly Stop[] {
    const stopped: Stop[] = [];
    this.#inARow = 0;
    for (let tid = this.waits.peek(blocks); tid !== undefined; tid = this.waits.peek()) {
      const tracee = this.#tracees.get(tid);
      if (tracee === undefined && !isTracedByUs(tid)) {
        // A child of Node.js, which waits for it elsewhere, and it hides the others: ask them one by one.
        for (const one of this.all()) {
          const status = this.take(one);
          if (status !== undefined) stopped.push([one, status]);
        }
        break;
      }
      if (tracee === undefined) {
        const status = this.waits.take(tid);
        if (typeof status === 'number') this.#early.set(tid, readStatus(status));
        continue;
      }
      const status = this.take(tracee);
      if (status !== undefined) stopped.push([tracee, status]);
    }
    this.#last = stopped.at(-1)?.[0] ?? this.#last;
    return stopped;
  }

  /** The stop of one thread; undefined when there is none, or no such thread any more. */
  take(tracee: Tracee, blocks = false): TraceeStatus | undefined {
    const status = this.waits.take(tracee.tid, blocks);
    if (status === undefined) return undefined;
    if (status !== 'gone') {
      tracee.isHeld = true;
      tracee.isInVfork = false;
      return readStatus(status);
    }
    this.forget(tracee); // another thread's exec took its place
    return undefined;
  }

  /** Stops the threads that share a thread's code; what they stopped at is handled after it. */
  holdOthers(tracee: Tracee): void {
    const others = this.all().filter(
      (other) => other.space === tracee.space && !other.isHeld && !other.isInVfork && !other.isExiting,
    );
    for (const other of others) ptrace('PTRACE_INTERRUPT', other.tid);
    const start = performance.now();
    for (const other of others) {
      let status = this.take(other, true);
      // One that ends, or waits for a disk, does not stop at once.
      while (status === undefined && this.has(other.tid) && performance.now() - start < HOLD_MS)
        status = this.take(other, true);
      if (status !== undefined) this.#deferred.push([other, status]);
    }
  }
  /** What threads that were held stopped at. */
  takeDeferred(): readonly Stop[] {
    return this.#deferred.splice(0);
  }

  /** The first stop of a thread that came before its parent's. */
  takeEarly(tid: number): TraceeStatus | undefined {
    const status = this.#early.get(tid);
    this.#early.delete(tid);
    return status;
  }
  /** Threads that stopped and that no parent has told of. */
  earlyThreads(): readonly number[] {
    return [...this.#early.keys()];
  }

  /** Whether another thread of this process waits for stops. */
  get isWaitingElsewhere(): boolean {
    return this.#pending !== undefined;
  }
  /** Lets another thread wait for the next stop. */
  waitElsewhere(wake: () => void): void {
    if (this.#pending !== undefined) return;
    startThreads();
    this.#pending = this.waits.wait().then(() => {
      this.#pending = undefined;
      wake();
    });
  }
  /** Ends that wait. The waiting thread has to see a stop before it is taken here, or it would wait on. */
  async endWait(): Promise<void> {
    if (this.#pending === undefined || this.#tracees.size === 0) return;
    this.interruptAll();
    await this.#pending;
  }

  interruptAll(): void {
    for (const tid of this.#tracees.keys()) ptrace('PTRACE_INTERRUPT', tid);
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
