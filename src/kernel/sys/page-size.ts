import { readFileSync } from 'node:fs';

const AT_PAGESZ = 6n;

/**
 * Bytes of a page of memory: always 4096 on x86_64; arm64 kernels are built for 4, 16 or 64 KB and tell it in the auxiliary vector.
 *
 * Source: getauxval(3).
 */
export function pageSize(): number {
  if (process.arch === 'x64') return 4096;
  const bytes = readFileSync('/proc/self/auxv');
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    if (bytes.readBigUInt64LE(at) === AT_PAGESZ) return Number(bytes.readBigUInt64LE(at + 8));
  }
  return 4096;
}
