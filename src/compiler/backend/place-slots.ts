import { alignUp, invariant } from '../../base/index.ts';
import {
  type Alignment,
  type Block,
  type BlockId,
  type Cfg,
  cfgOf,
  dominatorsOf,
  edgesOf,
  emptyTable,
  type Func,
  type Insn,
  loopDepths,
  noValue,
  type Slot,
  type SlotId,
  type ValueId,
} from '../ir/index.ts';
import { acquiresReference, heldReferences } from './held-references.ts';
import { SCRATCH_MAP } from './machine.ts';

export interface PlacedSlots {
  /** The function with scratch slots turned into offsets from the scratch pointer. */
  readonly func: Func;
  /** By slot: its offset in the function's slot area of the stack; undefined for one that lives in scratch or is not used. */
  readonly stackOffsets: readonly (number | undefined)[];
  /** Size of that area, a multiple of 8. */
  readonly stackBytes: number;
  /** Bytes of scratch the function uses, from `scratchBase` on. */
  readonly scratchBytes: number;
}

export interface PlaceOptions {
  /** Slots up to this size go on the stack, */
  readonly onStackLimit: number;
  /** … as long as all of them together take no more than this. */
  readonly stackBudget: number;
  /** First byte of the scratch value that is this function's. */
  readonly scratchBase: number;
}

/**
 * Gives every slot its bytes, on the stack or in the prog's per-CPU scratch value. Slots whose lives do not overlap share bytes.
 *
 * A slot lives from the first block position where it may have been written (its slotStart, or, without one, the block outside
 * all loops that dominates its accesses) to its last access. Lives are kept as one stretch each over the block order:
 *
 *     s0  ──[=======]──────────────
 *     s1  ───────────[====]────────   shares with s0
 *     s2  ──────[==========]───────   does not
 *
 * If anything went to scratch, the pointer is looked up once, as late as possible: in the nearest block outside loops that dominates
 * all uses, followed by the check for NULL that the verifier wants, and where nothing is held that would have to be given back.
 */
export function placeSlots(func: Func, options: PlaceOptions): PlacedSlots {
  if (func.slots.length === 0) return { func, stackOffsets: [], stackBytes: 0, scratchBytes: 0 };
  const cfg = cfgOf(func);
  const lives = slotLives(func, cfg);
  let scratch = func.slots.map((slot) => slot.bytes > options.onStackLimit && !slot.onStack);
  let stack = pack(func.slots, lives, (slot) => !scratch[slot]);
  if (stack.bytes > options.stackBudget) {
    // The largest go first, until the rest fits.
    const bySize = func.slots
      .map((_, index) => index)
      .filter((index) => !scratch[index] && !func.slots[index]!.onStack && lives[index]);
    bySize.sort((a, b) => func.slots[b]!.bytes - func.slots[a]!.bytes);
    scratch = [...scratch];
    while (stack.bytes > options.stackBudget && bySize.length > 0) {
      // Halves the work of trying one by one, at the price of moving a few more than needed.
      for (const index of bySize.splice(0, Math.max(1, bySize.length >> 3))) scratch[index] = true;
      stack = pack(func.slots, lives, (slot) => !scratch[slot]);
    }
  }
  const inScratch = pack(func.slots, lives, (slot) => scratch[slot]!);
  if (inScratch.bytes === 0) {
    return { func, stackOffsets: stack.offsets, stackBytes: stack.bytes, scratchBytes: 0 };
  }
  const withPointer = useScratch(func, cfg, (slot) =>
    scratch[slot] ? options.scratchBase + (inScratch.offsets[slot] ?? 0) : undefined,
  );
  // The slot that holds the key is new: it lives during the look-up only, at the end of the area.
  return {
    func: withPointer,
    stackOffsets: [...stack.offsets, stack.bytes],
    stackBytes: stack.bytes + 8,
    scratchBytes: inScratch.bytes,
  };
}

/** What the address of a slot is a multiple of: we choose where it lies, so at least what its size allows moves of. */
export function slotAlign({ bytes, align }: Slot): Alignment {
  const natural = bytes >= 8 ? 8 : bytes >= 4 ? 4 : bytes >= 2 ? 2 : 1;
  return align > natural ? align : natural;
}

/** First and last position of a slot's life, both included; undefined when nothing uses it. */
type Life = { from: number; to: number } | undefined;

interface Packing {
  readonly offsets: readonly (number | undefined)[];
  readonly bytes: number;
}

/** First fit by start of life. */
function pack(slots: readonly Slot[], lives: readonly Life[], isWanted: (slot: number) => boolean): Packing {
  const offsets = emptyTable<number>(slots.length);
  const wanted: number[] = [];
  for (let slot = 0; slot < slots.length; slot++)
    if (lives[slot] !== undefined && isWanted(slot)) wanted.push(slot);
  wanted.sort((a, b) => lives[a]!.from - lives[b]!.from || a - b);
  /** Slots alive at the current start, by offset. */
  let active: number[] = [];
  let bytes = 0;
  for (const slot of wanted) {
    const { from } = lives[slot]!;
    active = active.filter((other) => lives[other]!.to >= from);
    const size = slots[slot]!.bytes;
    const align = slotAlign(slots[slot]!);
    let offset = 0;
    let index = 0;
    for (; index < active.length; index++) {
      const other = active[index]!;
      if (offset + size <= offsets[other]!) break;
      offset = alignUp(offsets[other]! + slots[other]!.bytes, align);
    }
    offsets[slot] = offset;
    active.splice(index, 0, slot);
    bytes = Math.max(bytes, offset + size);
  }
  return { offsets, bytes: alignUp(bytes, 8) };
}

interface SlotPoint {
  readonly place: number;
  readonly position: number;
}

/** Positions count instructions along `cfg.order`; every block has one extra at its end for the terminator. */
function slotLives(func: Func, cfg: Cfg): Life[] {
  const firstPosition = new Int32Array(cfg.order.length + 1);
  cfg.order.forEach((block, place) => {
    firstPosition[place + 1] = firstPosition[place]! + block.insns.length + 1;
  });
  const accesses: SlotPoint[][] = func.slots.map(() => []);
  const starts: SlotPoint[][] = func.slots.map(() => []);
  const escapes = collectAccesses(func, cfg, firstPosition, accesses, starts);
  const last = firstPosition[cfg.order.length]! - 1;
  const tree = dominatorsOf(cfg);
  const depths = loopDepths(cfg);
  const stamp = new Int32Array(cfg.order.length).fill(-1);
  const startOf = new Int32Array(cfg.order.length);
  return func.slots.map((_, slot): Life => {
    const used = accesses[slot]!;
    if (used.length === 0) return undefined;
    if (escapes[slot]) return { from: 0, to: last };
    const begins = starts[slot]!;
    if (begins.length === 0) {
      // Nothing has touched the slot before the block that dominates all accesses and is in no loop.
      let place = used.reduce(
        (common, { place }) => commonDominator(tree.parent, common, place),
        used[0]!.place,
      );
      while (depths[place]! > 0) place = tree.parent[place]!;
      begins.push({ place, position: firstPosition[place]! });
    }
    // First start within each block that has one.
    for (const { place } of begins) startOf[place] = -1;
    for (const { place, position } of begins)
      startOf[place] = startOf[place] === -1 ? position : Math.min(startOf[place]!, position);
    const hasStart = new Set(begins.map(({ place }) => place));
    let from = begins.reduce((least, { position }) => Math.min(least, position), last);
    let to = 0;
    const work: number[] = [];
    for (const { place, position } of used) {
      to = Math.max(to, position);
      from = Math.min(from, position);
      if (stamp[place] !== slot && !(hasStart.has(place) && startOf[place]! <= position)) {
        stamp[place] = slot;
        work.push(place);
      }
    }
    // Backwards from the accesses to the starts: the blocks in between are part of the life.
    for (let place = work.pop(); place !== undefined; place = work.pop()) {
      from = Math.min(from, firstPosition[place]!);
      for (const pred of cfg.preds[place]!) {
        to = Math.max(to, firstPosition[pred + 1]! - 1);
        if (stamp[pred] === slot) continue;
        stamp[pred] = slot;
        if (!hasStart.has(pred)) work.push(pred);
      }
    }
    return { from, to };
  });
}

function commonDominator(parent: Int32Array, a: number, b: number): number {
  while (a !== b) {
    while (a > b) a = parent[a]!;
    while (b > a) b = parent[b]!;
  }
  return a;
}

/**
 * Finds the positions where each slot's bytes may be touched, following its address through additions, selections and block
 * parameters. Returns the slots whose address is stored somewhere or returned by a call we cannot see through: they live everywhere.
 */
function collectAccesses(
  func: Func,
  cfg: Cfg,
  firstPosition: Int32Array,
  accesses: SlotPoint[][],
  starts: SlotPoint[][],
): boolean[] {
  const escapes: boolean[] = func.slots.map(() => false);
  /** By value: the slots it may point into, ascending. Lists are shared and never changed. */
  const pointsTo = emptyTable<readonly number[]>(func.valueCount);
  const flow = (from: ValueId, to: ValueId): boolean => {
    const source = pointsTo[from];
    if (source === undefined) return false;
    const target = pointsTo[to];
    if (target === source) return false;
    const union = target === undefined ? source : [...new Set([...target, ...source])];
    if (union.length === target?.length) return false;
    pointsTo[to] = union;
    return true;
  };
  const blockOf = (id: BlockId): Block => cfg.order[cfg.placeOf[id]!]!;
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of cfg.order) {
      for (const insn of block.insns) {
        if (insn.op === 'slot') {
          pointsTo[insn.id] ??= [insn.slot];
        } else if (insn.op === 'add' || insn.op === 'sub' || insn.op === 'select') {
          for (const value of insn.args) if (pointsTo[value] !== undefined) flow(value, insn.id);
        }
      }
      // Only a block parameter can be reached by a pointer after it was passed: another round is needed then.
      for (const edge of edgesOf(block.end)) {
        for (let index = 0; index < edge.args.length; index++) {
          const value = edge.args[index]!;
          if (pointsTo[value] === undefined) continue;
          if (flow(value, blockOf(edge.block).params[index]!)) changed = true;
        }
      }
    }
  }
  cfg.order.forEach((block, place) => {
    block.insns.forEach((insn, index) => {
      const position = firstPosition[place]! + index;
      if (insn.op === 'slotStart') starts[insn.slot]!.push({ place, position });
      if (insn.op === 'slot' || insn.op === 'add' || insn.op === 'sub' || insn.op === 'select') return;
      insn.args.forEach((value, operand) => {
        const slots = pointsTo[value];
        if (slots === undefined) return;
        const isStoredAway = operand > 0 && (insn.op === 'store' || insn.op === 'atomic');
        for (const slot of slots) {
          accesses[slot]!.push({ place, position });
          if (isStoredAway || insn.op === 'callKfunc') escapes[slot] = true;
        }
      });
    });
  });
  return escapes;
}

/** Replaces the addresses of scratch slots by offsets from a pointer that is looked up once. */
function useScratch(func: Func, cfg: Cfg, scratchOffset: (slot: SlotId) => number | undefined): Func {
  const tree = dominatorsOf(cfg);
  const depths = loopDepths(cfg);
  let valueCount = func.valueCount;
  const newValue = (): ValueId => valueCount++ as ValueId;
  const pointer = newValue();
  let where = -1;
  for (const [place, block] of cfg.order.entries()) {
    const isUsed = block.insns.some((insn) => insn.op === 'slot' && scratchOffset(insn.slot) !== undefined);
    if (isUsed) where = where === -1 ? place : commonDominator(tree.parent, where, place);
  }
  invariant(where !== -1, 'a slot that lives is named somewhere');
  // Where something has to be given back no way may end, and the check for NULL is one.
  const held = heldReferences(cfg);
  while (depths[where]! > 0 || held[where]! > 0) where = tree.parent[where]!;

  const rewrite = (insns: readonly Insn[]): readonly Insn[] => {
    if (!insns.some((insn) => 'slot' in insn)) return insns;
    const out: Insn[] = [];
    for (const insn of insns) {
      const offset = 'slot' in insn ? scratchOffset(insn.slot) : undefined;
      if (offset === undefined) {
        out.push(insn);
      } else if (insn.op !== 'slotStart') {
        const constant = newValue();
        out.push({ id: constant, op: 'const', args: [], value: BigInt(offset), at: insn.at });
        out.push({ id: insn.id, op: 'add', args: [pointer, constant], at: insn.at });
      }
    }
    return out;
  };

  const keySlot = func.slots.length as SlotId;
  const bodyId = func.blockCount as BlockId;
  const missingId = (func.blockCount + 1) as BlockId;
  const host = cfg.order[where]!;
  const firstUse = host.insns.findIndex(
    (insn) => acquiresReference(insn) || ('slot' in insn && scratchOffset(insn.slot) !== undefined),
  );
  const cut = firstUse === -1 ? host.insns.length : firstUse;
  const at = host.insns[cut]?.at ?? host.end.at;
  const key = newValue();
  const zero = newValue();
  const map = newValue();
  const test = newValue();
  const result = newValue();
  const lookUp: Insn[] = [
    { id: key, op: 'slot', args: [], slot: keySlot, at },
    { id: zero, op: 'const', args: [], value: 0n, at },
    { id: noValue, op: 'store', args: [key, zero], size: 4, off: 0, at },
    { id: map, op: 'mapFd', args: [], map: SCRATCH_MAP, at },
    { id: pointer, op: 'call', helper: 'map_lookup_elem', args: [map, key], effect: 'reads', at },
    { id: test, op: 'eq', args: [pointer, zero], at },
  ];
  const blocks = func.blocks.flatMap((block): Block[] => {
    if (block !== host) {
      const insns = rewrite(block.insns);
      return [insns === block.insns ? block : { ...block, insns }];
    }
    return [
      {
        ...block,
        insns: [...rewrite(block.insns.slice(0, cut)), ...lookUp],
        end: {
          kind: 'branch',
          cond: test,
          ifTrue: { block: missingId, args: [] },
          ifFalse: { block: bodyId, args: [] },
          cold: 'ifTrue',
          at,
        },
      },
      { id: bodyId, params: [], insns: rewrite(block.insns.slice(cut)), end: block.end },
    ];
  });
  // Cannot happen (an array map has its key 0), but the verifier does not know.
  blocks.push({
    id: missingId,
    params: [],
    insns: [{ id: result, op: 'const', args: [], value: 0n, at }],
    end: { kind: 'return', value: result, at },
  });
  return {
    ...func,
    blocks,
    slots: [...func.slots, { bytes: 4, align: 4 }],
    valueCount,
    blockCount: func.blockCount + 2,
  };
}
