import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { viewOf } from '../../base/index.ts';
import { type Scene, taskAddress } from '../../embedded/index.ts';
import { kill, type ProcessMemory, type TraceeQuestions } from '../../kernel/index.ts';
import { type Arch, archFacts } from '../../program/index.ts';
import { type AwaitedReturn, CodeSpace } from './code-space.ts';
import { cgroupIdOf } from './live-world.ts';
import { readText, statField } from './task-facts.ts';

/** bpf_get_current_comm() gives so many bytes at most, and perf takes so many frames. Source: TASK_COMM_LEN, kernel.perf_event_max_stack. */
const COMM_BYTES = 16;
const MAX_FRAMES = 127;
/** Descriptors kept open for names; further threads are asked by path. */
const MAX_NAME_DESCRIPTORS = 256;

/** What the scenes of all tracees need. */
export interface TraceeTools {
  readonly arch: Arch;
  readonly memory: ProcessMemory;
  readonly questions: TraceeQuestions;
  /** How many name descriptors are open, and where names are read to: they are asked for at most events. */
  readonly names: { open: number; readonly buffer: Buffer };
}

/** A thread that is traced, and the scene of its events: asked of /proc and of its memory when a prog asks, while it stands still. */
export class Tracee implements Disposable {
  readonly tid: number;
  /** Its thread group. */
  pid: number;
  /** The system call it is in, or was in last. */
  call = -1;
  /** Whether its events are told; the shell that holds a command has none. */
  isVisible: boolean;
  /** The entry of the call has been seen: the next stop of that kind is its exit. */
  isInCall = false;
  /** Whether its first stop has been seen. */
  hasStarted = false;
  isExiting = false;
  /** Its stop was taken, and it waits for us. */
  isHeld = false;
  /** It waits for a vfork()ed child, and cannot be stopped. */
  isInVfork = false;
  /** It is in a call that maps code. */
  mapsCode = false;
  /** The code it shares with other threads. */
  space = new CodeSpace();
  /** A breakpoint whose instruction a signal kept it from. */
  passing: { readonly address: bigint; readonly stack: bigint } | undefined;
  /** Returns that are waited for, the innermost last. */
  readonly returns: AwaitedReturn[] = [];
  readonly scene: Scene;
  readonly #tools: TraceeTools;
  #nameFd: number | undefined;

  constructor(tid: number, isVisible: boolean, tools: TraceeTools) {
    this.tid = tid;
    this.isVisible = isVisible;
    this.#tools = tools;
    this.pid = Number(this.#status('Tgid') ?? tid);
    this.scene = this.#makeScene();
  }

  /** A field of /proc/PID/stat by its number in proc_pid_stat(5), as a number; undefined when the thread is gone. */
  stat(field: number): number | undefined {
    const text = readText(`/proc/${this.tid}/stat`);
    const value = text === undefined ? undefined : statField(text, field);
    return value === undefined ? undefined : Number(value);
  }

  /** The file name that the running program was started with: AT_EXECFN of its auxiliary vector, a binary string. */
  execFilename(): string {
    const auxv = readBytes(`/proc/${this.pid}/auxv`);
    if (auxv === undefined) return '';
    const view = viewOf(auxv);
    for (let at = 0; at + 16 <= auxv.length; at += 16) {
      if (view.getBigUint64(at, true) === AT_EXECFN) return this.#text(view.getBigUint64(at + 8, true));
    }
    return '';
  }

  [Symbol.dispose](): void {
    if (this.#nameFd === undefined) return;
    closeSync(this.#nameFd);
    this.#nameFd = undefined;
    this.#tools.names.open--;
  }

  #makeScene(): Scene {
    const tracee = this;
    const { memory } = this.#tools;
    return {
      task: {
        tid: this.tid,
        get pid() {
          return tracee.pid;
        },
        get uid() {
          return Number(tracee.#status('Uid') ?? 0);
        },
        get gid() {
          return Number(tracee.#status('Gid') ?? 0);
        },
        get comm() {
          return tracee.#comm();
        },
        get cgroupId() {
          return cgroupIdOf(tracee.pid);
        },
        address: taskAddress(this.tid),
      },
      read: (space, address, into) => (space === 'user' ? memory.read(this.tid, address, into) : 0),
      write: (address, bytes) => memory.write(this.tid, address, bytes),
      stack: (space) => (space === 'user' ? this.#userStack() : []),
      signal: (signal) => kill(this.pid, signal),
    };
  }

  /** Field of /proc/PID/status, its first word. */
  #status(field: string): string | undefined {
    const text = readText(`/proc/${this.tid}/status`);
    return new RegExp(`^${field}:\\s+(\\S+)`, 'm').exec(text ?? '')?.[1];
  }

  /** The name as it is now: programs change it whenever they like. */
  #comm(): string {
    const { names } = this.#tools;
    if (this.#nameFd === undefined && names.open < MAX_NAME_DESCRIPTORS) {
      try {
        this.#nameFd = openSync(`/proc/${this.tid}/comm`, 'r');
        names.open++;
      } catch {
        return '';
      }
    }
    try {
      if (this.#nameFd === undefined) return (readText(`/proc/${this.tid}/comm`) ?? '').trimEnd();
      // The line feed behind it is left out.
      const length = readSync(this.#nameFd, names.buffer, 0, COMM_BYTES + 1, 0) - 1;
      return names.buffer.toString('latin1', 0, Math.max(length, 0));
    } catch {
      return '';
    }
  }

  /** The instruction and the return addresses up the chain of frame pointers, as the kernel walks it. Source: perf_callchain_user(). */
  #userStack(): readonly bigint[] {
    const { arch, questions, memory } = this.#tools;
    const registers = questions.registers(this.tid);
    if (registers === undefined) return [];
    const facts = archFacts(arch);
    const places: Readonly<Record<string, number>> = facts.registers;
    const register = (name: string): bigint => viewOf(registers).getBigUint64(places[name] ?? 0, true);
    const frames = [register(facts.instructionPointer)];
    const pair = new Uint8Array(16);
    let frame = register(arch === 'x86_64' ? 'bp' : 'r29');
    while (frames.length < MAX_FRAMES && frame !== 0n && frame % 8n === 0n) {
      if (memory.read(this.tid, frame, pair) !== pair.length) break;
      const next = viewOf(pair).getBigUint64(0, true);
      const back = viewOf(pair).getBigUint64(8, true);
      if (back === 0n) break;
      frames.push(back);
      if (next <= frame) break;
      frame = next;
    }
    return frames;
  }

  #text(address: bigint): string {
    const bytes = new Uint8Array(MAX_PATH_BYTES);
    const length = this.#tools.memory.read(this.tid, address, bytes);
    const end = bytes.subarray(0, length).indexOf(0);
    return binaryText(bytes.subarray(0, end < 0 ? length : end));
  }
}

/** Source: uapi/linux/auxvec.h, PATH_MAX. */
const AT_EXECFN = 31n;
const MAX_PATH_BYTES = 4096;

/** One character per byte. */
function binaryText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // the thread is gone
  }
}
