import { readFileSync } from 'node:fs';
import type { RecordKind } from '../program/index.ts';

const PAGE_BYTES = 4096;
const SMALLEST_BYTES = 256 * 1024;
const LARGEST_BYTES = 16 * 1024 * 1024;
/** The kernel fills the whole ring with zeros as it makes it: 16 MiB take a fiftieth of the start of a script that only counts. */
const RARE_BYTES = 1024 * 1024;

/** What progs say when something is wrong, or once. */
const rareKinds: ReadonlySet<RecordKind> = new Set(['helper-error', 'runtime-error', 'exit']);

/**
 * Size of the ring buffer: `pages` when the script says (rounded up to a power of two, as the kernel wants), else as much of 16 MiB as
 * memory allows: the config variable perf_rb_pages. It is 1 MiB where progs have nothing to say but what goes wrong.
 *
 * @param kinds the kinds of records that progs send.
 */
export function ringBufferBytes(
  pages: number,
  kinds: readonly RecordKind[],
  availableBytes = availableMemory(),
): number {
  if (pages > 0) return 2 ** Math.ceil(Math.log2(pages)) * PAGE_BYTES;
  const largest = kinds.every((kind) => rareKinds.has(kind)) ? RARE_BYTES : LARGEST_BYTES;
  const wanted = Math.min(availableBytes, largest);
  return Math.max(2 ** Math.floor(Math.log2(wanted)), SMALLEST_BYTES);
}

function availableMemory(): number {
  const text = readFileSync('/proc/meminfo', 'latin1');
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1] ?? LARGEST_BYTES / 1024) * 1024;
}
