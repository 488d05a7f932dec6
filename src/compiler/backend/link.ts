import { invariant } from '../../base/index.ts';
import { gotol, type Insn, slotsOf } from '../../bpf/index.ts';
import type { Code, CodeItem, RelocTarget } from './code.ts';

/** A relocation: `insn` counts 8-byte slots. */
export type Reloc = { readonly insn: number } & RelocTarget;

/** From this slot on, the code stands for this line reference. */
export interface LineStart {
  readonly insn: number;
  readonly at: number;
}

export interface LinkedCode {
  readonly insns: readonly Insn[];
  readonly relocs: readonly Reloc[];
  readonly lines: readonly LineStart[];
  /** By label: its slot. */
  readonly labelSlots: Int32Array;
}

/** By item, and one more for the end: the slot it starts at. */
export function slotsOfItems(items: readonly CodeItem[]): Int32Array {
  const slots = new Int32Array(items.length + 1);
  items.forEach((item, index) => {
    slots[index + 1] = slots[index]! + slotsOf(item.insn);
  });
  return slots;
}

/** The opcode of gotol, whose distance is the 32-bit immediate. */
const GOTOL = gotol(0).opcode;

/** Fills in distances. All jumps must be in reach (`fitJumps`). */
export function linkCode(code: Code): LinkedCode {
  const { items, labels } = code;
  const slots = slotsOfItems(items);
  const relocs: Reloc[] = [];
  const lines: LineStart[] = [];
  let line: number | undefined;
  const insns = items.map((item, index): Insn => {
    const slot = slots[index]!;
    if (item.reloc !== undefined) relocs.push({ insn: slot, ...item.reloc });
    if (item.at !== undefined && item.at !== line) {
      line = item.at;
      lines.push({ insn: slot, at: line });
    }
    if (item.fixup === undefined) return item.insn;
    const target = labels[item.fixup.to]!;
    invariant(target >= 0, 'a label that is named is placed');
    const distance = slots[target]! - slot - 1;
    if (item.fixup.kind === 'jump') {
      if (item.insn.opcode === GOTOL) return { ...item.insn, imm: distance };
      invariant(distance >= -0x8000 && distance <= 0x7fff, 'a jump reaches its target');
      return { ...item.insn, off: distance };
    }
    return item.insn.imm64 === undefined
      ? { ...item.insn, imm: distance }
      : { ...item.insn, imm: distance, imm64: BigInt.asUintN(32, BigInt(distance)) };
  });
  const labelSlots = Int32Array.from(labels, (item) => (item < 0 ? -1 : slots[item]!));
  return { insns, relocs, lines, labelSlots };
}
