/**
 * Where C leaves gaps between members, for definitions that a compiler lays out as BTF says.
 *
 * BTF records offsets, not alignment attributes. A gap that C would leave by itself needs no mark; any other is written out as unnamed
 * bitfields, which C puts where the member before ends:
 *
 *     char tag;          offset 0, ends at 1
 *                        C goes to 8 by itself: no mark
 *     long value;        offset 8, ends at 16
 *     long: 64;          16 to 32 is no natural gap (the next member was declared aligned to 32)
 *     long: 64;
 *     int other;         offset 32
 *
 * `long: 0` moves on to the next multiple of 64 bits and takes no room. The marks are those bpftool and bpftrace print; a packed union is not
 * marked there, and C lays out what it stands in otherwise than BTF says.
 */

import type { Btf } from './btf.ts';
import { BtfError } from './error.ts';
import type { BtfComposite, BtfId, BtfMember } from './type.ts';

/** An unnamed bitfield of `bits` bits; 0 aligns to the size of its type. */
export interface Padding {
  readonly type: 'long' | 'int' | 'short' | 'char';
  readonly bits: number;
}

export type BodyItem =
  | { readonly kind: 'member'; readonly member: BtfMember }
  | { readonly kind: 'padding'; readonly padding: Padding };

export interface Body {
  /** Members stand closer than their types want, or the size is no multiple of the widest's: the definition needs the attribute. */
  readonly isPacked: boolean;
  readonly items: readonly BodyItem[];
}

/** Widest first. */
const paddingTypes: readonly { readonly type: Padding['type']; readonly bits: number }[] = [
  { type: 'long', bits: 64 },
  { type: 'int', bits: 32 },
  { type: 'short', bits: 16 },
  { type: 'char', bits: 8 },
];

/** Longest gap that is written out, against BTF made to explode; kernels align to pages at most. */
const MAX_GAP_BITS = 8 << 20;

/** Arrays and structs inside each other, at most. */
const MAX_DEPTH = 64;

/** Lays out definitions of one BTF; alignments are measured once. */
export class MemberPadding {
  readonly #btf: Btf;
  readonly #alignments = new Map<BtfId, number>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** The members with the padding that must be written between them. */
  body(type: BtfComposite): Body {
    const isStruct = type.kind === 'struct';
    const isPacked = this.#isPacked(type);
    const items: BodyItem[] = [];
    const pad = (from: number, to: number, align: number, afterBitfield: boolean): void => {
      for (const padding of paddingBetween(from, to, align, afterBitfield))
        items.push({ kind: 'padding', padding });
    };
    let end = 0;
    let afterBitfield = false;
    for (const member of type.members) {
      const isBitfield = member.bitfieldSize > 0;
      const align = isPacked ? 1 : this.#align(member.type, 0);
      pad(end, member.bitOffset, align, afterBitfield && isBitfield);
      items.push({ kind: 'member', member });
      const bits = isBitfield ? member.bitfieldSize : 8 * (this.#btf.sizeOf(member.type) ?? 0);
      end = member.bitOffset + bits;
      afterBitfield = isBitfield;
    }
    if (isStruct) pad(end, 8 * type.size, this.#compositeAlign(type, 0), false);
    return { isPacked, items };
  }

  #isPacked(type: BtfComposite): boolean {
    let widest = 1;
    for (const member of type.members) {
      const align = this.#align(member.type, 0);
      if (member.bitfieldSize === 0 && member.bitOffset % (8 * align) !== 0) return true;
      widest = Math.max(widest, align);
    }
    return type.size % widest !== 0;
  }

  /** Bytes. Unlike Btf.alignOf this is what C wants of the type: a bitfield's type counts in full. */
  #align(id: BtfId, depth: number): number {
    if (depth > MAX_DEPTH) throw new BtfError(`type ${id} nests deeper than ${MAX_DEPTH}`);
    const resolved = this.#btf.resolve(id);
    const type = this.#btf.type(resolved);
    if (type.kind === 'array') return this.#align(type.type, depth + 1);
    if (type.kind !== 'struct' && type.kind !== 'union') return Math.min(this.#btf.alignOf(resolved), 8);
    const known = this.#alignments.get(resolved);
    if (known !== undefined) return known;
    const align = this.#compositeAlign(type, depth);
    this.#alignments.set(resolved, align);
    return align;
  }

  #compositeAlign(type: BtfComposite, depth: number): number {
    let widest = 1;
    for (const member of type.members) {
      const align = this.#align(member.type, depth + 1);
      if (member.bitfieldSize === 0 && member.bitOffset % (8 * align) !== 0) return 1;
      widest = Math.max(widest, align);
    }
    return type.size % widest === 0 ? widest : 1;
  }
}

/** What must be written for a gap; offsets in bits, `nextAlign` in bytes. */
function paddingBetween(from: number, to: number, nextAlign: number, afterBitfield: boolean): Padding[] {
  if (from >= to) return [];
  if (to - from > MAX_GAP_BITS) throw new BtfError(`a gap of ${to - from} bits between members`);
  const paddings: Padding[] = [];
  const unit = paddingTypes.find(({ bits }) => roundUp(from, bits) <= to) ?? { type: 'char', bits: 8 };
  let at = from;
  const start = roundUp(from, unit.bits);
  if (start > from && start <= to) {
    const hole = start - from;
    // C would not go to `start` by itself, or would put the padding that follows into the hole before it.
    const isNeeded =
      afterBitfield || (start === to ? roundUp(from, 8 * nextAlign) !== start : to - start <= hole);
    if (isNeeded) paddings.push({ type: unit.type, bits: afterBitfield ? hole : 0 });
    at = start;
  }
  for (; to - at >= unit.bits; at += unit.bits) paddings.push({ type: unit.type, bits: unit.bits });
  const rest = to - at;
  if (rest > 0) {
    const narrowest = paddingTypes.findLast(({ bits }) => bits >= rest) ?? unit;
    paddings.push({ type: narrowest.type, bits: rest });
  }
  return paddings;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
