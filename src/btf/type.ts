import type { BtfKind, Linkage } from './kind.ts';

/** A type id: an index into one BTF (and the BTF it is split from). 0 is void. */
export type BtfId = number;

/** A member of a struct or union. */
export interface BtfMember {
  /** '' for an anonymous struct or union, whose members are looked up as if they were the outer's. */
  readonly name: string;
  readonly type: BtfId;
  /** From the start of the struct, in bits. */
  readonly bitOffset: number;
  /** Width in bits of a bitfield; 0 for an ordinary member. */
  readonly bitfieldSize: number;
}

export interface BtfParam {
  readonly name: string;
  readonly type: BtfId;
}

/** One type, decoded. Names are '' where C has none. Sizes are bytes. */
export type BtfType =
  | { readonly kind: 'void' }
  | {
      readonly kind: 'int';
      readonly name: string;
      readonly size: number;
      /** Bits that count; less than 8 * size only in old encodings of bitfields. */
      readonly bits: number;
      readonly bitOffset: number;
      readonly signed: boolean;
      readonly char: boolean;
      readonly bool: boolean;
    }
  | { readonly kind: 'float'; readonly name: string; readonly size: number }
  | { readonly kind: 'ptr'; readonly type: BtfId }
  | { readonly kind: 'array'; readonly type: BtfId; readonly indexType: BtfId; readonly length: number }
  | {
      readonly kind: 'struct' | 'union';
      readonly name: string;
      readonly size: number;
      readonly members: readonly BtfMember[];
    }
  | {
      readonly kind: 'enum' | 'enum64';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly values: readonly { readonly name: string; readonly value: bigint }[];
    }
  | { readonly kind: 'fwd'; readonly name: string; readonly of: 'struct' | 'union' }
  | { readonly kind: 'typedef'; readonly name: string; readonly type: BtfId }
  | { readonly kind: 'volatile' | 'const' | 'restrict'; readonly type: BtfId }
  /** `name` is the tag: `user`, `rcu`, `percpu`. */
  | { readonly kind: 'type_tag'; readonly name: string; readonly type: BtfId }
  | { readonly kind: 'decl_tag'; readonly name: string; readonly type: BtfId; readonly component: number }
  /** `type` is a func_proto. */
  | { readonly kind: 'func'; readonly name: string; readonly type: BtfId; readonly linkage: Linkage }
  | {
      readonly kind: 'func_proto';
      readonly returns: BtfId;
      readonly params: readonly BtfParam[];
      readonly variadic: boolean;
    }
  | { readonly kind: 'var'; readonly name: string; readonly type: BtfId; readonly linkage: Linkage }
  | {
      readonly kind: 'datasec';
      readonly name: string;
      readonly size: number;
      readonly vars: readonly { readonly type: BtfId; readonly offset: number; readonly size: number }[];
    };

export type BtfTypeOf<K extends BtfKind> = Extract<BtfType, { readonly kind: K }>;
export type BtfComposite = BtfTypeOf<'struct' | 'union'>;
