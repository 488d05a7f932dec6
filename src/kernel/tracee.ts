import { addressOf, NT_PRSTATUS, ptrace } from './sys/index.ts';

/** What a thread is at. Source: uapi/linux/ptrace.h, PTRACE_SYSCALL_INFO_*. */
type SyscallStop = 'none' | 'entry' | 'exit';
const stops: Readonly<Record<number, SyscallStop>> = { 0: 'none', 1: 'entry', 2: 'exit' };

/** struct ptrace_syscall_info: the op, and behind ip and sp the call's number and arguments, or its result. */
const INFO_BYTES = 88;
const INFO_CALL = 24;
const CALL_BYTES = 7 * 8;
/** siginfo_t. Source: uapi/asm-generic/siginfo.h. */
const SIGINFO_BYTES = 128;
const REGISTERS_BYTES = 512;

/** Asks stopped threads what they are at. The buffers are made once: questions are asked at every stop. */
export class TraceeQuestions {
  readonly #info = new Uint8Array(new ArrayBuffer(INFO_BYTES));
  readonly #infoAt = Number(addressOf(this.#info));
  readonly #view = new DataView(this.#info.buffer);
  readonly #registers = new Uint8Array(new ArrayBuffer(REGISTERS_BYTES));
  readonly #vector = new BigUint64Array(new ArrayBuffer(16));
  readonly #vectorAt = Number(addressOf(new Uint8Array(this.#vector.buffer)));
  readonly #siginfo = new Int32Array(new ArrayBuffer(SIGINFO_BYTES));
  readonly #siginfoAt = Number(addressOf(new Uint8Array(this.#siginfo.buffer)));
  /** Number and arguments of the call that `askSyscall` found at its entry, as words; valid until the next question. */
  readonly call: Uint8Array = this.#info.subarray(INFO_CALL, INFO_CALL + CALL_BYTES);

  /** Where in a system call the thread stands; undefined when it is gone. Linux 5.3. */
  askSyscall(tid: number): SyscallStop | undefined {
    const result = ptrace('PTRACE_GET_SYSCALL_INFO', tid, INFO_BYTES, this.#infoAt);
    return result < 0 ? undefined : (stops[this.#info[0] ?? 0] ?? 'none');
  }
  /** The call's number, after 'entry'. */
  get number(): number {
    return this.#view.getInt32(INFO_CALL, true);
  }
  /** One of its arguments, after 'entry'. */
  argument(index: number): bigint {
    return this.#view.getBigUint64(INFO_CALL + 8 + index * 8, true);
  }
  /** What the call returned, after 'exit'. */
  get result(): bigint {
    return this.#view.getBigInt64(INFO_CALL, true);
  }

  /** The number that belongs to an event stop: the new thread's id, or the old one at an exec. */
  eventMessage(tid: number): number {
    ptrace('PTRACE_GETEVENTMSG', tid, 0, this.#vectorAt);
    return Number(this.#vector[0] ?? 0n);
  }

  /** The signal that is about to be delivered. */
  signal(tid: number): { readonly errno: number; readonly code: number } {
    const result = ptrace('PTRACE_GETSIGINFO', tid, 0, this.#siginfoAt);
    const [, errno = 0, code = 0] = this.#siginfo;
    return result < 0 ? { errno: 0, code: 0 } : { errno, code };
  }

  /** The general registers in the order of struct pt_regs (x86_64) or user_pt_regs (arm64); undefined when the thread is gone. */
  registers(tid: number): Uint8Array | undefined {
    this.#vector[0] = addressOf(this.#registers);
    this.#vector[1] = BigInt(REGISTERS_BYTES);
    const result = ptrace('PTRACE_GETREGSET', tid, NT_PRSTATUS, this.#vectorAt);
    return result < 0 ? undefined : this.#registers.slice(0, Number(this.#vector[1]));
  }

  /** Sets them. */
  setRegisters(tid: number, registers: Uint8Array): boolean {
    this.#registers.set(registers);
    this.#vector[0] = addressOf(this.#registers);
    this.#vector[1] = BigInt(registers.length);
    return ptrace('PTRACE_SETREGSET', tid, NT_PRSTATUS, this.#vectorAt) >= 0;
  }
}

/** A status of wait4(2), taken apart. */
export type TraceeStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: number }
  | { readonly kind: 'syscall' }
  /** `event`: one of ptraceEvents. `signal`: for PTRACE_EVENT_STOP the signal that stopped the group, else SIGTRAP. */
  | { readonly kind: 'event'; readonly event: number; readonly signal: number }
  | { readonly kind: 'signal'; readonly signal: number };

const SYSCALL_STOP = { kind: 'syscall' } as const;
/** Source: signal(7). */
export const SIGTRAP = 5;

/** Takes a status of wait4(2) apart. Source: wait(2), ptrace(2). */
export function readStatus(status: number): TraceeStatus {
  const low = status & 0x7f;
  if (low === 0) return { kind: 'exited', code: (status >> 8) & 0xff };
  if ((status & 0xff) !== 0x7f) return { kind: 'killed', signal: low };
  const signal = (status >> 8) & 0xff;
  const event = (status >> 16) & 0xffff;
  if (event !== 0) return { kind: 'event', event, signal };
  return signal === (SIGTRAP | 0x80) ? SYSCALL_STOP : { kind: 'signal', signal };
}
