import type { ErrnoName } from '../base/index.ts';

/** What user space asked of a map and did not get; the kernel's answer to the same call. */
export class MapError extends Error {
  override readonly name = 'MapError';
  readonly errno: ErrnoName;

  constructor(errno: ErrnoName, what: string) {
    super(`${what}: ${errno}`);
    this.errno = errno;
  }
}
