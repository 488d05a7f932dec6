import {
  type Block,
  cfgOf,
  type Definitions,
  definitionsOf,
  type Edge,
  edgesOf,
  emptyTable,
  type Func,
  type Insn,
  isRemovable,
  noValue,
  type Terminator,
  type ValueId,
} from '../ir/index.ts';
import type { Pass } from './pass.ts';

/**
 * Removes what nobody sees: values nothing uses, block parameters nothing reads, blocks nothing reaches, and slots that are only
 * written.
 *
 *     v1 = const 3
 *     v2 = add v0 v1      <- unused, so it goes, and v1 with it
 *     return v0
 *
 * Calls that do something and stores to memory that others see stay.
 */
export const deadCode: Pass = {
  name: 'dead-code',
  run(func: Func): Func {
    const { order } = cfgOf(func);
    const definitions = definitionsOf(func);
    const readSlots = slotsThatMatter(func, order, definitions);
    const live = liveValues(func, order, definitions, (insn) => isNeeded(insn, definitions, readSlots));
    const keeps = (insn: Insn): boolean =>
      insn.id !== noValue && isRemovable(insn) ? live[insn.id] === 1 : isNeeded(insn, definitions, readSlots);

    let changed = order.length !== func.blocks.length;
    const reached = new Set(order);
    const paramsOf = new Map(order.map((block) => [block.id, block.params]));
    const trimEdge = (edge: Edge): Edge => {
      const params = paramsOf.get(edge.block)!;
      return params.every((param) => live[param] === 1)
        ? edge
        : { ...edge, args: edge.args.filter((_, index) => live[params[index]!] === 1) };
    };
    const trimEnd = (end: Terminator): Terminator => {
      if (end.kind === 'return') return end;
      if (end.kind === 'jump') {
        const to = trimEdge(end.to);
        return to === end.to ? end : { ...end, to };
      }
      const ifTrue = trimEdge(end.ifTrue);
      const ifFalse = trimEdge(end.ifFalse);
      return ifTrue === end.ifTrue && ifFalse === end.ifFalse ? end : { ...end, ifTrue, ifFalse };
    };
    const blocks = func.blocks
      .filter((block) => reached.has(block))
      .map((block): Block => {
        const isWhole = block.insns.every(keeps) && block.params.every((param) => live[param] === 1);
        const end = trimEnd(block.end);
        if (isWhole && end === block.end) return block;
        changed = true;
        return {
          ...block,
          params: block.params.filter((param) => live[param] === 1),
          insns: block.insns.filter(keeps),
          end,
        };
      });
    return changed ? { ...func, blocks } : func;
  },
};

/** The slot an address is in, through constant or variable additions. */
function slotOf(definitions: Definitions, address: ValueId): number | undefined {
  let insn = definitions[address];
  while (insn?.op === 'add' || insn?.op === 'sub') insn = definitions[insn.args[0]!];
  return insn?.op === 'slot' ? insn.slot : undefined;
}

/** Slots that are used in any way but as the target of stores. */
function slotsThatMatter(func: Func, order: readonly Block[], definitions: Definitions): Uint8Array {
  const matters = new Uint8Array(func.slots.length);
  const note = (value: ValueId): void => {
    const slot = slotOf(definitions, value);
    if (slot !== undefined) matters[slot] = 1;
  };
  for (const block of order) {
    for (const insn of block.insns) {
      switch (insn.op) {
        case 'add':
        case 'sub':
        case 'slot':
        case 'slotStart':
          // The address alone is harmless; what is done with it counts. A slot in the second place of an addition is not followed.
          if (insn.args.length > 1) note(insn.args[1]!);
          break;
        case 'store':
        case 'copy':
          note(insn.args[1]!);
          break;
        case 'zero':
          break;
        default:
          for (const value of insn.args) note(value);
      }
    }
    for (const edge of edgesOf(block.end)) for (const value of edge.args) note(value);
    if (block.end.kind === 'branch') note(block.end.cond);
    if (block.end.kind === 'return') note(block.end.value);
  }
  return matters;
}

/** Whether an instruction is there for what it does. */
function isNeeded(insn: Insn, definitions: Definitions, readSlots: Uint8Array): boolean {
  switch (insn.op) {
    case 'slotStart':
      return readSlots[insn.slot] === 1;
    case 'store':
    case 'zero':
    case 'copy': {
      const slot = slotOf(definitions, insn.args[0]!);
      return slot === undefined || readSlots[slot] === 1;
    }
    default:
      return !isRemovable(insn);
  }
}

/** By value: 1 if something that stays depends on it. */
function liveValues(
  func: Func,
  order: readonly Block[],
  definitions: Definitions,
  isRoot: (insn: Insn) => boolean,
): Uint8Array {
  const live = new Uint8Array(func.valueCount);
  const work: ValueId[] = [];
  const mark = (value: ValueId): void => {
    if (live[value] === 1) return;
    live[value] = 1;
    work.push(value);
  };
  /** By block parameter: the values its edges pass. */
  const passed = emptyTable<ValueId[]>(func.valueCount);
  const paramsOf = new Map(order.map((block) => [block.id, block.params]));
  for (const block of order) {
    for (const insn of block.insns) if (isRoot(insn)) for (const value of insn.args) mark(value);
    if (block.end.kind === 'branch') mark(block.end.cond);
    if (block.end.kind === 'return') mark(block.end.value);
    for (const edge of edgesOf(block.end)) {
      const params = paramsOf.get(edge.block)!;
      edge.args.forEach((value, index) => {
        const param = params[index]!;
        const list = passed[param];
        if (list === undefined) passed[param] = [value];
        else list.push(value);
      });
    }
  }
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    for (const arg of definitions[value]?.args ?? passed[value] ?? []) mark(arg);
  }
  return live;
}
