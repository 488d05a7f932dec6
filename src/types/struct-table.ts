import type { Type } from './type.ts';

/** One member of a struct or union; anonymous members have the name '' and are searched through. */
export interface StructField {
  readonly name: string;
  readonly type: Type;
  /** From the start of the struct, in bytes. For a bitfield: of the byte that holds its first bit. */
  readonly offset: number;
  /** Present for bitfields: bits counted from the least significant bit of the byte at `offset` (little-endian). */
  readonly bitfield?: { readonly shift: number; readonly width: number };
  /** The BTF type tag of a pointer field (`rcu`, `percpu`, `user`). */
  readonly tag?: string;
  /**
   * Set for the dynamic strings of a tracepoint: the field itself is the 4-byte location (`__data_loc`: offset from the start of the
   * record in the low 16 bits; `__rel_loc`: offset from the end of the field).
   */
  readonly location?: 'data_loc' | 'rel_loc';
}

export interface StructLayout {
  /** As in `StructType.name`. */
  readonly name: string;
  readonly union: boolean;
  readonly size: number;
  readonly align: number;
  readonly fields: readonly StructField[];
}

export interface EnumLayout {
  readonly name: string;
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

/** Where struct, union and enum definitions are found by name; made from BTF, C definitions in the script and tracepoint formats. */
export interface StructTable {
  struct(name: string): StructLayout | undefined;
  enum(name: string): EnumLayout | undefined;
}

/** The same as plain data, for a Program: only what its records and maps need to be shown. */
export interface StructTableData {
  readonly structs: Readonly<Record<string, StructLayout>>;
  readonly enums: Readonly<Record<string, EnumLayout>>;
}

export function structTableFrom(data: StructTableData): StructTable {
  // Names are those of C, where a struct may be called `constructor`.
  const own = <T>(rows: Readonly<Record<string, T>>, name: string): T | undefined =>
    Object.hasOwn(rows, name) ? rows[name] : undefined;
  return { struct: (name) => own(data.structs, name), enum: (name) => own(data.enums, name) };
}

/** Looks a member up by name, through anonymous members; the offset returned is from the start of `layout`. */
export function findField(table: StructTable, layout: StructLayout, name: string): StructField | undefined {
  for (const field of layout.fields) {
    if (field.name === name) return field;
    if (field.name !== '' || field.type.kind !== 'struct') continue;
    const inner = table.struct(field.type.name);
    const found = inner && findField(table, inner, name);
    if (found) return { ...found, offset: found.offset + field.offset };
  }
  return undefined;
}
