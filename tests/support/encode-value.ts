/** Values as the bytes a traced program would have written: the inverse of the report's decoding, for tests. */

import { ByteWriter, unreachable } from '../../src/base/index.ts';
import { layoutOf, type StructTable, sizeOf, type Type } from '../../src/types/index.ts';

/**
 * A value as tests write it: numbers for integers, pointers and ids; binary strings for strings and buffers; arrays for arrays, tuples,
 * the fields of aggregates ([value, set], [total, count], [value, weight, epoch]) and records; bytes for anything raw.
 */
export type Plain = bigint | number | boolean | string | Uint8Array | readonly Plain[];

export function encodeValue(type: Type, value: Plain, table: StructTable): Uint8Array {
  const size = sizeOf(type, table);
  if (value instanceof Uint8Array) {
    const raw = new Uint8Array(size);
    raw.set(value);
    return raw;
  }
  switch (type.kind) {
    case 'none':
    case 'void':
      return new Uint8Array(0);
    case 'string':
      return padded(bytesOf(String(value)), size);
    case 'buffer': {
      const text = String(value);
      return padded(new ByteWriter().u32(text.length).bytes(bytesOf(text)).finish(), size);
    }
    case 'array':
      return joined(
        size,
        listOf(value).map((element, index) => [
          index * sizeOf(type.of, table),
          encodeValue(type.of, element, table),
        ]),
      );
    case 'tuple':
    case 'record': {
      const { offsets } = layoutOf(type, table);
      const types = type.kind === 'tuple' ? type.elements : type.fields.map((field) => field.type);
      return joined(
        size,
        types.map((element, index) => [offsets[index]!, encodeValue(element, listOf(value)[index]!, table)]),
      );
    }
    case 'struct':
    case 'mac':
      throw new Error(`write a ${type.kind} as raw bytes`);
    case 'bool':
    case 'int':
    case 'enum':
    case 'pointer':
    case 'ksym':
    case 'username':
    case 'timestamp':
    case 'cgroupPath':
    case 'count':
    case 'sum':
    case 'hist':
    case 'lhist':
      return padded(words([value]), size);
    case 'usym':
    case 'kstack':
    case 'ustack':
    case 'inet':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats':
    case 'tseries':
      return padded(words(listOf(value)), size);
    default:
      return unreachable(type);
  }
}

function listOf(value: Plain): readonly Plain[] {
  if (!Array.isArray(value)) throw new Error(`expected a list, got ${String(value)}`);
  return value;
}

/** A binary string's bytes. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Little-endian 64-bit words. */
export function words(values: readonly Plain[]): Uint8Array {
  const writer = new ByteWriter();
  for (const value of values) writer.u64(BigInt.asUintN(64, BigInt(value as bigint | number | boolean)));
  return writer.finish();
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(bytes.subarray(0, size));
  return result;
}

function joined(size: number, parts: readonly (readonly [offset: number, bytes: Uint8Array])[]): Uint8Array {
  const result = new Uint8Array(size);
  for (const [offset, bytes] of parts) result.set(bytes, offset);
  return result;
}
