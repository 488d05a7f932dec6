/** The error numbers that helpers and maps answer with. Source: uapi/asm-generic/errno-base.h, errno.h. */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EFAULT: 14,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  ENAMETOOLONG: 36,
  EOPNOTSUPP: 95,
  ENOTSUPP: 524,
} as const;

export type Errno = keyof typeof errno;

/** What user space asked of a map and did not get; the kernel's answer to the same call. */
export class MapError extends Error {
  override readonly name = 'MapError';
  readonly errno: Errno;

  constructor(errnoName: Errno, what: string) {
    super(`${what}: ${errnoName}`);
    this.errno = errnoName;
  }
}
