import { alignUp } from '../../../base/index.ts';
import type { Format, RecordSlot, RecordSpec } from '../../../program/index.ts';
import { alignOf, int64 } from '../../../types/index.ts';
import { createSource, type Span } from '../../language/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { formatText } from './format-text.ts';
import type { CallExpr, Lower, Lowering } from './lowering.ts';
import { addressOf, type Place, placeAfter, storeText, zeroPlace } from './place.ts';
import { prepareValue } from './record-values.ts';
import { printToSeqFile } from './seq-file.ts';

/** A record's u64 index comes before its slots. */
export const HEADER_BYTES = 8;
/** join(): strings of an array, and bytes of each. */
const JOIN_STRINGS = 16;
const JOIN_STRIDE = 1024;

type FormatKind = Extract<RecordSpec, { readonly format: Format; readonly args: unknown }>['kind'];

/** Slots for values one after the other, each aligned as its type wants. */
function slotsFor(
  lower: Lower,
  values: readonly TypedExpr[],
): { readonly slots: readonly RecordSlot[]; readonly sizeBytes: number } {
  let end = HEADER_BYTES;
  const slots = values.map(({ type }): RecordSlot => {
    const offset = alignUp(end, Math.min(8, alignOf(type, lower.structs)));
    end = offset + lower.sizeOf(type);
    return { offset, type };
  });
  return { slots, sizeBytes: alignUp(end, 8) };
}

/** Sends values; what needs no memory is computed before the record is reserved, the rest goes straight into it. */
function sendValues(
  lower: Lower,
  values: readonly TypedExpr[],
  slots: readonly RecordSlot[],
  spec: RecordSpec,
): void {
  const writers = values.map((value) => prepareValue(lower, value));
  lower.record(spec, (record) => {
    let end = HEADER_BYTES;
    writers.forEach((write, index) => {
      const { offset, type } = slots[index]!;
      zeroPlace(lower.b, placeAfter(record, end), offset - end);
      write(placeAfter(record, offset));
      end = offset + lower.sizeOf(type);
    });
    zeroPlace(lower.b, placeAfter(record, end), spec.sizeBytes - end);
  });
}

function sendFormat(
  lower: Lower,
  kind: FormatKind,
  format: Format,
  values: readonly TypedExpr[],
  at: Span,
): void {
  const { slots, sizeBytes } = slotsFor(lower, values);
  sendValues(lower, values, slots, { kind, format, args: slots, trail: lower.trail(at), sizeBytes });
}

function formatted(kind: FormatKind): Lowering {
  return {
    gives: 'nothing',
    lower: (lower, call) => sendFormat(lower, kind, call.attrs.format ?? [], call.args, call.at),
  };
}

/** printf writes to the iterator's own file where there is one. */
function lowerPrintf(lower: Lower, call: CallExpr): void {
  if (lower.probe.kind === 'iter') printToSeqFile(lower, call);
  else sendFormat(lower, 'printf', call.attrs.format ?? [], call.args, call.at);
}

function lowerPrint(lower: Lower, call: CallExpr): void {
  const { map, top = 0, div = 0, order } = call.attrs;
  if (map !== undefined) {
    const spec = { kind: 'print-map', map, top, div, sizeBytes: HEADER_BYTES } as const;
    lower.record(order === undefined ? spec : { ...spec, order });
    return;
  }
  const { slots, sizeBytes } = slotsFor(lower, call.args);
  const value = slots[0];
  if (value !== undefined) sendValues(lower, call.args, slots, { kind: 'print-value', value, sizeBytes });
}

function onMap(kind: 'clear-map' | 'zero-map'): Lowering {
  return {
    gives: 'nothing',
    lower: (lower, { attrs: { map = 0 } }) => lower.record({ kind, map, sizeBytes: HEADER_BYTES }),
  };
}

function sendExit(lower: Lower, code: TypedExpr): void {
  const { slots, sizeBytes } = slotsFor(lower, [code]);
  const slot = slots[0];
  if (slot !== undefined) sendValues(lower, [code], slots, { kind: 'exit', code: slot, sizeBytes });
  lower.returnFromProbe();
}

function lowerExit(lower: Lower, call: CallExpr): void {
  sendExit(lower, call.args[0] ?? { kind: 'int', type: int64, at: call.at, value: 0n });
}

/** Upstream's assert() is a macro of its library; what it reports stands at this line of that, expanded from the call. */
const assertReport = 'errorf("assert failed: %s", msg)';
const assertLibrary = createSource('stdlib/base.bt', `${'\n'.repeat(5)}    ${assertReport};\n`);

function placeOfAssert(call: Span): Span {
  const start = assertLibrary.text.indexOf(assertReport);
  return { source: assertLibrary, start, end: start + assertReport.length, expandedFrom: call };
}

function lowerAssert(lower: Lower, call: CallExpr): void {
  const [condition] = call.args;
  if (condition === undefined) return;
  lower.branch(
    lower.scalar(condition),
    () => {},
    () => {
      sendFormat(lower, 'errorf', [`assert failed: ${call.attrs.text ?? ''}`], [], placeOfAssert(call.at));
      sendExit(lower, { kind: 'int', type: int64, at: call.at, value: 1n });
    },
    'otherwise',
  );
}

/** Reads pointers to strings until one is NULL, each string into its place; an empty one ends what is shown. */
function lowerJoin(lower: Lower, call: CallExpr): void {
  const { b } = lower;
  const [array] = call.args;
  if (array === undefined) return;
  const start = lower.scalar(array);
  const space = lower.spaceOf(array);
  const spec: RecordSpec = {
    kind: 'join',
    separator: call.attrs.text ?? ' ',
    offset: HEADER_BYTES,
    count: JOIN_STRINGS,
    stride: JOIN_STRIDE,
    sizeBytes: HEADER_BYTES + JOIN_STRINGS * JOIN_STRIDE,
  };
  const pointer = lower.temporary(8);
  lower.record(spec, (record) => {
    for (let i = 0; i < JOIN_STRINGS; i++)
      b.store(1, record.base, b.const(0), record.off + HEADER_BYTES + i * JOIN_STRIDE);
    lower.repeat(JOIN_STRINGS, ({ index, leaveWhen }) => {
      lower.read(space, pointer, b.const(8), b.binary('add', start, b.binary('shl', index, b.const(3))));
      const text = b.load(8, pointer.base, pointer.off);
      leaveWhen(b.compare('eq', text, b.const(0)));
      const offset = b.binary('mul', index, b.const(JOIN_STRIDE));
      const to: Place = {
        base: b.binary('add', record.base, offset),
        off: record.off + HEADER_BYTES,
        align: 8,
      };
      lower.readString(space, to, b.const(JOIN_STRIDE), text);
    });
  });
}

/** bpf_trace_printk: the kernel formats, so the format goes to it as text, its values as u64 or addresses. */
function lowerDebugf(lower: Lower, call: CallExpr): void {
  const { b } = lower;
  const text = `${formatText(call.attrs.format ?? [])}\0`;
  const values = call.args.map((value) =>
    value.type.kind === 'string' ? addressOf(b, lower.memory(value)) : lower.scalar(value),
  );
  // The kernel wants the format on the stack or in a map it can read; before 5.13 on the stack.
  const place = lower.temporary(text.length);
  storeText(b, place, text, text.length);
  b.call('trace_printk', [addressOf(b, place), b.const(text.length), ...values]);
}

export const outputLowerings = {
  printf: { gives: 'nothing', lower: lowerPrintf },
  errorf: formatted('errorf'),
  warnf: formatted('warnf'),
  cat: formatted('cat'),
  system: formatted('system'),
  debugf: { gives: 'nothing', lower: lowerDebugf },
  print: { gives: 'nothing', lower: lowerPrint },
  clear: onMap('clear-map'),
  zero: onMap('zero-map'),
  exit: { gives: 'nothing', lower: lowerExit },
  assert: { gives: 'nothing', lower: lowerAssert },
  join: { gives: 'nothing', lower: lowerJoin },
  time: {
    gives: 'nothing',
    lower: (lower, call) =>
      lower.record({ kind: 'time', format: call.attrs.text ?? '%H:%M:%S\n', sizeBytes: HEADER_BYTES }),
  },
  unwatch: {
    gives: 'nothing',
    lower: (lower, call) => {
      for (const address of call.args) lower.scalar(address);
    },
  },
} as const satisfies Record<string, Lowering>;
