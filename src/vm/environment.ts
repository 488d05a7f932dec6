/** The clocks that helpers read; all in nanoseconds, jiffies in the kernel's ticks. */
export type Clock = 'monotonic' | 'boot' | 'tai' | 'coarse' | 'jiffies';

/** Address spaces that probe_read helpers ask for. */
export type AddressSpace = 'kernel' | 'user';

/** The task an event happens in. */
export interface Task {
  /** Thread group: what users call the process. */
  readonly pid: number;
  /** Thread. */
  readonly tid: number;
  readonly uid: number;
  readonly gid: number;
  /** At most 15 bytes, as a binary string. */
  readonly comm: string;
  readonly cgroupId: bigint;
  /** Address of its task_struct in the simulated kernel memory; 0 when there is none. */
  readonly address: bigint;
}

/** An environment does not know what it was asked: the prog cannot go on. The machine catches it, and the run ends with a fault. */
export class UnansweredError extends Error {
  override readonly name = 'UnansweredError';
}

/**
 * Everything a prog can learn that is not in its ctx, its maps or its instructions: whoever records or replays a run does it here. Called
 * while a prog runs; it must not run another prog on the same machine.
 */
export interface Environment {
  now(clock: Clock): bigint;
  /** 32 bits, as a signed or unsigned number. */
  random(): number;
  task(): Task;
  /**
   * Reads simulated memory into `into`: as many bytes as can be read from `address` on, at most all of `into`. The number of bytes
   * read; 0 when the address is not readable. `into` may not be kept. `isText`: nothing behind the first NUL is looked at.
   */
  read(space: AddressSpace, address: bigint, into: Uint8Array, isText?: boolean): number;
  /** Writes simulated process memory (bpf_probe_write_user); false when it cannot be written. */
  write?(address: bigint, bytes: Uint8Array): boolean;
  /** Return addresses of the current task, the innermost first. `limit`: more than so many are not looked at. */
  stack(space: AddressSpace, limit: number): readonly bigint[];
  /** The address the event happened at (bpf_get_func_ip); 0 when it has none. */
  functionIp?(): bigint;
  /** bpf_get_attach_cookie(). */
  attachCookie?(): bigint;
  /** Whether a session's prog runs for the return of the function (bpf_session_is_return()). */
  sessionIsReturn?(): boolean;
  /** The task's ids in another pid namespace; undefined when there is no such namespace. */
  namespaceIds?(dev: bigint, ino: bigint): { readonly pid: number; readonly tid: number } | undefined;
  /** Address of a kernel variable, for CPU `cpu` when it is per-CPU; undefined when there is none. Asked when progs are loaded. */
  kernelVariable?(name: string): bigint | undefined;
  /** Address of a per-CPU variable on one CPU; `base` is what kernelVariable gave. */
  perCpuAddress?(base: bigint, cpu: number): bigint;
  /** Address of the pt_regs of a task; 0 when unknown. */
  taskRegisters?(task: bigint): bigint;
  /** Number of the socket at an address of the kernel's memory. */
  socketCookie?(address: bigint): bigint;
  numaNode?(cpu: number): number;
  /** Sends a signal to the current task; 0 or a negative errno. */
  signal?(signal: number, scope: 'process' | 'thread'): number;
  /** Replaces what the probed function returns; 0 or a negative errno. */
  overrideReturn?(value: bigint): number;
  /** The path that a struct path at this kernel address names (bpf_d_path), as a binary string. */
  path?(address: bigint): string | undefined;
  /** A line from bpf_trace_printk(), as a binary string. */
  trace?(text: string): void;
  /** Bytes an iterator prog writes (bpf_seq_write, bpf_seq_printf). */
  writeSequence?(bytes: Uint8Array): void;
}

/** What a quiet environment can be given. */
export interface QuietOptions {
  readonly seed?: number;
  readonly task?: Partial<Task>;
  /** All clocks show this until it is changed. */
  readonly timeNs?: bigint;
}

/** An environment where nothing happens but what a test or a teacher sets: fixed time, no memory, numbers from a seed. */
export interface QuietEnvironment extends Environment {
  timeNs: bigint;
  current: Task;
}

export function createQuietEnvironment(options: QuietOptions = {}): QuietEnvironment {
  const random = seededRandom(options.seed ?? 1);
  return {
    timeNs: options.timeNs ?? 0n,
    current: { pid: 1, tid: 1, uid: 0, gid: 0, comm: 'init', cgroupId: 1n, address: 0n, ...options.task },
    now(clock) {
      return clock === 'jiffies' ? this.timeNs / 4_000_000n : this.timeNs;
    },
    random,
    task() {
      return this.current;
    },
    read: () => 0,
    stack: () => [],
  };
}

/** 32-bit numbers that follow from a seed (mulberry32, public domain by its author). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  };
}
