import { decodeCString, errnos } from '../base/index.ts';
import {
  type AttachType,
  attachTypes,
  type ProgType,
  progFlags,
  progTypes,
  SLOT_SIZE,
} from '../bpf/index.ts';
import { FUNC_INFO_SIZE, LINE_INFO_SIZE } from '../btf/index.ts';
import { bpfCall, bpfResult } from './bpf-call.ts';
import { Fd } from './fd.ts';
import { objectName } from './map.ts';
import { attr, KernelError, pin, pinText, pinZeros } from './sys/index.ts';

/** A prog to load. */
export interface ProgSpec {
  readonly name?: string;
  readonly type: ProgType;
  /** Encoded instructions with all descriptors and BTF ids filled in. */
  readonly insns: Uint8Array;
  readonly license: string;
  readonly expectedAttachType?: AttachType;
  /** The function, typedef or iterator that a TRACING prog is for; `fd` names its BTF when that is a module's, `prog` the BPF prog it is a function of. */
  readonly attachBtf?: { readonly id: number; readonly fd?: Fd; readonly prog?: Fd };
  readonly isSleepable?: boolean;
  /** BTF of the prog with its tables, as `buildProgBtf` makes them. */
  readonly btf?: {
    readonly fd: Fd;
    readonly funcInfo: Uint8Array;
    readonly lineInfo: Uint8Array;
  };
  /** Module BTF descriptors that kfunc calls name by index; 0 is vmlinux, so the first is index 1. */
  readonly kfuncBtfs?: readonly Fd[];
}

interface LoadOptions {
  /** Get the verifier's log even when it accepts. 1 is its usual detail, 2 everything, 4 statistics only. */
  readonly logLevel?: 1 | 2 | 4;
  /** Exactly this many bytes for the log: with `logLevel`, a prog whose log needs more is refused (ENOSPC). Absent: it grows as needed. */
  readonly logSize?: number;
}

/** The kernel refused a prog. `log` is what its verifier said; '' when it did not get that far (privileges, memory). */
export class ProgLoadError extends KernelError {
  override readonly name = 'ProgLoadError';
  readonly log: string;
  /** The log's line that says why; undefined when there is no log. */
  readonly reason: string | undefined;

  constructor(errno: number, log: string) {
    const lines = log.trimEnd().split('\n');
    // The last lines are statistics.
    const reason = lines.findLast(
      (line) => line !== '' && !/^(processed|verification time|stack depth)\b/.test(line),
    );
    super('bpf(BPF_PROG_LOAD)', errno, reason === undefined ? {} : { detail: reason });
    this.log = log;
    this.reason = reason;
  }
}

/** Source: kernel/bpf/verifier.c: UINT_MAX >> 8 up to Linux 5.16, more since. */
const MAX_LOG_SIZE = (0xffff_ffff >>> 8) & ~7;
const FIRST_LOG_SIZE = 1 << 20;

/**
 * Loads a prog: at first without a log, which is faster; when it is refused, again with one.
 *
 * @throws ProgLoadError with the verifier's log.
 */
export function loadProg(spec: ProgSpec, options: LoadOptions = {}): Prog {
  const insns = pin(spec.insns);
  const license = pinText(spec.license);
  const funcInfo = spec.btf === undefined ? undefined : pin(spec.btf.funcInfo);
  const lineInfo =
    spec.btf === undefined || spec.btf.lineInfo.length === 0 ? undefined : pin(spec.btf.lineInfo);
  const fdArray =
    spec.kfuncBtfs === undefined || spec.kfuncBtfs.length === 0 ? undefined : pinFds(spec.kfuncBtfs);
  const request = {
    prog_type: progTypes[spec.type],
    insn_cnt: spec.insns.length / SLOT_SIZE,
    insns: insns.address,
    license: license.address,
    prog_flags: spec.isSleepable ? progFlags.BPF_F_SLEEPABLE : 0,
    prog_name: objectName(spec.name ?? ''),
    expected_attach_type: spec.expectedAttachType === undefined ? 0 : attachTypes[spec.expectedAttachType],
    attach_btf_id: spec.attachBtf?.id ?? 0,
    // One field for both: a prog's descriptor, or a BTF's.
    attach_btf_obj_fd: spec.attachBtf?.prog?.raw ?? spec.attachBtf?.fd?.raw ?? 0,
    fd_array: fdArray?.address ?? 0n,
    ...(spec.btf === undefined || funcInfo === undefined
      ? {}
      : {
          prog_btf_fd: spec.btf.fd.raw,
          func_info_rec_size: FUNC_INFO_SIZE,
          func_info: funcInfo.address,
          func_info_cnt: spec.btf.funcInfo.length / FUNC_INFO_SIZE,
          line_info_rec_size: lineInfo === undefined ? 0 : LINE_INFO_SIZE,
          line_info: lineInfo?.address ?? 0n,
          line_info_cnt: spec.btf.lineInfo.length / LINE_INFO_SIZE,
        }),
  };
  const pinned = [insns, license, funcInfo, lineInfo, fdArray];

  let refusal = 0;
  if (options.logLevel === undefined) {
    const result = load(attr.progLoadAttr.encode(request), pinned);
    if (result >= 0) return new Prog(new Fd(result), spec, '');
    refusal = -result;
    // Nothing to explain: the verifier was not asked.
    if (refusal === errnos.EPERM.number) throw new ProgLoadError(refusal, '');
  }
  for (let size = options.logSize ?? FIRST_LOG_SIZE; ; size *= 4) {
    const log = pinZeros(Math.min(size, MAX_LOG_SIZE));
    const withLog = attr.progLoadAttr.encode({
      ...request,
      log_level: options.logLevel ?? 1,
      log_size: log.bytes.length,
      log_buf: log.address,
    });
    const result = load(withLog, [pinned, log]);
    const text = decodeCString(log.bytes);
    if (result >= 0) return new Prog(new Fd(result), spec, text);
    const canGrow = options.logSize === undefined && log.bytes.length < MAX_LOG_SIZE;
    if (result === -errnos.ENOSPC.number && canGrow) continue;
    throw new ProgLoadError(refusal === 0 ? -result : refusal, text);
  }
}

/** Interruptions by signals that one load may meet; a timer that fires faster than the verifier finishes would keep it for ever. */
const MAX_INTERRUPTIONS = 100;

/** The verifier gives up with EAGAIN when a signal is pending (a child that ended, a profiler's timer): it is asked again. */
function load(request: Uint8Array, pinned: unknown): number {
  let result = -errnos.EAGAIN.number;
  for (let tries = 0; tries < MAX_INTERRUPTIONS && result === -errnos.EAGAIN.number; tries++) {
    result = bpfResult('BPF_PROG_LOAD', request, pinned);
  }
  return result;
}

function pinFds(fds: readonly Fd[]) {
  const bytes = new Uint8Array(new ArrayBuffer((fds.length + 1) * 4));
  const numbers = new Int32Array(bytes.buffer);
  for (const [index, fd] of fds.entries()) numbers[index + 1] = fd.raw;
  return pin(bytes);
}

/** What BPF_PROG_TEST_RUN answered. */
interface TestRun {
  /** R0, 32 bits unsigned. */
  readonly retval: number;
  /** Time of one run, where the kernel measures it (0 for raw tracepoints). */
  readonly durationNs: bigint;
  /** The context afterwards, for prog types that may change it (SYSCALL). */
  readonly ctx: Uint8Array;
  /** The packet afterwards, for networking progs. */
  readonly data: Uint8Array;
}

/** A loaded prog and the descriptor that keeps it. */
export class Prog implements Disposable {
  readonly fd: Fd;
  readonly spec: ProgSpec;
  /** What the verifier said, when that was asked for. */
  readonly log: string;

  constructor(fd: Fd, spec: ProgSpec, log: string) {
    this.fd = fd;
    this.spec = spec;
    this.log = log;
  }

  /**
   * Runs the prog once. Raw tracepoints take `ctx` as u64 arguments (Linux 5.10); SYSCALL progs take and change a ctx; networking progs
   * need `data`. Other types cannot be run: EOPNOTSUPP (or ENOTSUPP).
   *
   * @throws KernelError
   */
  testRun(
    input: { readonly ctx?: Uint8Array; readonly data?: Uint8Array; readonly repeat?: number } = {},
  ): TestRun {
    const ctx = pin(input.ctx ?? new Uint8Array(0));
    const ctxSize = input.ctx?.length ?? 0;
    const data = pin(input.data ?? new Uint8Array(0));
    const dataSize = input.data?.length ?? 0;
    const dataOut = pinZeros(dataSize + 256);
    // SYSCALL progs get their ctx back in place, raw tracepoints accept no output at all.
    const hasOutput = dataSize > 0;
    const request = attr.testRunAttr.encode({
      prog_fd: this.fd.raw,
      data_size_in: dataSize,
      data_in: dataSize > 0 ? data.address : 0n,
      data_size_out: hasOutput ? dataOut.bytes.length : 0,
      data_out: hasOutput ? dataOut.address : 0n,
      ctx_size_in: ctxSize,
      ctx_in: ctxSize > 0 ? ctx.address : 0n,
      repeat: input.repeat ?? 0,
    });
    bpfCall('BPF_PROG_TEST_RUN', request, [ctx, data, dataOut]);
    const answer = attr.testRunAttr.decode(request);
    return {
      retval: answer.retval,
      durationNs: BigInt(answer.duration),
      ctx: ctx.bytes.subarray(0, ctxSize),
      data: dataOut.bytes.subarray(0, hasOutput ? answer.data_size_out : 0),
    };
  }

  /** What the kernel knows of the prog: ids, sizes, run time (while statistics are on). @throws KernelError */
  info(): ReturnType<typeof attr.progInfo.decode> {
    const info = pinZeros(attr.progInfo.size);
    const request = attr.infoAttr.encode({
      bpf_fd: this.fd.raw,
      info_len: attr.progInfo.size,
      info: info.address,
    });
    bpfCall('BPF_OBJ_GET_INFO_BY_FD', request, info);
    return attr.progInfo.decode(info.bytes);
  }

  [Symbol.dispose](): void {
    this.fd[Symbol.dispose]();
  }
}
