import type { AttachOutcome, ProbeKind, ProbeSpec } from '../program/index.ts';
import type { AddressSpace, Task } from '../vm/index.ts';

/** What a prog finds around it while it runs for one event. What is left out is not to be had there. */
export interface Scene {
  /** The task the event happens in. */
  readonly task: Task;
  /** Reads memory as Environment.read does: the number of bytes from `address` on that could be read. */
  read?(space: AddressSpace, address: bigint, into: Uint8Array): number;
  /** Writes memory of the task; false when it cannot be written. */
  write?(address: bigint, bytes: Uint8Array): boolean;
  /** Return addresses, the innermost first. */
  stack?(space: AddressSpace): readonly bigint[];
  /** The address the event happened at. */
  functionIp?(): bigint;
  /** Sends a signal to the task; 0 or a negative errno. */
  signal?(signal: number, scope: 'process' | 'thread'): number;
}

/** Something happened that a probe waits for. */
export interface ProbeEvent {
  /** The context's bytes in the layout of the prog's type (tracepoint record, pt_regs, perf event data). */
  readonly ctx: Uint8Array;
  /** Virtual CPU. */
  readonly cpu: number;
  readonly scene: Scene;
}

/** Runs the prog of the probe that was attached, at once and to its end; its value, as the low 32 bits of R0. */
export type Fire = (event: ProbeEvent) => number;

/** A probe as a source is given it. */
export interface Attaching {
  readonly probe: ProbeSpec;
  /** Index into Program.probes. */
  readonly index: number;
  readonly fire: Fire;
  /** Whether user space has something to take: records, or a fault. */
  readonly isAwaited: () => boolean;
  /** Attach to this process only, where the source can. */
  readonly pid: number | undefined;
}

/** What a source that is asked for its events did. */
export type Worked =
  /** There was nothing to do; it wakes the run when there is. */
  | 'idle'
  /** The time was used up and there is more to do. */
  | 'more';

/**
 * Where events come from. A source runs progs only while it is asked to `work`, or from a callback of its own on the same thread, never
 * while another prog runs.
 */
export interface EventSource extends Disposable {
  /** For messages: `timers`, `ptrace`. */
  readonly name: string;
  /** Whether events of such a probe come from here; asked before anything runs. */
  serves(probe: ProbeSpec): boolean;
  /** What it serves, for people: `interval`, `tracepoint:raw_syscalls:*`. */
  readonly served: readonly string[];
  attach(attaching: Attaching): AttachOutcome;
  /**
   * Handles what has happened, for about `budgetMs`. Sources that run progs from callbacks have no such method.
   *
   * @param wake to be called once when there is something to do again, after 'idle' was answered.
   */
  work?(budgetMs: number, wake: () => void): Worked;
  /** No prog runs after this (or after the promise). */
  detach(): void | Promise<void>;
}

/** Kinds that need no source: the tracer runs their progs itself. */
export const ranByTracer: ReadonlySet<ProbeKind> = new Set(['begin', 'end', 'self', 'test', 'bench']);

/** The source that serves a probe; undefined when none does. */
export function sourceOf(probe: ProbeSpec, sources: readonly EventSource[]): EventSource | undefined {
  return sources.find((source) => source.serves(probe));
}
