/**
 * The value types of the language, as plain data.
 *
 * A type says how many bytes a value takes, how they are laid out and how they are shown. It is shared by the
 * compiler (which infers it), the record and map descriptions of a Program, and the report (which decodes bytes by it).
 */

/** Which memory a pointer points into; decides between bpf_probe_read_kernel and bpf_probe_read_user. */
export type AddressSpace = 'kernel' | 'user' | 'none';

/** How the frames of a captured stack are written. */
export type StackMode = 'bpftrace' | 'perf' | 'raw' | 'build_id';

export interface RecordField {
  readonly name: string;
  readonly type: Type;
}

/** A value of `tseries()` keeps one of these per interval; undefined keeps the newest value. */
export type SeriesAggregate = 'avg' | 'max' | 'min' | 'sum';

export type IntSize = 1 | 2 | 4 | 8;

export type IntType = { readonly kind: 'int'; readonly size: IntSize; readonly signed: boolean };

/** A C struct or union; its members are found in a `StructTable` under `name` ("struct task_struct", "union x", or a generated name). */
export type StructType = { readonly kind: 'struct'; readonly name: string };

export type PointerType = {
  readonly kind: 'pointer';
  readonly to: Type;
  readonly space: AddressSpace;
  /** The kernel's verifier knows this pointer (a BTF pointer of a tracing ctx), so fields load directly, without a probe read. */
  readonly trusted?: boolean;
};

export type TupleType = { readonly kind: 'tuple'; readonly elements: readonly Type[] };
export type RecordType = { readonly kind: 'record'; readonly fields: readonly RecordField[] };

export type StackType = {
  readonly kind: 'kstack' | 'ustack';
  readonly mode: StackMode;
  /** Largest number of frames kept. */
  readonly limit: number;
};

/** Values that only live in maps and are written by their aggregating function. */
export type AggregateType =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum' | 'min' | 'max' | 'avg' | 'stats'; readonly signed: boolean }
  | { readonly kind: 'hist'; readonly bits: number }
  | { readonly kind: 'lhist'; readonly min: bigint; readonly max: bigint; readonly step: bigint }
  | {
      readonly kind: 'tseries';
      readonly intervalNs: bigint;
      readonly slots: number;
      readonly aggregate?: SeriesAggregate;
      readonly signed: boolean;
    };

export type Type =
  /** No value: the type of a statement-like call and of `()`. */
  | { readonly kind: 'none' }
  /** Only as a pointee or a function result. */
  | { readonly kind: 'void' }
  | { readonly kind: 'bool' }
  | IntType
  | { readonly kind: 'enum'; readonly name: string; readonly size: IntSize; readonly signed: boolean }
  /** Bytes up to a NUL; `size` counts the NUL's place. */
  | { readonly kind: 'string'; readonly size: number }
  /** A u32 length, then up to `capacity` bytes. */
  | { readonly kind: 'buffer'; readonly capacity: number }
  | PointerType
  /** `length` 0 is a flexible array member or an array whose length is not known. */
  | { readonly kind: 'array'; readonly of: Type; readonly length: number }
  | StructType
  | TupleType
  | RecordType
  | { readonly kind: 'inet' }
  | { readonly kind: 'mac' }
  | { readonly kind: 'username' }
  | { readonly kind: 'ksym' }
  | { readonly kind: 'usym' }
  | StackType
  /** A point in time to be shown by `strftime` with a fixed format. */
  | { readonly kind: 'timestamp'; readonly clock: 'boot' | 'tai'; readonly format: string }
  | { readonly kind: 'cgroupPath'; readonly filter: string }
  | AggregateType;

export type TypeKind = Type['kind'];

export const int8: IntType = { kind: 'int', size: 1, signed: true };
export const int16: IntType = { kind: 'int', size: 2, signed: true };
export const int32: IntType = { kind: 'int', size: 4, signed: true };
export const int64: IntType = { kind: 'int', size: 8, signed: true };
export const uint8: IntType = { kind: 'int', size: 1, signed: false };
export const uint16: IntType = { kind: 'int', size: 2, signed: false };
export const uint32: IntType = { kind: 'int', size: 4, signed: false };
export const uint64: IntType = { kind: 'int', size: 8, signed: false };
export const none: Type = { kind: 'none' };
export const voidType: Type = { kind: 'void' };
export const bool: Type = { kind: 'bool' };

/** Whether an integer may have so many bytes. */
export function isIntSize(size: number): size is IntSize {
  return size === 1 || size === 2 || size === 4 || size === 8;
}

export function intType(size: IntSize, signed: boolean): IntType {
  return { kind: 'int', size, signed };
}

export function pointerTo(to: Type, space: AddressSpace): PointerType {
  return { kind: 'pointer', to, space };
}

const aggregateKinds: ReadonlySet<string> = new Set([
  'count',
  'sum',
  'min',
  'max',
  'avg',
  'stats',
  'hist',
  'lhist',
  'tseries',
]);
const castableKinds: ReadonlySet<string> = new Set(['count', 'sum', 'min', 'max', 'avg']);

export function isAggregate(type: Type): type is AggregateType {
  return aggregateKinds.has(type.kind);
}

/** An aggregate that can be read as one integer in an expression. */
export function isCastableAggregate(type: Type): boolean {
  return castableKinds.has(type.kind);
}

/** Fits a BPF register: handled by value; everything else is handled by address. */
export function isScalar(type: Type): boolean {
  return (
    type.kind === 'int' ||
    type.kind === 'bool' ||
    type.kind === 'enum' ||
    type.kind === 'pointer' ||
    type.kind === 'ksym' ||
    type.kind === 'username'
  );
}

/** Structural equality; structs and enums are equal by name. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  // The commonest kinds by far; the checker asks for every node.
  if (a.kind === 'int') return b.kind === 'int' && a.size === b.size && a.signed === b.signed;
  if (a.kind === 'string') return b.kind === 'string' && a.size === b.size;
  return typeKey(a) === typeKey(b);
}

/** A text that is equal exactly for equal types. */
function typeKey(type: Type): string {
  return JSON.stringify(type, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
