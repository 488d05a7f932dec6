import type { Arch, ProbeOf, ProbeSpec, TracepointFormat } from '../program/index.ts';
import type { Fire, Scene } from './event-source.ts';
import { type NamedEvent, processTracepoints, syscallNames } from './target/index.ts';

/** A number and six arguments, as they lie in ptrace_syscall_info and in the record of raw_syscalls:sys_enter. */
const SYSCALL_WORDS_BYTES = 7 * 8;

/** How the events of processes are named to the tracer's user. */
export const processTracepointPatterns: readonly string[] = [
  'tracepoint:raw_syscalls:sys_enter',
  'tracepoint:raw_syscalls:sys_exit',
  'tracepoint:syscalls:*',
  'tracepoint:sched:sched_process_exec',
  'tracepoint:sched:sched_process_fork',
  'tracepoint:sched:sched_process_exit',
  'tracepoint:signal:signal_deliver',
];

/** Virtual CPU of all of them: events of traced processes come one after the other. */
const CPU = 0;
/** Offset of `common_pid`, and of the first field of an event's own. */
const COMMON_PID = 4;
const OWN = 8;
const RET = 16;
const COMM_BYTES = 16;

interface Listener {
  readonly fire: Fire;
  /** The system call it is about; undefined for raw_syscalls. */
  readonly number: number | undefined;
}

/** What happened in a process, turned into records of tracepoints for the progs that stand on them. */
export class ProcessTracepoints {
  readonly #known: ReadonlyMap<string, TracepointFormat>;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #enter: Listener[] = [];
  readonly #exit: Listener[] = [];
  readonly #named = new Map<string, Fire[]>();
  readonly #enterCtx = new Uint8Array(OWN + SYSCALL_WORDS_BYTES);
  readonly #exitCtx = new Uint8Array(RET + 8);
  readonly #enterView = new DataView(this.#enterCtx.buffer);
  readonly #exitView = new DataView(this.#exitCtx.buffer);

  constructor(arch: Arch) {
    this.#known = processTracepoints(arch);
    this.#numbers = new Map([...syscallNames(arch)].map(([number, name]) => [name, number]));
  }

  serves(probe: ProbeSpec): probe is ProbeOf<'tracepoint'> {
    return probe.kind === 'tracepoint' && this.#known.has(`${probe.category}:${probe.event}`);
  }

  add(probe: ProbeOf<'tracepoint'>, fire: Fire): void {
    const { category, event } = probe;
    const isEnter = event.startsWith('sys_enter');
    if (category === 'raw_syscalls') (isEnter ? this.#enter : this.#exit).push({ fire, number: undefined });
    else if (category === 'syscalls') {
      const number = this.#numbers.get(event.replace(/^sys_(enter|exit)_/, ''));
      if (number !== undefined) (isEnter ? this.#enter : this.#exit).push({ fire, number });
    } else {
      const name = `${category}:${event}`;
      this.#named.set(name, [...(this.#named.get(name) ?? []), fire]);
    }
  }

  clear(): void {
    this.#enter.length = 0;
    this.#exit.length = 0;
    this.#named.clear();
  }

  /** Whether anybody wants to hear of system calls. */
  get wantsSyscalls(): boolean {
    return this.#enter.length + this.#exit.length > 0;
  }
  get wantsExits(): boolean {
    return this.#exit.length > 0;
  }
  wants(event: NamedEvent): boolean {
    return this.#named.has(event);
  }

  /** @param words the call's number and its six arguments (SYSCALL_WORDS_BYTES) */
  enterSyscall(number: number, words: Uint8Array, scene: Scene): void {
    if (this.#enter.length === 0) return;
    this.#enterView.setInt32(COMMON_PID, scene.task.tid, true);
    this.#enterCtx.set(words, OWN);
    fireAll(this.#enter, number, this.#enterCtx, scene);
  }

  exitSyscall(number: number, result: bigint, scene: Scene): void {
    if (this.#exit.length === 0) return;
    this.#exitView.setInt32(COMMON_PID, scene.task.tid, true);
    this.#exitView.setBigInt64(OWN, BigInt(number), true);
    this.#exitView.setBigInt64(RET, result, true);
    fireAll(this.#exit, number, this.#exitCtx, scene);
  }

  /** The process runs another program. @param filename as it was given to execve(), a binary string */
  exec(filename: string, oldTid: number, scene: Scene): void {
    const { pid } = scene.task;
    this.#tell('sched:sched_process_exec', scene, ({ view, text }) => {
      text(8, filename);
      view.setInt32(12, pid, true);
      view.setInt32(16, oldTid, true);
    });
  }

  /** The task started another one, which has its name still. */
  fork(childTid: number, scene: Scene): void {
    this.#tell('sched:sched_process_fork', scene, ({ view, text }) => {
      const { comm, tid } = scene.task;
      text(8, comm);
      view.setInt32(12, tid, true);
      text(16, comm);
      view.setInt32(20, childTid, true);
    });
  }

  /** The task ends. @param isLast whether it is the last thread of its process */
  exit(priority: number, isLast: boolean, scene: Scene): void {
    this.#tell('sched:sched_process_exit', scene, ({ bytes, view }) => {
      const { comm, tid } = scene.task;
      bytes.set(bytesOf(comm).subarray(0, COMM_BYTES - 1), 8);
      view.setInt32(24, tid, true);
      view.setInt32(28, priority, true);
      view.setUint8(32, isLast ? 1 : 0);
    });
  }

  /** A signal reaches the task. */
  signal(signal: number, errno: number, code: number, scene: Scene): void {
    this.#tell('signal:signal_deliver', scene, ({ view }) => {
      view.setInt32(8, signal, true);
      view.setInt32(12, errno, true);
      view.setInt32(16, code, true);
    });
  }

  #tell(event: NamedEvent, scene: Scene, fill: (record: RecordParts) => void): void {
    const listeners = this.#named.get(event);
    if (listeners === undefined) return;
    const record = new RecordParts(RECORD_BYTES[event]);
    record.view.setInt32(COMMON_PID, scene.task.tid, true);
    fill(record);
    const ctx = record.whole();
    for (const fire of listeners) fire({ ctx, cpu: CPU, scene });
  }
}

/** The records' sizes without their texts, a multiple of 8 each (see eventFields). */
const RECORD_BYTES: Readonly<Record<NamedEvent, number>> = {
  'raw_syscalls:sys_enter': 64,
  'raw_syscalls:sys_exit': 24,
  'sched:sched_process_exec': 24,
  'sched:sched_process_fork': 24,
  'sched:sched_process_exit': 40,
  'signal:signal_deliver': 24,
};

/** A record that is being written: its fixed part, and texts behind it. */
class RecordParts {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  #texts: Uint8Array[] = [];
  #length: number;

  constructor(fixedBytes: number) {
    this.bytes = new Uint8Array(fixedBytes);
    this.view = new DataView(this.bytes.buffer);
    this.#length = fixedBytes;
  }

  /** A __data_loc field: the place of the text in the low half, its length with the NUL in the high half. */
  readonly text = (offset: number, text: string): void => {
    const bytes = new Uint8Array(text.length + 1);
    bytes.set(bytesOf(text));
    this.view.setUint32(offset, (bytes.length << 16) | this.#length, true);
    this.#texts.push(bytes);
    this.#length += bytes.length;
  };

  whole(): Uint8Array {
    const whole = new Uint8Array(this.#length);
    whole.set(this.bytes);
    let at = this.bytes.length;
    for (const text of this.#texts) {
      whole.set(text, at);
      at += text.length;
    }
    return whole;
  }
}

function fireAll(listeners: readonly Listener[], number: number, ctx: Uint8Array, scene: Scene): void {
  for (const listener of listeners)
    if (listener.number === undefined || listener.number === number) listener.fire({ ctx, cpu: CPU, scene });
}

/** A binary string's bytes. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
