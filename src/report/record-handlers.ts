/** What each kind of record comes to: one row per kind, each turning a record's description into a function of its bytes. */

import type { RecordKind, RecordOf, RecordSpec } from '../program/index.ts';
import { decoderOf } from './decode.ts';
import { UnprintableTypeError } from './decode-error.ts';
import { readU64 } from './integers.ts';
import type { MapSnapshot, SnapshotOptions } from './map-snapshot.ts';
import { noOutcome, type Outcome } from './outcome.ts';
import type { OutputFormat } from './output-format.ts';
import { compileFormat, compileNumber, compileText, constantText, type ShowContext } from './printf.ts';
import { strftime } from './strftime.ts';

/** Handles one record; its length has been checked against `RecordSpec.sizeBytes`. */
export type RecordHandler = (record: Uint8Array) => Outcome;

/** What handlers work with. */
export interface HandlerContext {
  readonly show: ShowContext;
  readonly output: OutputFormat;
  readonly json: boolean;
  /** warnf() is heard. */
  readonly warnings: boolean;
  readonly maxCatBytes: number;
  /** A script map by its index, read now. */
  snapshot(map: number, options: SnapshotOptions): MapSnapshot;
  showMap(map: number, snapshot: MapSnapshot): Outcome;
  clear(map: number): void;
  zero(map: number): void;
}

type HandlerMaker<K extends RecordKind> = (spec: RecordOf<K>, context: HandlerContext) => RecordHandler;

const makers: { readonly [K in RecordKind]: HandlerMaker<K> } = {
  printf: makePrintf,
  errorf: (spec, { show, output }) => {
    const text = compileFormat(spec.format, spec.args, show);
    return (record) => output.report('ERROR', text(record), spec.trail);
  },
  warnf: (spec, { show, output, warnings }) => {
    if (!warnings) return () => noOutcome;
    const text = compileFormat(spec.format, spec.args, show);
    return (record) => output.report('WARNING', text(record), spec.trail);
  },
  cat: (spec, { show, maxCatBytes }) => {
    const path = compileFormat(spec.format, spec.args, show);
    return (record) => ({ kind: 'cat', path: path(record), limit: maxCatBytes });
  },
  system: (spec, { show }) => {
    const command = compileFormat(spec.format, spec.args, show);
    return (record) => ({ kind: 'system', command: command(record) });
  },
  'print-value': (spec, { show, output, json }) => {
    const { offset, type } = spec.value;
    if (!json) {
      const text = compileText(spec.value, show);
      return (record) => ({ kind: 'text', stream: 'stdout', text: `${text(record)}\n` });
    }
    const decode = decoderOf(type, show.decode);
    return (record) => output.value(decode(record, offset));
  },
  'print-map':
    ({ map, top, div, order }, context) =>
    () =>
      context.showMap(map, context.snapshot(map, { top, div, ...(order === undefined ? {} : { order }) })),
  'clear-map':
    ({ map }, context) =>
    () => {
      context.clear(map);
      return noOutcome;
    },
  'zero-map':
    ({ map }, context) =>
    () => {
      context.zero(map);
      return noOutcome;
    },
  time:
    ({ format }, { show, output }) =>
    () => {
      const now = show.lookups.now();
      return output.time(strftime(format, show.lookups.localTime(now), now, { fractions: false }));
    },
  join: makeJoin,
  exit: (spec) => {
    const code = compileNumber(spec.code);
    return (record) => ({ kind: 'exit', code: code(record) & 0xff });
  },
  'helper-error': (spec, { output }) => {
    const retcode = compileNumber(spec.retcode);
    return (record) => output.helperError(spec.helper, retcode(record), spec.trail);
  },
  'runtime-error':
    ({ error, trail }, { output }) =>
    () =>
      output.runtimeError(error, trail),
  packet: makePacket,
};

/** The handler for a record of this description. */
export function makeRecordHandler(spec: RecordSpec, context: HandlerContext): RecordHandler {
  // The row for a kind takes the descriptions of that kind; TypeScript cannot follow that from the union.
  const make = makers[spec.kind] as HandlerMaker<RecordKind>;
  try {
    return make(spec as never, context);
  } catch (error) {
    if (!(error instanceof UnprintableTypeError)) throw error;
    const { message } = error;
    return () => context.output.failure(message);
  }
}

function makePrintf(spec: RecordOf<'printf'>, { show, output, json }: HandlerContext): RecordHandler {
  const constant = constantText(spec.format);
  if (constant !== undefined) {
    const outcome = output.printf(constant);
    return () => outcome;
  }
  const text = compileFormat(spec.format, spec.args, show);
  // Text is what most runs print most: one closure less on the way.
  if (!json) return (record) => ({ kind: 'text', stream: 'stdout', text: text(record) });
  return (record) => output.printf(text(record));
}

function makeJoin(spec: RecordOf<'join'>, { show, output }: HandlerContext): RecordHandler {
  const { offset, count, stride, separator } = spec;
  const { readString } = show.decode;
  return (record) => {
    const parts: string[] = [];
    for (let index = 0; index < count; index++) {
      const part = readString(record, offset + index * stride, stride);
      if (part === '') break;
      parts.push(part);
    }
    return output.join(parts.join(separator));
  };
}

/** Packets of no captured byte are dropped. */
function makePacket(spec: RecordOf<'packet'>, { show }: HandlerContext): RecordHandler {
  const length = compileNumber(spec.length);
  // The slot of the length is the last before the packet.
  const packetStart = spec.length.offset + 8;
  return (record) => {
    const originalLength = length(record);
    // Copied: the record's bytes are reused as soon as it has been handled. Behind the packet may be padding.
    const data = record.slice(spec.dataOffset, packetStart + Math.max(0, originalLength));
    if (data.length === 0) return noOutcome;
    const unixNs = readU64(record, spec.timeNs.offset) + show.lookups.bootToWallNs();
    return { kind: 'packet', path: spec.path, unixNs, data, originalLength };
  };
}
