import type { Brand } from '../base/index.ts';

/** A type of one `Dwarf`. 0 is void. */
export type DwarfTypeId = Brand<number, 'DwarfTypeId'>;

export const VOID_TYPE = 0 as DwarfTypeId; // no entry has this id: units begin with a header

export interface DwarfMember {
  /** '' for an anonymous struct or union, and for the part of a C++ class that a base class is. */
  readonly name: string;
  readonly type: DwarfTypeId;
  /** From the start of the struct, in bits. */
  readonly bitOffset: number;
  /** Width in bits of a bitfield; 0 for an ordinary member. */
  readonly bitfieldSize: number;
}

export interface DwarfEnumerator {
  readonly name: string;
  readonly value: bigint;
}

/** One type, decoded. Names are '' where the source has none. Sizes are bytes. */
export type DwarfType =
  | { readonly kind: 'void' }
  | {
      readonly kind: 'int';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly char: boolean;
    }
  | { readonly kind: 'bool'; readonly name: string; readonly size: number }
  | { readonly kind: 'float'; readonly name: string; readonly size: number }
  /** Also references of C++ and Rust. */
  | { readonly kind: 'pointer'; readonly to: DwarfTypeId; readonly size: number }
  | {
      readonly kind: 'struct' | 'union';
      readonly name: string;
      readonly size: number;
      /** Named, but defined elsewhere. */
      readonly isDeclaration: boolean;
      readonly members: readonly DwarfMember[];
    }
  | {
      readonly kind: 'enum';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly values: readonly DwarfEnumerator[];
    }
  /** `lengths` from the outermost dimension on; 0 where it is not known. */
  | { readonly kind: 'array'; readonly of: DwarfTypeId; readonly lengths: readonly number[] }
  | { readonly kind: 'typedef'; readonly name: string; readonly to: DwarfTypeId }
  | { readonly kind: 'const' | 'volatile' | 'restrict' | 'atomic'; readonly to: DwarfTypeId }
  | { readonly kind: 'function' }
  /** Something that the languages read here do not have. */
  | { readonly kind: 'other'; readonly name: string; readonly size: number };
