/**
 * Struct layouts as tables: declared once, both encode and decode come from the declaration.
 *
 *     const perfEventHeader = struct('perf_event_header', { type: u32, misc: u16, size: u16 });
 *     perfEventHeader.decode(bytes).size; // number
 *
 * Fields are placed as C places them (natural alignment, in order). `at(offset, field)` places one by hand, which is how the
 * arms of a union or a layout with holes are written. All numbers are little-endian.
 */

import { OutOfBytesError, viewOf } from './bytes.ts';
import { lazily } from './lazily.ts';
import { decodeCString, encodeText } from './text.ts';
import { alignUp } from './wrap.ts';

/** How one field is read and written. `T` is its value in TypeScript. */
export interface FieldType<T> {
  readonly size: number;
  readonly align: number;
  /** Fixed offset in the struct; undefined: after the field before, aligned. */
  readonly offset?: number;
  read(view: DataView, offset: number): T;
  write(view: DataView, offset: number, value: T): void;
}

/** The value a field type stands for. */
export type FieldValue<F> = F extends FieldType<infer T> ? T : never;

function scalar<T>(
  size: number,
  read: (view: DataView, offset: number) => T,
  write: (view: DataView, offset: number, value: T) => void,
): FieldType<T> {
  return { size, align: size, read, write };
}

export const u8 = scalar<number>(
  1,
  (v, o) => v.getUint8(o),
  (v, o, x) => v.setUint8(o, x),
);
export const i8 = scalar<number>(
  1,
  (v, o) => v.getInt8(o),
  (v, o, x) => v.setInt8(o, x),
);
export const u16 = scalar<number>(
  2,
  (v, o) => v.getUint16(o, true),
  (v, o, x) => v.setUint16(o, x, true),
);
export const i16 = scalar<number>(
  2,
  (v, o) => v.getInt16(o, true),
  (v, o, x) => v.setInt16(o, x, true),
);
export const u32 = scalar<number>(
  4,
  (v, o) => v.getUint32(o, true),
  (v, o, x) => v.setUint32(o, x, true),
);
export const i32 = scalar<number>(
  4,
  (v, o) => v.getInt32(o, true),
  (v, o, x) => v.setInt32(o, x, true),
);
export const u64 = scalar<bigint>(
  8,
  (v, o) => v.getBigUint64(o, true),
  (v, o, x) => v.setBigUint64(o, x, true),
);
export const i64 = scalar<bigint>(
  8,
  (v, o) => v.getBigInt64(o, true),
  (v, o, x) => v.setBigInt64(o, x, true),
);

/** `size` raw bytes; shorter values are padded with zeros, longer ones rejected. Reading copies. */
export function bytes(size: number): FieldType<Uint8Array> {
  return {
    size,
    align: 1,
    read: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, size).slice(),
    write(view, offset, value) {
      if (value.length > size) throw new RangeError(`${value.length} bytes do not fit a field of ${size}`);
      const target = new Uint8Array(view.buffer, view.byteOffset + offset, size);
      target.fill(0);
      target.set(value);
    },
  };
}

/** NUL-terminated text in `size` bytes, as the kernel's `char name[16]`; longer text is cut so that a NUL remains. */
export function chars(size: number): FieldType<string> {
  const raw = bytes(size);
  return {
    size,
    align: 1,
    read: (view, offset) => decodeCString(raw.read(view, offset)),
    write: (view, offset, value) => raw.write(view, offset, encodeText(value).subarray(0, size - 1)),
  };
}

/** `count` fields of one type after each other. */
export function array<T>(element: FieldType<T>, count: number): FieldType<readonly T[]> {
  return {
    size: element.size * count,
    align: element.align,
    read: (view, offset) =>
      Array.from({ length: count }, (_unused, index) => element.read(view, offset + index * element.size)),
    write(view, offset, values) {
      if (values.length > count)
        throw new RangeError(`${values.length} values do not fit an array of ${count}`);
      for (const [index, value] of values.entries())
        element.write(view, offset + index * element.size, value);
    },
  };
}

/** `field`, placed `offset` bytes from the start of its struct whatever comes before it. */
export function at<T>(offset: number, field: FieldType<T>): FieldType<T> {
  return new PlacedField(offset, field);
}

class PlacedField<T> implements FieldType<T> {
  readonly size: number;
  readonly align: number;
  readonly offset: number;
  readonly #field: FieldType<T>;

  constructor(offset: number, field: FieldType<T>) {
    this.size = field.size;
    this.align = field.align;
    this.offset = offset;
    this.#field = field;
  }

  read(view: DataView, offset: number): T {
    return this.#field.read(view, offset);
  }

  write(view: DataView, offset: number, value: T): void {
    this.#field.write(view, offset, value);
  }
}

// The fields' `read` is covariant and `write` contravariant in T, so a table of them needs this looser bound.
type AnyFields = Record<string, { readonly size: number; readonly align: number; readonly offset?: number }>;

/** The decoded form of a struct declared with the fields `F`. */
export type StructValue<F> = { readonly [Name in keyof F]: FieldValue<F[Name]> };

/** A struct layout; itself a field type, so structs nest. */
export interface Struct<F> extends FieldType<StructValue<F>> {
  readonly name: string;
  /** Byte offset of each field. */
  readonly offsets: { readonly [Name in keyof F]: number };
  /** Byte size of each field. */
  readonly sizes: { readonly [Name in keyof F]: number };
  /** Encodes into fresh bytes; absent fields are zero. The bytes own their ArrayBuffer, so their address is stable. */
  encode(values: Partial<StructValue<F>>): Uint8Array<ArrayBuffer>;
  /** Encodes into `target` at `offset`, leaving the bytes of absent fields as they are. */
  encodeInto(target: Uint8Array, offset: number, values: Partial<StructValue<F>>): void;
  /** @throws OutOfBytesError when fewer than `size` bytes lie at `offset`. */
  decode(source: Uint8Array, offset?: number): StructValue<F>;
}

/**
 * Declares a layout.
 *
 * @param options.size the whole size when it is larger than the fields (trailing padding, the rest of a union).
 */
export function struct<const F extends AnyFields>(
  name: string,
  fields: F,
  options: { readonly size?: number } = {},
): Struct<F> {
  return new TableStruct(name, fields, options.size);
}

class TableStruct<const F extends AnyFields> implements Struct<F> {
  readonly name: string;
  /** Laid out at the first use: a start declares some fifty structs and uses ten. */
  readonly #layout: () => Layout;

  constructor(name: string, fields: F, wholeSize: number | undefined) {
    this.name = name;
    this.#layout = lazily(() => layOut(name, fields, wholeSize));
  }

  get size(): number {
    return this.#layout().size;
  }

  get align(): number {
    return this.#layout().align;
  }

  get offsets(): Struct<F>['offsets'] {
    return this.#layout().offsets as Struct<F>['offsets'];
  }

  get sizes(): Struct<F>['sizes'] {
    return this.#layout().sizes as Struct<F>['sizes'];
  }

  read(view: DataView, offset: number): StructValue<F> {
    const value: Record<string, unknown> = {};
    for (const row of this.#layout().rows) value[row.name] = row.field.read(view, offset + row.offset);
    return value as StructValue<F>;
  }

  write(view: DataView, offset: number, values: Partial<StructValue<F>>): void {
    const byName = values as Record<string, unknown>;
    for (const row of this.#layout().rows) {
      const value = byName[row.name];
      if (value !== undefined) row.field.write(view, offset + row.offset, value);
    }
  }

  encode(values: Partial<StructValue<F>>): Uint8Array<ArrayBuffer> {
    const target = new Uint8Array(new ArrayBuffer(this.size));
    this.write(viewOf(target), 0, values);
    return target;
  }

  encodeInto(target: Uint8Array, offset: number, values: Partial<StructValue<F>>): void {
    this.#checkRoom(target.length, offset);
    this.write(viewOf(target), offset, values);
  }

  decode(source: Uint8Array, offset = 0): StructValue<F> {
    this.#checkRoom(source.length, offset);
    return this.read(viewOf(source), offset);
  }

  #checkRoom(length: number, offset: number): void {
    if (offset < 0 || offset + this.size > length) throw new OutOfBytesError(offset, this.size, length);
  }
}

/** Where the fields of a struct lie; all in bytes. */
interface Layout {
  readonly rows: readonly {
    readonly name: string;
    readonly offset: number;
    readonly field: FieldType<unknown>;
  }[];
  readonly offsets: Readonly<Record<string, number>>;
  readonly sizes: Readonly<Record<string, number>>;
  readonly size: number;
  readonly align: number;
}

function layOut(name: string, fields: AnyFields, wholeSize: number | undefined): Layout {
  const rows: Layout['rows'][number][] = [];
  const offsets: Record<string, number> = {};
  const sizes: Record<string, number> = {};
  let end = 0;
  let align = 1;
  let next = 0;
  for (const [fieldName, declared] of Object.entries(fields)) {
    // Every AnyFields value is made by this file's constructors, hence a FieldType.
    const field = declared as FieldType<unknown>;
    const offset = field.offset ?? alignUp(next, field.align);
    rows.push({ name: fieldName, offset, field });
    offsets[fieldName] = offset;
    sizes[fieldName] = field.size;
    next = offset + field.size;
    end = Math.max(end, next);
    align = Math.max(align, field.align);
  }
  const size = wholeSize ?? alignUp(end, align);
  if (size < end) throw new RangeError(`struct ${name}: size ${size} is less than its fields (${end})`);
  return { rows, offsets, sizes, size, align };
}
