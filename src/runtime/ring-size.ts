import { readFileSync } from 'node:fs';

const PAGE_BYTES = 4096;
const SMALLEST_BYTES = 256 * 1024;
const LARGEST_BYTES = 16 * 1024 * 1024;

/**
 * Size of the ring buffer: `pages` when the script says (rounded up to a power of two, as the kernel wants), else as much of 16 MiB as
 * memory allows: the config variable perf_rb_pages.
 */
export function ringBufferBytes(pages: number, availableBytes = availableMemory()): number {
  if (pages > 0) return 2 ** Math.ceil(Math.log2(pages)) * PAGE_BYTES;
  const wanted = Math.min(availableBytes, LARGEST_BYTES);
  return Math.max(2 ** Math.floor(Math.log2(wanted)), SMALLEST_BYTES);
}

function availableMemory(): number {
  const text = readFileSync('/proc/meminfo', 'latin1');
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1] ?? LARGEST_BYTES / 1024) * 1024;
}
