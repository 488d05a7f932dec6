import type { Type } from '../types/index.ts';
import type { Format } from './format.ts';

/** Where one value lies in a record, from the record's first byte. */
export interface RecordSlot {
  readonly offset: number;
  readonly type: Type;
}

/** A stretch of the script, as lines and columns count for people: 1-based, `endColumn` exclusive. */
export interface SourceRange {
  /** Index into `Program.sources`. */
  readonly source: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Where something stands in the script, and the macro calls it was expanded from, innermost first. */
export interface SourceTrail {
  readonly at: SourceRange;
  readonly expandedFrom?: readonly SourceRange[];
}

/** In which order the entries of a map are printed when the script says so. */
export const printOrders = ['value', 'value desc', 'key', 'key desc'] as const;
export type PrintOrder = (typeof printOrders)[number];

/** What went wrong at run time without a helper failing. */
export type RuntimeErrorKind =
  | 'division-by-zero'
  | 'array-bounds'
  | 'cpid-without-child'
  | 'no-unwind-tables';

/**
 * What a ring buffer record of one kind means. A record is a little-endian u64: its index in `Program.records`; then its slots.
 * All slots of a record are written; a record's size is `sizeBytes`, a multiple of 8.
 */
export type RecordSpec =
  /** printf, and its relatives whose text goes elsewhere. */
  | (RecordBase & {
      readonly kind: 'printf' | 'errorf' | 'warnf' | 'cat' | 'system';
      readonly format: Format;
      readonly args: readonly RecordSlot[];
      readonly trail: SourceTrail;
    })
  /** print(value) */
  | (RecordBase & { readonly kind: 'print-value'; readonly value: RecordSlot })
  /** print(@m), print(@m, top, div, order): `map` is an index into Program.maps; top 0 is all, div 0 is none. */
  | (RecordBase & {
      readonly kind: 'print-map';
      readonly map: number;
      readonly top: number;
      readonly div: number;
      /** Absent: by value, the last `top`; else the first `top`. */
      readonly order?: PrintOrder;
    })
  | (RecordBase & { readonly kind: 'clear-map' | 'zero-map'; readonly map: number })
  /** time(format): wall time when user space handles it. */
  | (RecordBase & { readonly kind: 'time'; readonly format: string })
  /** join(array): `count` strings of `stride` bytes each from `offset`, ended by the first empty one. */
  | (RecordBase & {
      readonly kind: 'join';
      readonly separator: string;
      readonly offset: number;
      readonly count: number;
      readonly stride: number;
    })
  /** exit(code): the slot is the code. */
  | (RecordBase & { readonly kind: 'exit'; readonly code: RecordSlot })
  /** A helper returned a failure; the slot is its return value. */
  | (RecordBase & {
      readonly kind: 'helper-error';
      readonly helper: string;
      readonly retcode: RecordSlot;
      readonly trail: SourceTrail;
    })
  | (RecordBase & {
      readonly kind: 'runtime-error';
      readonly error: RuntimeErrorKind;
      readonly trail: SourceTrail;
    })
  /** skboutput: packet bytes follow the slots. */
  | (RecordBase & {
      readonly kind: 'packet';
      readonly path: string;
      readonly timeNs: RecordSlot;
      readonly length: RecordSlot;
      readonly dataOffset: number;
    });

export interface RecordBase {
  readonly sizeBytes: number;
}

export type RecordKind = RecordSpec['kind'];
/** The description of one kind of record. */
export type RecordOf<K extends RecordKind, Spec = RecordSpec> = Spec extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? Spec
    : never
  : never;
