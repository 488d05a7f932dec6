import { encodeCString, errnos } from '../../base/index.ts';
import { addressOf, syscall } from './ffi.ts';
import { raiseMemlockLimit } from './resource-limits.ts';

/** Bytes, and where they are: what an attr needs to point to something. Keep it reachable until the call returned. */
export interface Pinned {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

/** Copies bytes to memory that does not move. */
export function pin(source: Uint8Array): Pinned {
  const bytes = new Uint8Array(new ArrayBuffer(Math.max(source.length, 1)));
  bytes.set(source);
  return { bytes, address: addressOf(bytes) };
}

/** Zeroed memory that does not move, for the kernel to write to. */
export function pinZeros(length: number): Pinned {
  const bytes = new Uint8Array(new ArrayBuffer(Math.max(length, 1)));
  return { bytes, address: addressOf(bytes) };
}

/** A NUL-terminated string for an attr. */
export function pinText(text: string): Pinned {
  return pin(encodeCString(text));
}

/** Addresses or offsets as an array of u64. */
export function pinU64s(values: readonly bigint[]): Pinned {
  const bytes = new Uint8Array(new ArrayBuffer(Math.max(values.length, 1) * 8));
  const words = new BigUint64Array(bytes.buffer);
  for (const [index, value] of values.entries()) words[index] = BigInt.asUintN(64, value);
  return { bytes, address: addressOf(bytes) };
}

/**
 * bpf(2).
 *
 * @param attr the encoded arm of union bpf_attr; the kernel may write answers into it.
 * @param pinned what `attr` points to.
 * @returns the result, or the negated errno.
 */
export function bpf(command: number, attr: Uint8Array, pinned?: unknown): number {
  const result = syscall('bpf', [command, attr, attr.length], pinned);
  if (result !== -errnos.EPERM.number) return result;
  // Before Linux 5.11 maps and progs count against RLIMIT_MEMLOCK, and passing it is EPERM.
  return raiseMemlockLimit() ? syscall('bpf', [command, attr, attr.length], pinned) : result;
}
