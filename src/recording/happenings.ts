import type { Happening, Told } from '../embedded/index.ts';
import type { Program } from '../program/index.ts';
import { type Note, readNote } from './notes.ts';
import type { Recording, RecordingItem } from './recording.ts';

/** A happening whose answers are still being read. */
type Growing = Omit<Happening, 'told' | 'ctx'> & {
  ctx: Uint8Array;
  readonly told: Told[];
  readonly blocks: Set<number>;
};

/**
 * The events of a recording. Several blocks on one probe were run one after the other for the same event, and noted each: they are one
 * happening, with the answers of all.
 */
export function happeningsOf({ header, items }: Recording): readonly Happening[] {
  const collected = new Collected(header.program);
  /** Events whose notes may still come, by CPU and time. */
  const noted = new Map<string, Growing>();
  let current: Growing | undefined;
  for (const item of items) {
    if (item.kind === 'event') current = collected.add(blockOf(header.program, item), item);
    else if (item.kind === 'told')
      current?.told.push({ call: item.call, asked: item.asked, given: item.given });
    else if (item.kind === 'note') addNote(readNote(item.bytes), noted, collected);
  }
  return collected.happenings;
}

/** How many notes found no room while it was made. */
export function lostNotes({ items }: Recording): bigint {
  return items.reduce((lost, item) => (item.kind === 'gap' ? item.lost : lost), 0n);
}

function addNote(note: Note | undefined, noted: Map<string, Growing>, collected: Collected): void {
  if (note?.kind === 'event') noted.set(note.key, collected.add(note.probe, note));
  // What belongs to an event that found no room itself is of no use.
  else if (note?.kind === 'told') noted.get(note.key)?.told.push(note.told);
  else if (note?.kind === 'part') {
    const happening = noted.get(note.key);
    if (happening !== undefined) happening.ctx = withPart(happening.ctx, note.offset, note.bytes);
  }
}

function withPart(ctx: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.max(ctx.length, offset + bytes.length));
  whole.set(ctx);
  whole.set(bytes, offset);
  return whole;
}

/** Happenings in the order they began in. */
class Collected {
  readonly happenings: Growing[] = [];
  readonly #program: Program;
  readonly #open = new Map<string, Growing>();

  constructor(program: Program) {
    this.#program = program;
  }

  /** @param block index into Program.probes. */
  add(block: number, event: Pick<Happening, 'cpu' | 'timeNs' | 'ctx' | 'task'>): Growing {
    const probe = this.#program.probes[block]?.name ?? '';
    const { cpu, timeNs, ctx, task } = event;
    const place = `${cpu} ${probe}`;
    const before = this.#open.get(place);
    if (before !== undefined && !before.blocks.has(block) && beginsWith(before.ctx, ctx)) {
      before.blocks.add(block);
      return before;
    }
    const happening = { probe, cpu, timeNs, ctx, task, told: [], blocks: new Set([block]) };
    this.#open.set(place, happening);
    this.happenings.push(happening);
    return happening;
  }
}

/** The probe that a prog ran for; the tracer runs those that it is not told the probe of. */
function blockOf({ probes }: Program, { probe, prog }: Extract<RecordingItem, { kind: 'event' }>): number {
  return probe ?? probes.findIndex((each) => each.prog === prog);
}

/** Texts may have been added behind the ctx that was noted. */
function beginsWith(whole: Uint8Array, start: Uint8Array): boolean {
  return whole.length >= start.length && start.every((byte, at) => byte === whole[at]);
}
