import { invariant } from '../../base/index.ts';
import { exit, goto, gotol, jumpOps } from '../../bpf/index.ts';
import { Code, type CodeItem, type Label } from './code.ts';
import { slotsOfItems } from './link.ts';

/** A jump's distance is a signed 16-bit number of slots. Source: struct bpf_insn, __s16 off. */
const REACH = 0x7fff;

/**
 * Makes every jump reach its target, by inserting instructions where the distance does not fit 16 bits.
 *
 * With gotol (cpu v4), whose distance has 32 bits:
 *
 *     if a < b goto FAR        ->      if a >= b goto +1;  gotol FAR
 *     goto FAR                 ->      gotol FAR
 *
 * Without, jumps go by islands: groups of gotos spread over the code, each within reach of the next.
 *
 *     if a < b goto FAR  ──▶  …  goto ──▶  …  goto ──▶  … FAR:
 *
 * Code that needs nothing is returned as it is.
 */
export function fitJumps(code: Code, hasGotol: boolean): Code {
  if (code.items.length <= REACH / 2 || farJumps(code).length === 0) return code;
  return hasGotol ? useGotol(code) : useIslands(code);
}

/** Indexes of the items whose jump does not reach. */
function farJumps(code: Code): number[] {
  const slots = slotsOfItems(code.items);
  const far: number[] = [];
  code.items.forEach((item, index) => {
    if (item.fixup?.kind !== 'jump' || item.insn.opcode === GOTOL) return;
    const distance = slots[code.labels[item.fixup.to]!]! - slots[index]! - 1;
    if (distance < -REACH || distance > REACH) far.push(index);
  });
  return far;
}

const GOTO = goto(0).opcode;
const GOTOL = gotol(0).opcode;

/** A copy of `code` in which `rewrite` says what stands in the place of each item. Labels stay before what replaced their item. */
function rebuild(code: Code, rewrite: (item: CodeItem, index: number, result: Code) => void): Code {
  const result = new Code();
  const labelsAt = new Map<number, Label[]>();
  code.labels.forEach((item, label) => {
    result.labels.push(-1);
    const labels = labelsAt.get(item);
    if (labels === undefined) labelsAt.set(item, [label]);
    else labels.push(label);
  });
  for (let index = 0; index <= code.items.length; index++) {
    for (const label of labelsAt.get(index) ?? []) result.place(label);
    if (index < code.items.length) rewrite(code.items[index]!, index, result);
  }
  return result;
}

function useGotol(code: Code): Code {
  let current = code;
  // What is inserted can push other jumps out of reach; each round lengthens at least one, so this ends.
  for (let far = farJumps(current); far.length > 0; far = farJumps(current)) {
    const isFar = new Set(far);
    current = rebuild(current, (item, index, result) => {
      if (!isFar.has(index)) {
        result.items.push(item);
        return;
      }
      if (item.insn.opcode !== GOTO) {
        const over = result.newLabel();
        const opposite = oppositeOpcode(item.insn.opcode);
        if (opposite !== undefined) {
          result.add({ ...item.insn, opcode: opposite }, item.at, { kind: 'jump', to: over });
          result.add(gotol(0), item.at, item.fixup);
        } else {
          // `if a & b` has no opposite: it jumps over the jump that jumps over.
          const far = result.newLabel();
          result.add(item.insn, item.at, { kind: 'jump', to: far });
          result.add(goto(0), item.at, { kind: 'jump', to: over });
          result.place(far);
          result.add(gotol(0), item.at, item.fixup);
        }
        result.place(over);
      } else {
        result.add(gotol(0), item.at, item.fixup);
      }
    });
  }
  return current;
}

/** The conditional jump on the opposite condition; undefined if there is none. */
function oppositeOpcode(opcode: number): number | undefined {
  const row = Object.values(jumpOps).find(({ code }) => code === (opcode & 0xf0));
  invariant(row !== undefined, 'a jump that is not a goto is conditional');
  if (row.negated === undefined) return undefined;
  return jumpOps[row.negated].code | (opcode & (sourceMask | classMask));
}
const sourceMask = 0x08;
const classMask = 0x07;

/**
 * Inserts islands every `spacing` slots of the original code. A jump whose target is too far goes to the island nearest in its
 * direction, and from island to island until the target is in reach of the last one. An island has one goto for each target that
 * passes it.
 */
function useIslands(code: Code): Code {
  // The islands themselves take room, which is only known afterwards: if that was too much, more islands.
  for (let spacing = 24_000; spacing >= 1_000; spacing = Math.floor(spacing / 2)) {
    const result = insertIslands(code, spacing);
    if (farJumps(result).length === 0) return result;
  }
  invariant(false, 'jump islands leave room for the code between them');
}

function insertIslands(code: Code, spacing: number): Code {
  const slots = slotsOfItems(code.items);
  const islands: { readonly item: number; readonly entries: Map<Label, Label> }[] = [];
  for (let index = 0, next = spacing; index < code.items.length; index++) {
    if (slots[index]! < next) continue;
    islands.push({ item: index, entries: new Map() });
    next = slots[index]! + spacing;
  }
  // Labels for the entries, so that jumps can name them before they are placed.
  const result = new Code();
  for (let label = 0; label < code.labels.length; label++) result.newLabel();
  const islandSlot = islands.map(({ item }) => slots[item]!);
  /** Distance in original slots that surely stays within reach once the islands are in. */
  const safe = Math.min(REACH - spacing / 4, REACH * 0.75);

  /** The label to jump to from slot `from` in order to reach `to`: itself, or an entry in an island on the way. */
  const route = (from: number, to: Label): Label => {
    const target = slots[code.labels[to]!]!;
    if (Math.abs(target - from) <= safe) return to;
    const step = target > from ? 1 : -1;
    let index = step === 1 ? islandSlot.findIndex((slot) => slot > from) : lastBelow(islandSlot, from);
    const first = index;
    for (; index >= 0 && index < islands.length; index += step) {
      const slot = islandSlot[index]!;
      if ((target - slot) * step <= 0) break;
      const { entries } = islands[index]!;
      if (entries.has(to)) break;
      entries.set(to, result.newLabel());
      if (Math.abs(target - slot) <= safe) break;
    }
    return islands[first]?.entries.get(to) ?? to;
  };
  const routed = code.items.map((item, index) =>
    item.fixup?.kind === 'jump' ? route(slots[index]!, item.fixup.to) : -1,
  );

  const islandAt = new Map(islands.map((island, index) => [island.item, index]));
  const labelsAt = new Map<number, Label[]>();
  code.labels.forEach((item, label) => {
    const labels = labelsAt.get(item);
    if (labels === undefined) labelsAt.set(item, [label]);
    else labels.push(label);
  });
  for (let index = 0; index <= code.items.length; index++) {
    const islandIndex = islandAt.get(index);
    const island = islandIndex === undefined ? undefined : islands[islandIndex];
    if (island !== undefined && islandIndex !== undefined && island.entries.size > 0) {
      const before = code.items[index - 1]!.insn.opcode;
      const over = result.newLabel();
      // What falls in here from above goes around.
      const at = code.items[index]!.at;
      if (before !== GOTO && before !== EXIT) result.add(goto(0), at, { kind: 'jump', to: over });
      for (const [to, entry] of island.entries) {
        const target = slots[code.labels[to]!]!;
        const slot = islandSlot[islandIndex]!;
        const next = islands[islandIndex + (target > slot ? 1 : -1)]?.entries.get(to);
        result.place(entry);
        const isNear = Math.abs(target - slot) <= safe;
        result.add(goto(0), at, { kind: 'jump', to: isNear ? to : (next ?? to) });
      }
      result.place(over);
    }
    for (const label of labelsAt.get(index) ?? []) result.place(label);
    const item = code.items[index];
    if (item === undefined) break;
    const to = routed[index]!;
    result.items.push(to === -1 ? item : { ...item, fixup: { kind: 'jump', to } });
  }
  return result;
}

const EXIT = exit().opcode;

function lastBelow(ascending: readonly number[], limit: number): number {
  let index = ascending.length - 1;
  while (index >= 0 && ascending[index]! >= limit) index--;
  return index;
}
