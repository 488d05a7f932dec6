import type { Happening, Told } from '../embedded/index.ts';
import type { Program } from '../program/index.ts';
import type { Recording, RecordingItem } from './recording.ts';

/** A happening whose answers are still being read. */
type Growing = Omit<Happening, 'told'> & { readonly told: Told[]; readonly blocks: Set<number> };

/**
 * The events of a recording. Several blocks on one probe were run one after the other for the same event, and noted each: they are one
 * happening, with the answers of all.
 */
export function happeningsOf({ header, items }: Recording): readonly Happening[] {
  const happenings: Growing[] = [];
  const open = new Map<string, Growing>();
  let current: Growing | undefined;
  for (const item of items) {
    if (item.kind === 'event') {
      const { block, name } = whoseProg(header.program, item);
      const place = `${item.cpu} ${name}`;
      const before = open.get(place);
      if (before !== undefined && !before.blocks.has(block) && isEqual(before.ctx, item.ctx)) {
        before.blocks.add(block);
        current = before;
        continue;
      }
      const { cpu, timeNs, ctx, task } = item;
      current = { probe: name, cpu, timeNs, ctx, task, told: [], blocks: new Set([block]) };
      open.set(place, current);
      happenings.push(current);
    } else if (item.kind === 'told') {
      const { call, asked, given } = item;
      current?.told.push({ call, asked, given });
    }
  }
  return happenings;
}

/** Index and name of the probe that a prog ran for. */
function whoseProg(
  { probes }: Program,
  { probe, prog }: Extract<RecordingItem, { kind: 'event' }>,
): { readonly block: number; readonly name: string } {
  const block = probe ?? probes.findIndex((each) => each.prog === prog);
  return { block, name: probes[block]?.name ?? '' };
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
