import type { Insn } from '../../bpf/index.ts';
import type { Line } from '../ir/index.ts';

/** A place in the code that a jump or call names before its address is known. */
export type Label = number;

/** What the loader fills in. The `insn` of a relocation counts 8-byte slots. */
export type RelocTarget =
  | { readonly kind: 'map'; readonly map: number }
  | { readonly kind: 'map-value'; readonly map: number; readonly offset: number }
  /** The map that holds this prog's scratch bytes. */
  | { readonly kind: 'scratch' }
  | { readonly kind: 'kfunc'; readonly name: string }
  | { readonly kind: 'ksym'; readonly name: string };

/** How an instruction depends on where others end up. */
export type Fixup =
  /** A jump (conditional or not): its off or, for gotol, its imm. */
  | { readonly kind: 'jump'; readonly to: Label }
  /** Call of a subprogram, or its address: the imm. */
  | { readonly kind: 'func'; readonly to: Label };

/** One instruction with what is still open about it. */
export interface CodeItem {
  readonly insn: Insn;
  readonly fixup: Fixup | undefined;
  readonly reloc: RelocTarget | undefined;
  readonly at: Line | undefined;
}

/** A growing list of instructions with labels between them. */
export class Code {
  readonly items: CodeItem[] = [];
  /** By label: index of the item it stands before; -1 while it is not placed. */
  readonly labels: number[] = [];

  newLabel(): Label {
    return this.labels.push(-1) - 1;
  }

  place(label: Label): void {
    this.labels[label] = this.items.length;
  }

  add(insn: Insn, at: Line | undefined, fixup?: Fixup, reloc?: RelocTarget): void {
    this.items.push({ insn, fixup, reloc, at });
  }
}
