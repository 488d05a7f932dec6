import { binaryString, unreachable } from '../base/index.ts';
import {
  BUILD_ID_FRAME_BYTES,
  layoutOf,
  type StackMode,
  type StackType,
  type StructField,
  type StructLayout,
  type StructTable,
  sizeOf,
  spellType,
  type Type,
} from '../types/index.ts';
import { combineAggregate } from './aggregates.ts';
import { createStringReader, type StringReader } from './byte-text.ts';
import { DecodeError, UnprintableTypeError } from './decode-error.ts';
import { readBits, readI32, readI64, readInteger, readU32, readU64 } from './integers.ts';
import type { NamedValue, StackFrame, Value } from './value.ts';

/** Decodes the value at `offset`. The caller has checked that `sizeOf(type)` bytes are there. */
export type Decoder = (bytes: Uint8Array, offset: number) => Value;

/** What decoders share: the layouts of structs and enums, and the reader that keeps strings which repeat. */
export interface DecodeContext {
  readonly table: StructTable;
  readonly readString: StringReader;
}

export function createDecodeContext(table: StructTable): DecodeContext {
  return { table, readString: createStringReader() };
}

/** Status of a stack frame that has a build id. Source: uapi/linux/bpf.h, BPF_STACK_BUILD_ID_VALID. */
const BPF_STACK_BUILD_ID_VALID = 1;
const BUILD_ID_BYTES = 20;

const nullValue: Value = { kind: 'null' };
const trueValue: Value = { kind: 'bool', value: true };
const falseValue: Value = { kind: 'bool', value: false };

/**
 * Decodes one value.
 *
 * @throws DecodeError when fewer than `sizeOf(type)` bytes lie at `offset`.
 * @throws UnprintableTypeError for hist, lhist and tseries: those are spread over a map's keys.
 */
export function decodeValue(type: Type, context: DecodeContext, bytes: Uint8Array, offset = 0): Value {
  const size = sizeOf(type, context.table);
  if (offset < 0 || offset + size > bytes.length) {
    throw new DecodeError(
      `a ${spellType(type)} takes ${size} bytes at offset ${offset}, but there are ${bytes.length} in all`,
    );
  }
  return decoderOf(type, context)(bytes, offset);
}

/** Prepares decoding of a type. @throws UnprintableTypeError as `decodeValue`. */
export function decoderOf(type: Type, context: DecodeContext): Decoder {
  const { table, readString } = context;
  switch (type.kind) {
    case 'none':
    case 'void':
      return () => nullValue;
    case 'bool':
      return (bytes, offset) => (bytes[offset] === 0 ? falseValue : trueValue);
    case 'int': {
      const { size, signed } = type;
      return (bytes, offset) => ({ kind: 'int', value: readInteger(bytes, offset, size, signed) });
    }
    case 'enum': {
      const { size, signed } = type;
      const named = enumNamer(type.name, table);
      return (bytes, offset) => named(readInteger(bytes, offset, size, signed));
    }
    case 'string': {
      const { size } = type;
      return (bytes, offset) => {
        const text = readString(bytes, offset, size);
        return { kind: 'string', bytes: text, truncated: text.length === size };
      };
    }
    case 'buffer': {
      const { capacity } = type;
      return (bytes, offset) => {
        const start = offset + 4;
        const length = Math.min(readU32(bytes, offset), capacity);
        return { kind: 'buffer', bytes: binaryString(bytes, start, start + length) };
      };
    }
    case 'pointer':
      return (bytes, offset) => ({ kind: 'pointer', address: readU64(bytes, offset) });
    case 'array': {
      const element = decoderOf(type.of, context);
      const elementSize = sizeOf(type.of, table);
      const { length } = type;
      return (bytes, offset) => ({
        kind: 'array',
        elements: Array.from({ length }, (_unused, index) => element(bytes, offset + index * elementSize)),
      });
    }
    case 'struct': {
      const layout = table.struct(type.name);
      const fields = layout ? structFields(layout, context, 0) : [];
      return fieldsDecoder(fields);
    }
    case 'tuple': {
      const { offsets } = layoutOf(type, table);
      const elements = type.elements.map((element) => decoderOf(element, context));
      return (bytes, offset) => ({
        kind: 'tuple',
        elements: elements.map((decode, index) => decode(bytes, offset + offsets[index]!)),
      });
    }
    case 'record': {
      const { offsets } = layoutOf(type, table);
      return fieldsDecoder(
        type.fields.map((field, index) => ({
          name: field.name,
          offset: offsets[index]!,
          decode: decoderOf(field.type, context),
        })),
      );
    }
    case 'ksym':
      return (bytes, offset) => ({ kind: 'ksym', address: readU64(bytes, offset) });
    case 'usym':
      return (bytes, offset) => ({
        kind: 'usym',
        address: readU64(bytes, offset),
        pid: readI32(bytes, offset + 8),
        probe: readI32(bytes, offset + 12),
      });
    case 'kstack':
    case 'ustack':
      return stackDecoder(type);
    case 'inet':
      return (bytes, offset) => ({
        kind: 'inet',
        family: readU64(bytes, offset),
        bytes: bytes.slice(offset + 8, offset + 24),
      });
    case 'mac':
      return (bytes, offset) => ({ kind: 'mac', bytes: bytes.slice(offset, offset + 6) });
    case 'username':
      return (bytes, offset) => ({ kind: 'username', uid: readU64(bytes, offset) });
    case 'timestamp': {
      const { clock, format } = type;
      return (bytes, offset) => ({ kind: 'timestamp', clock, ns: readU64(bytes, offset), format });
    }
    case 'cgroupPath': {
      const { filter } = type;
      return (bytes, offset) => ({ kind: 'cgroup-path', id: readU64(bytes, offset), filter });
    }
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
    case 'avg':
    case 'stats': {
      // In a record: the CPUs were put together before it was written, so it reads as one CPU's value.
      const size = sizeOf(type, table);
      return (bytes, offset) => combineAggregate(type, [bytes.subarray(offset, offset + size)]).value;
    }
    case 'hist':
    case 'lhist':
    case 'tseries':
      throw new UnprintableTypeError(`unable to convert type: ${spellType(type)}`);
    default:
      return unreachable(type);
  }
}

interface FieldDecoder {
  readonly name: string;
  readonly offset: number;
  readonly decode: Decoder;
}

function fieldsDecoder(fields: readonly FieldDecoder[]): Decoder {
  return (bytes, offset) => ({
    kind: 'record',
    fields: fields.map(
      (field): NamedValue => ({ name: field.name, value: field.decode(bytes, offset + field.offset) }),
    ),
  });
}

/** The fields to show, those of anonymous members among them; `base` is where `layout` begins in the outermost struct. */
function structFields(layout: StructLayout, context: DecodeContext, base: number): FieldDecoder[] {
  return layout.fields.flatMap((field): FieldDecoder[] => {
    const offset = base + field.offset;
    if (field.name === '') {
      // An unnamed bitfield is padding.
      if (field.type.kind !== 'struct') return [];
      const inner = context.table.struct(field.type.name);
      return inner ? structFields(inner, context, offset) : [];
    }
    return [{ name: field.name, offset, decode: fieldDecoder(field, context) }];
  });
}

function fieldDecoder(field: StructField, context: DecodeContext): Decoder {
  const { type, bitfield } = field;
  // The text of a dynamic string is elsewhere in the tracepoint's record; what a copy of the struct holds is where.
  if (field.location !== undefined) {
    return (bytes, offset) => ({ kind: 'int', value: BigInt(readU32(bytes, offset)) });
  }
  if (!bitfield) return decoderOf(type, context);
  const { shift, width } = bitfield;
  const signed = (type.kind === 'int' || type.kind === 'enum') && type.signed;
  const named: (value: bigint) => Value =
    type.kind === 'bool'
      ? (value) => (value === 0n ? falseValue : trueValue)
      : type.kind === 'enum'
        ? enumNamer(type.name, context.table)
        : (value) => ({ kind: 'int', value });
  return (bytes, offset) => named(readBits(bytes, offset, shift, width, signed));
}

function enumNamer(name: string, table: StructTable): (value: bigint) => Value {
  const layout = table.enum(name);
  const names = new Map<bigint, string>();
  // Of several names for one number the first is shown.
  for (const row of layout?.values ?? []) if (!names.has(row.value)) names.set(row.value, row.name);
  return (value) => ({ kind: 'enum', value, name: names.get(value) });
}

function stackDecoder(type: StackType): Decoder {
  const { kind, mode, limit } = type;
  const header = kind === 'ustack' ? 8 : 0;
  const frameBytes = mode === 'build_id' && kind === 'ustack' ? BUILD_ID_FRAME_BYTES : 8;
  return (bytes, offset) => {
    const countAt = offset + header;
    // A count as a capture that failed would leave it (negative) must not run past the stack.
    const counted = readI64(bytes, countAt);
    const count = counted < 0n ? 0 : Math.min(Number(counted), limit);
    const frames: StackFrame[] = [];
    for (let index = 0; index < count; index++) {
      frames.push(stackFrame(mode, bytes, countAt + 8 + index * frameBytes, frameBytes));
    }
    return kind === 'kstack'
      ? { kind, mode, frames }
      : { kind, mode, frames, pid: readI32(bytes, offset), probe: readI32(bytes, offset + 4) };
  };
}

function stackFrame(mode: StackMode, bytes: Uint8Array, offset: number, frameBytes: number): StackFrame {
  if (frameBytes === 8 || mode !== 'build_id') return { address: readU64(bytes, offset) };
  const idAt = offset + 4;
  const address = readU64(bytes, idAt + BUILD_ID_BYTES);
  if (readI32(bytes, offset) !== BPF_STACK_BUILD_ID_VALID) return { address };
  return { address, buildId: binaryString(bytes, idAt, idAt + BUILD_ID_BYTES) };
}
