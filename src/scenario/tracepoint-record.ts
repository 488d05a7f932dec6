import type { TracepointField, TracepointFormat } from '../program/index.ts';
import type { LineCursor, ScenarioValue, Space } from './line-cursor.ts';
import type { ScenarioMemory } from './scenario-memory.ts';

/** Offset of `common_pid`, and of the first field of an event's own. Source: include/linux/trace_events.h, struct trace_entry. */
const COMMON_PID = 4;
const FIRST_OWN_OFFSET = 8;
/** The low half of a __data_loc field is a place, the high half a length. */
const MAX_DYNAMIC = 0xffff;

export interface RecordParts {
  /** For messages: `tracepoint:sched:sched_switch`. */
  readonly probe: string;
  readonly format: TracepointFormat;
  readonly tid: number;
  readonly space: Space;
  readonly memory: ScenarioMemory;
  readonly cursor: LineCursor;
}

/** Lays out the record of a tracepoint; fields without a value are 0. */
export function layOutRecord(parts: RecordParts, values: ReadonlyMap<string, ScenarioValue>): Uint8Array {
  const { probe, format, tid, cursor } = parts;
  const own = format.fields.filter(({ offset }) => offset >= FIRST_OWN_OFFSET);
  let bytes = new Uint8Array(
    Math.max(FIRST_OWN_OFFSET, ...format.fields.map((field) => field.offset + field.size)),
  );
  const view = new DataView(bytes.buffer);
  view.setUint16(0, format.id & 0xffff, true);
  view.setInt32(COMMON_PID, tid, true);
  const dynamic: { readonly field: TracepointField; readonly bytes: Uint8Array }[] = [];
  for (const [name, value] of values) {
    const field = own.find((each) => each.name === name);
    if (field === undefined) {
      throw cursor.error(
        `${probe} has no field ${name}; its fields are ${own.map((each) => each.name).join(', ')}`,
      );
    }
    if (/^__(?:data|rel)_loc/.test(field.type)) {
      dynamic.push({ field, bytes: dynamicBytes(field, value, cursor) });
    } else {
      bytes.set(fieldBytes(parts, field, value), field.offset);
    }
  }
  for (const { field, bytes: content } of dynamic) {
    const at = bytes.length;
    const isRelative = field.type.startsWith('__rel_loc');
    if (at + content.length > MAX_DYNAMIC)
      throw cursor.error(`the texts of an event have at most ${MAX_DYNAMIC} bytes`);
    const longer = new Uint8Array(at + content.length);
    longer.set(bytes);
    longer.set(content, at);
    bytes = longer;
    const place = isRelative ? at - field.offset - 4 : at;
    new DataView(bytes.buffer).setUint32(field.offset, (content.length << 16) | place, true);
  }
  return bytes;
}

function dynamicBytes(field: TracepointField, value: ScenarioValue, cursor: LineCursor): Uint8Array {
  if (value.kind !== 'bytes') throw cursor.error(`${field.name} is a text (${field.type})`);
  if (!value.isText) return value.bytes;
  const withNul = new Uint8Array(value.bytes.length + 1);
  withNul.set(value.bytes);
  return withNul;
}

function fieldBytes(parts: RecordParts, field: TracepointField, value: ScenarioValue): Uint8Array {
  const { cursor, memory, space } = parts;
  const { name, type, size, signed } = field;
  const length = Number(/\[(\d+)\]$/.exec(type)?.[1] ?? 0);
  if (value.kind === 'bytes' && length > 0) {
    if (value.bytes.length + (value.isText ? 1 : 0) > size)
      throw cursor.error(
        `${name} has room for ${size} bytes, and ${value.bytes.length} do not fit with what ends them`,
      );
    return value.bytes;
  }
  const bytes = new Uint8Array(size);
  const elements = value.kind === 'list' && length > 0 ? value.values : [value];
  const elementSize = length > 0 ? size / length : size;
  if (elements.length > Math.max(length, 1))
    throw cursor.error(`${name} has ${length} elements, not ${elements.length}`);
  if (length > 0 && value.kind !== 'list') throw cursor.error(`${name} is a list (${type})`);
  for (const [index, element] of elements.entries()) {
    const word = memory.wordOf(element, space, cursor);
    if (elementSize > 8) throw cursor.error(`${name} (${type}) cannot be given in a scenario`);
    if (!fits(word, elementSize, signed))
      throw cursor.error(`${word} does not fit ${name}, which has ${elementSize} bytes`);
    for (let at = 0; at < elementSize; at++)
      bytes[index * elementSize + at] = Number(BigInt.asUintN(64, word >> BigInt(at * 8)) & 0xffn);
  }
  return bytes;
}

/** Whether a number can be written so, as signed or unsigned: both spellings are common (-100 and 0xffffff9c). */
function fits(word: bigint, size: number, signed: boolean): boolean {
  const bits = BigInt(size * 8);
  return word < 1n << bits && word >= (signed || size === 8 ? -(1n << (bits - 1n)) : 0n);
}
