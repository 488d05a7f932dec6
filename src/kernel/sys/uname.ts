import { decodeCString } from '../../base/index.ts';
import { checked } from './error.ts';
import { syscall } from './ffi.ts';

/** `__NEW_UTS_LEN`, and a NUL: the bytes of each text in struct new_utsname. Source: uapi/linux/utsname.h. */
const TEXT_BYTES = 65;
/** sysname, nodename, release, version, machine, domainname. */
const TEXTS = 6;
const RELEASE = 2;

/** `6.12.1-amd64`, without node:os, which says the same and takes long to load. @throws KernelError */
export function kernelRelease(): string {
  const names = new Uint8Array(new ArrayBuffer(TEXTS * TEXT_BYTES));
  checked('uname', syscall('uname', [names]));
  return decodeCString(names.subarray(RELEASE * TEXT_BYTES, (RELEASE + 1) * TEXT_BYTES));
}
