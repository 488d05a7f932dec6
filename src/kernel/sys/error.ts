import { type ErrnoName, errnoName, errnos, errnoText } from '../../base/index.ts';

/**
 * The kernel said no.
 *
 * `call` is what was asked (`bpf(BPF_MAP_CREATE)`, `perf_event_open`, `read /sys/…`), `errno` the positive number, `code` its name.
 */
export class KernelError extends Error {
  override readonly name: string = 'KernelError';
  readonly call: string;
  readonly errno: number;
  readonly code: ErrnoName | undefined;

  constructor(
    call: string,
    errno: number,
    options: { readonly detail?: string; readonly cause?: unknown } = {},
  ) {
    const code = errnoName(errno);
    const detail = options.detail === undefined ? '' : ` (${options.detail})`;
    super(
      `${call}: ${errnoText(errno)}${code === undefined ? '' : ` [${code}]`}${detail}`,
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.call = call;
    this.errno = errno;
    this.code = code;
  }

  /** Whether the error is one of these. */
  is(...codes: readonly ErrnoName[]): boolean {
    return this.code !== undefined && codes.includes(this.code);
  }

  /** Wraps what node:fs threw, which carries a negative errno. */
  static fromNode(call: string, error: unknown): KernelError {
    const errno =
      error instanceof Error && 'errno' in error && typeof error.errno === 'number'
        ? Math.abs(error.errno)
        : undefined;
    return new KernelError(call, errno ?? errnos.EIO.number, { cause: error });
  }
}

/** Whether `error` is a KernelError with one of these codes. */
export function isKernelError(error: unknown, ...codes: readonly ErrnoName[]): error is KernelError {
  return error instanceof KernelError && (codes.length === 0 || error.is(...codes));
}

/** Returns `result` of a system call, or throws when it is a negated errno. */
export function checked(call: string, result: number, detail?: string): number {
  if (result < 0) throw new KernelError(call, -result, detail === undefined ? {} : { detail });
  return result;
}
