import type { Missed, ProbeSpec } from '../program/index.ts';

/** So many progs are named: a script may have hundreds. */
const MAX_NAMES = 3;

/** How many events were missed, and by which probes, those with most first. */
export function missedText(misses: readonly Missed[], probes: readonly ProbeSpec[]): string {
  const total = misses.reduce((sum, { events }) => sum + events, 0n);
  const sorted = misses.toSorted((a, b) => (a.events < b.events ? 1 : a.events > b.events ? -1 : 0));
  const rows = sorted.slice(0, MAX_NAMES).map((row) => `${namesOf(row, probes)} (${row.events})`);
  const more = sorted.length - rows.length;
  if (more > 0) rows.push(`${more} more`);
  const events = total === 1n ? '1 event was' : `${total} events were`;
  return `${events} missed, because their processor was already busy with a BPF prog or map: ${rows.join(', ')}`;
}

function namesOf(row: Missed, probes: readonly ProbeSpec[]): string {
  const [first, ...others] = row.probes;
  const name = (first === undefined ? undefined : probes[first]?.name) ?? '';
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}
