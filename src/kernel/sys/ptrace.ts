import { errnos } from '../../base/index.ts';
import { addressOf, syscall, syscallAsync, syscallOfNumbers } from './ffi.ts';

/** Requests of ptrace(2). Source: uapi/linux/ptrace.h. */
const requests = {
  PTRACE_POKEDATA: 5,
  PTRACE_POKEUSER: 6,
  PTRACE_CONT: 7,
  PTRACE_SINGLESTEP: 9,
  PTRACE_DETACH: 17,
  PTRACE_SYSCALL: 24,
  PTRACE_GETEVENTMSG: 0x4201,
  PTRACE_GETSIGINFO: 0x4202,
  PTRACE_GETREGSET: 0x4204,
  PTRACE_SETREGSET: 0x4205,
  PTRACE_SEIZE: 0x4206,
  PTRACE_INTERRUPT: 0x4207,
  PTRACE_LISTEN: 0x4208,
  PTRACE_GET_SYSCALL_INFO: 0x420e,
} as const;
export type PtraceRequest = keyof typeof requests;

/** Options of PTRACE_SEIZE. Source: uapi/linux/ptrace.h. */
export const ptraceOptions = {
  PTRACE_O_TRACESYSGOOD: 1,
  PTRACE_O_TRACEFORK: 1 << 1,
  PTRACE_O_TRACEVFORK: 1 << 2,
  PTRACE_O_TRACECLONE: 1 << 3,
  PTRACE_O_TRACEEXEC: 1 << 4,
  PTRACE_O_TRACEEXIT: 1 << 6,
  PTRACE_O_EXITKILL: 1 << 20,
} as const;

/** What the upper half of a stop's status names. Source: uapi/linux/ptrace.h. */
export const ptraceEvents = {
  PTRACE_EVENT_FORK: 1,
  PTRACE_EVENT_VFORK: 2,
  PTRACE_EVENT_CLONE: 3,
  PTRACE_EVENT_EXEC: 4,
  PTRACE_EVENT_VFORK_DONE: 5,
  PTRACE_EVENT_EXIT: 6,
  PTRACE_EVENT_STOP: 128,
} as const;

/** The register set of user_regs_struct. Source: uapi/linux/elf.h. */
export const NT_PRSTATUS = 1;

/** ptrace(2): the result, or the negated errno. `data`: a number, or memory that does not move (pinZeros). */
export function ptrace(request: PtraceRequest, tid: number, address = 0, data: number | bigint = 0): number {
  return syscallOfNumbers('ptrace', requests[request], tid, address, data);
}

const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
const WALL = 0x4000_0000;
/** Where a siginfo_t has its code, in words, and the last code of a process that has ended (CLD_DUMPED). */
const SI_CODE = 2;
const LAST_END = 3;
/** Where a siginfo_t has the pid, in words. Source: uapi/asm-generic/siginfo.h, 64 bits. */
const SI_PID = 4;

/**
 * Waits for stops and ends of traced threads. Every question leaves the children of Node.js alone: those are waited for elsewhere, and
 * an answer taken here would be missed there.
 */
export class TraceeWaits {
  readonly #status = new Int32Array(new ArrayBuffer(8));
  readonly #statusAt = Number(addressOf(new Uint8Array(this.#status.buffer)));
  readonly #siginfo = new Int32Array(new ArrayBuffer(128));
  readonly #siginfoAt = Number(addressOf(new Uint8Array(this.#siginfo.buffer)));

  /**
   * The status of one thread: undefined when there is none, 'gone' when there is no such thread.
   *
   * @param blocks waits for it, until a tick of WaitTicks
   */
  take(tid: number, blocks = false): number | 'gone' | undefined {
    const result = syscallOfNumbers('wait4', tid, this.#statusAt, blocks ? WALL : WNOHANG | WALL, 0);
    if (result > 0) return this.#status[0];
    return result === -errnos.ECHILD.number ? 'gone' : undefined;
  }

  /** A thread (or child) that has a status to be taken; undefined when there is none. `blocks` as for `take`. */
  peek(blocks = false): number | undefined {
    this.#siginfo[SI_PID] = 0;
    const flags = WEXITED | WNOWAIT | WALL | (blocks ? 0 : WNOHANG);
    const result = syscallOfNumbers('waitid', P_ALL, 0, this.#siginfoAt, flags);
    const pid = this.#siginfo[SI_PID] ?? 0;
    return result === 0 && pid > 0 ? pid : undefined;
  }

  /** What there is to be taken of one thread, without taking it: a stop, or its end. undefined: nothing, it runs. */
  stateOf(tid: number): 'stopped' | 'gone' | undefined {
    this.#siginfo[SI_PID] = 0;
    const flags = WEXITED | WNOWAIT | WALL | WNOHANG;
    if (syscall('waitid', [P_PID, tid, this.#siginfoAt, flags, 0]) < 0) return 'gone';
    if (this.#siginfo[SI_PID] !== tid) return undefined;
    return (this.#siginfo[SI_CODE] ?? 0) <= LAST_END ? 'gone' : 'stopped';
  }

  /** Waits on another thread until `peek` finds something. */
  async wait(): Promise<void> {
    const siginfo = new Uint8Array(new ArrayBuffer(128));
    await syscallAsync('waitid', [P_ALL, 0, siginfo, WEXITED | WNOWAIT | WALL, 0]);
  }
}

const SIGALRM = 14;
const SIGCHLD = 17;
const SA_RESTART = 0x1000_0000n;
const ITIMER_REAL = 0;
/** Size of the kernel's sigset_t. */
const SIGSET_BYTES = 8;
/** struct sigaction of the kernel: handler, flags, restorer, mask. Source: asm/signal.h. */
const FLAGS_WORD = 1;

/**
 * Bounds waits that block: while it is on, a timer's signal ends them every few milliseconds.
 *
 * libuv installs all handlers so that system calls are begun anew behind them; SIGALRM's is taken, without that. And every stop of a tracee
 * sends SIGCHLD, whose handler costs more than the wait itself: it is off meanwhile, and sent once at the end for what was missed.
 */
export class WaitTicks {
  readonly #action = new BigUint64Array(new ArrayBuffer(32));
  readonly #childAction = new BigUint64Array(new ArrayBuffer(32));
  readonly #default = new BigUint64Array(new ArrayBuffer(32));
  /** struct itimerval: interval and value, seconds and microseconds each. */
  readonly #timer = new BigInt64Array(new ArrayBuffer(32));

  /** @param periodMs below a second. A listener for SIGALRM has to be there (process.on). */
  start(periodMs: number): void {
    syscall('rt_sigaction', [SIGALRM, 0, bytesOf(this.#action), SIGSET_BYTES]);
    const flags = this.#action[FLAGS_WORD] ?? 0n;
    if ((flags & SA_RESTART) !== 0n) {
      this.#action[FLAGS_WORD] = flags & ~SA_RESTART;
      syscall('rt_sigaction', [SIGALRM, bytesOf(this.#action), 0, SIGSET_BYTES]);
    }
    syscall('rt_sigaction', [SIGCHLD, bytesOf(this.#default), bytesOf(this.#childAction), SIGSET_BYTES]);
    this.#setTimer(periodMs);
  }

  stop(): void {
    this.#setTimer(0);
    syscall('rt_sigaction', [SIGCHLD, bytesOf(this.#childAction), 0, SIGSET_BYTES]);
    syscall('kill', [process.pid, SIGCHLD]);
  }

  #setTimer(periodMs: number): void {
    const micros = BigInt(Math.round(periodMs * 1000));
    this.#timer[1] = micros;
    this.#timer[3] = micros;
    syscall('setitimer', [ITIMER_REAL, bytesOf(this.#timer), 0]);
  }
}

function bytesOf(words: BigUint64Array | BigInt64Array): Uint8Array {
  return new Uint8Array(words.buffer);
}

/** Lets others have this processor. */
export function yieldProcessor(): void {
  syscall('sched_yield', []);
}
