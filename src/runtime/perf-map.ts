/** One function that a just-in-time compiler reported. */
export interface PerfMapEntry {
  readonly start: bigint;
  readonly end: bigint;
  readonly name: string;
}

/**
 * Reads /tmp/perf-PID.map: `START SIZE name` with hexadecimal numbers, sorted by start. Later lines win over earlier ones of the same
 * start. Source: tools/perf/Documentation/jit-interface.txt.
 */
export function parsePerfMap(text: string): readonly PerfMapEntry[] {
  const byStart = new Map<bigint, PerfMapEntry>();
  for (const line of text.split('\n')) {
    const match = /^(?:0x)?([0-9a-fA-F]{1,16}) (?:0x)?([0-9a-fA-F]{1,16}) (.+)$/.exec(line);
    if (!match) continue;
    const start = BigInt(`0x${match[1]}`);
    byStart.set(start, { start, end: start + BigInt(`0x${match[2]}`), name: match[3] ?? '' });
  }
  return [...byStart.values()].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

/** The entry that contains `address`. */
export function findPerfMapEntry(
  entries: readonly PerfMapEntry[],
  address: bigint,
): PerfMapEntry | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry && entry.start <= address) low = middle + 1;
    else high = middle;
  }
  const entry = entries[low - 1];
  return entry && address < entry.end ? entry : undefined;
}
