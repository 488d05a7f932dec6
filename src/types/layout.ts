import { alignUp, unreachable } from '../base/index.ts';
import type { StructTable } from './struct-table.ts';
import type { RecordType, TupleType, Type } from './type.ts';

/** Bytes of one stored frame of a `build_id` stack: i32 status, 20 bytes id, u64 offset or ip. Source: uapi/linux/bpf.h, bpf_stack_build_id. */
export const BUILD_ID_FRAME_BYTES = 32;

/** A buffer starts with its length, a u32. */
export const BUFFER_HEADER_BYTES = 4;

/** Where a tuple's elements or a record's fields lie, and the size of the whole. */
export interface ElementLayout {
  readonly offsets: readonly number[];
  readonly size: number;
  readonly align: number;
}

/** Lays elements out like a C struct; byte arrays and strings align to 1. */
export function layoutElements(types: readonly Type[], table: StructTable): ElementLayout {
  const offsets: number[] = [];
  let size = 0;
  let align = 1;
  for (const type of types) {
    const elementAlign = alignOf(type, table);
    size = alignUp(size, elementAlign);
    offsets.push(size);
    size += sizeOf(type, table);
    align = Math.max(align, elementAlign);
  }
  return { offsets, size: alignUp(size, align), align };
}

export function layoutOf(type: TupleType | RecordType, table: StructTable): ElementLayout {
  return layoutElements(
    type.kind === 'tuple' ? type.elements : type.fields.map((field) => field.type),
    table,
  );
}

/**
 * Bytes a value takes where it is stored (a map value, a record, a tuple).
 *
 * kstack: u64 frame count, then `limit` u64 addresses. ustack: i32 pid, i32 probe id, u64 frame count, then the frames.
 * usym: u64 address, i32 pid, i32 probe id. inet: u64 address family, 16 address bytes. Aggregates: the value of one CPU.
 */
export function sizeOf(type: Type, table: StructTable): number {
  switch (type.kind) {
    case 'none':
    case 'void':
      return 0;
    case 'bool':
      return 1;
    case 'int':
    case 'enum':
      return type.size;
    case 'string':
      return type.size;
    case 'buffer':
      return BUFFER_HEADER_BYTES + type.capacity;
    case 'pointer':
    case 'ksym':
    case 'username':
    case 'timestamp':
    case 'cgroupPath':
      return 8;
    case 'array':
      return type.length * sizeOf(type.of, table);
    case 'struct':
      return table.struct(type.name)?.size ?? 0;
    case 'tuple':
    case 'record':
      return layoutOf(type, table).size;
    case 'inet':
      return 24;
    case 'mac':
      return 6;
    case 'usym':
      return 16;
    case 'kstack':
      return 8 + type.limit * 8;
    case 'ustack':
      return 16 + type.limit * (type.mode === 'build_id' ? BUILD_ID_FRAME_BYTES : 8);
    case 'count':
    case 'sum':
    case 'hist':
    case 'lhist':
      return 8;
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
      return 16;
    case 'tseries':
      return 24;
    default:
      return unreachable(type);
  }
}

export function alignOf(type: Type, table: StructTable): number {
  switch (type.kind) {
    case 'none':
    case 'void':
    case 'bool':
    case 'string':
    case 'mac':
      return 1;
    case 'int':
    case 'enum':
      return type.size;
    case 'buffer':
      return 4;
    case 'array':
      return alignOf(type.of, table);
    case 'struct':
      return table.struct(type.name)?.align ?? 1;
    case 'tuple':
    case 'record':
      return layoutOf(type, table).align;
    case 'pointer':
    case 'ksym':
    case 'username':
    case 'timestamp':
    case 'cgroupPath':
    case 'inet':
    case 'usym':
    case 'kstack':
    case 'ustack':
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
    case 'hist':
    case 'lhist':
    case 'tseries':
      return 8;
    default:
      return unreachable(type);
  }
}
