/**
 * C declarations as written: names, members, attributes. Nothing is laid out here; sizes and offsets are made from
 * this tree where the types of the program are known.
 */
import type { Span } from '../language/index.ts';

/** A declaration that defines something, in the order of the text. Named definitions inside others come before them. */
export type CDecl = CStruct | CEnum | CTypedef;

export interface CStruct {
  readonly kind: 'c-struct' | 'c-union';
  readonly span: Span;
  /** Absent for an anonymous one, which only occurs as the type of a member or typedef. */
  readonly tag?: string;
  readonly members: readonly CMember[];
  readonly isPacked: boolean;
  /** `aligned(N)`: the least alignment, in bytes. */
  readonly alignment?: number;
}

export interface CMember {
  readonly span: Span;
  /** Absent for an anonymous struct or union, whose members count as the outer one's, and for an unnamed bit-field. */
  readonly name?: string;
  readonly type: CType;
  /** Width of a bit-field in bits; 0 (unnamed only) starts a new unit. */
  readonly bits?: number;
  readonly isPacked: boolean;
  readonly alignment?: number;
}

export interface CEnum {
  readonly kind: 'c-enum';
  readonly span: Span;
  readonly tag?: string;
  readonly enumerators: readonly CEnumerator[];
  readonly isPacked: boolean;
}

export interface CEnumerator {
  readonly span: Span;
  readonly name: string;
  /** Signed, or beyond 2^63 unsigned. */
  readonly value: bigint;
}

export interface CTypedef {
  readonly kind: 'c-typedef';
  readonly span: Span;
  readonly name: string;
  readonly type: CType;
  readonly alignment?: number;
}

/** What `__attribute__((…))` and `_Alignas` say that matters for layout: collected while a declaration is read. */
export interface CAttributes {
  isPacked: boolean;
  /** The least alignment, in bytes. */
  alignment?: number;
}

export type CType =
  | { readonly kind: 'c-void' }
  | { readonly kind: 'c-bool' }
  /** `bytes` for 64-bit Linux, where `long` has 8. Plain `char` counts as signed, as the BPF target has it. */
  | {
      readonly kind: 'c-int';
      readonly name: string;
      readonly bytes: 1 | 2 | 4 | 8 | 16;
      readonly isSigned: boolean;
    }
  | { readonly kind: 'c-float'; readonly name: string; readonly bytes: 4 | 8 | 16 }
  /** A typedef's name, which a later stage resolves (BTF may have it). */
  | { readonly kind: 'c-name'; readonly span: Span; readonly name: string }
  | {
      readonly kind: 'c-tag';
      readonly span: Span;
      readonly tag: 'struct' | 'union' | 'enum';
      readonly name: string;
    }
  /** An anonymous definition in place. */
  | { readonly kind: 'c-inline'; readonly definition: CStruct | CEnum }
  | { readonly kind: 'c-pointer'; readonly to: CType }
  /** `count` is absent for `[]`: a flexible array member, or a size given elsewhere. */
  | { readonly kind: 'c-array'; readonly element: CType; readonly count?: number }
  | {
      readonly kind: 'c-function';
      readonly returns: CType;
      readonly params: readonly CType[];
      readonly isVariadic: boolean;
    };
