/**
 * A run's report without a compiler and without a kernel: records and maps are written by hand, and what comes out is gathered.
 *
 *     const run = new ReportRun();
 *     run.printf('%d\n', [int32, -5]);
 *     run.stdout; // '-5\n'
 */

import { alignUp } from '../../src/base/index.ts';
import {
  type BpfMapSpec,
  type ClockFields,
  type Lookups,
  type MapAccess,
  type MapEntry,
  type Program,
  parseFormat,
  type RecordSlot,
  type RecordSpec,
  type ScriptMap,
  type SourceTrail,
  type SymbolFrame,
} from '../../src/program/index.ts';
import { createReport, type Outcome, type Report, type ReportOptions } from '../../src/report/index.ts';
import { type StructTableData, sizeOf, structTableFrom, type Type } from '../../src/types/index.ts';
import { encodeValue, type Plain } from './encode-value.ts';

export type Argument = readonly [type: Type, value: Plain];

/** Leaves `Omit` a union of descriptions. */
type Unsized<S> = S extends RecordSpec ? Omit<S, 'sizeBytes'> : never;

export interface RunOptions {
  readonly format?: 'text' | 'json';
  readonly types?: StructTableData;
  readonly trailer?: string;
  readonly color?: boolean;
  readonly warnings?: boolean;
  readonly possibleCpus?: number;
  readonly lookups?: Partial<Lookups>;
  readonly sources?: Program['sources'];
}

export const someTrail: SourceTrail = { at: { source: 0, line: 1, column: 9, endLine: 1, endColumn: 13 } };

/** One entry of a map as a test writes it; `cpus` are the values of several CPUs. */
export interface WrittenEntry {
  readonly key?: Plain;
  /** hist, lhist: bucket. tseries: slot. */
  readonly part?: number;
  readonly value?: Plain;
  readonly cpus?: readonly Plain[];
}

export class ReportRun {
  readonly #options: RunOptions;
  readonly #types: StructTableData;
  readonly #maps: ScriptMap[] = [];
  readonly bpfMaps = new MemoryMaps();
  readonly outcomes: Outcome[] = [];

  constructor(options: RunOptions = {}) {
    this.#options = options;
    this.#types = options.types ?? { structs: {}, enums: {} };
  }

  /** Text that went to stdout so far; effects are left out. */
  get stdout(): string {
    return this.#textOf('stdout');
  }
  get stderr(): string {
    return this.#textOf('stderr');
  }

  printf(format: string, ...args: readonly Argument[]): this {
    return this.formatted('printf', format, args);
  }

  formatted(
    kind: 'printf' | 'errorf' | 'warnf' | 'cat' | 'system',
    format: string,
    args: readonly Argument[] = [],
    trail: SourceTrail = someTrail,
  ): this {
    const parsed = parseFormat(format);
    if ('unsupported' in parsed) throw new Error(`format has %${parsed.unsupported}`);
    const { slots, bytes } = this.#layOut(args);
    return this.record({ kind, format: parsed, args: slots, trail }, bytes);
  }

  print(type: Type, value: Plain): this {
    const { slots, bytes } = this.#layOut([[type, value]]);
    return this.record({ kind: 'print-value', value: slots[0]! }, bytes);
  }

  /** A record of any kind, with the bytes that follow its index. */
  record(spec: Unsized<RecordSpec>, payload: Uint8Array = new Uint8Array(0)): this {
    const record = recordBytes(0, payload);
    // The union minus one member, put back.
    const whole = { ...spec, sizeBytes: record.length } as RecordSpec;
    this.outcomes.push(this.report([whole]).handle(record));
    return this;
  }

  /** Adds a map kept as a hash, with its contents. */
  map(
    name: string,
    key: Type | undefined,
    value: Type,
    entries: readonly WrittenEntry[],
    perCpu = false,
  ): this {
    const table = structTableFrom(this.#types);
    const split = value.kind === 'hist' || value.kind === 'lhist' || value.kind === 'tseries';
    const index = this.bpfMaps.addHash(
      entries.map((entry) => {
        const parts = [key ? encodeValue(key, entry.key ?? 0, table) : new Uint8Array(split ? 0 : 8)];
        if (split) parts.push(encodeValue({ kind: 'int', size: 8, signed: false }, entry.part ?? 0, table));
        return {
          key: joinAligned(parts),
          values: (entry.cpus ?? [entry.value ?? 0]).map((cpu) => encodeValue(value, cpu, table)),
        };
      }),
    );
    return this.addMap({ name, key, value, storage: { kind: 'hash', map: index, perCpu }, maxEntries: 4096 });
  }

  addMap(map: ScriptMap): this {
    this.#maps.push(map);
    return this;
  }

  printMap(index = this.#maps.length - 1, top = 0, div = 0): this {
    return this.record({ kind: 'print-map', map: index, top, div });
  }

  printAllMaps(): this {
    this.outcomes.push(...this.report().printAllMaps());
    return this;
  }

  report(records: readonly RecordSpec[] = []): Report {
    return createReport(this.#reportOptions(records));
  }

  #reportOptions(records: readonly RecordSpec[]): ReportOptions {
    const { format = 'text', color = false, warnings = true, possibleCpus = 2, lookups = {} } = this.#options;
    return {
      program: this.#program(records),
      maps: this.bpfMaps,
      lookups: { ...silentLookups, ...lookups },
      format,
      color,
      warnings,
      possibleCpus,
    };
  }

  #program(records: readonly RecordSpec[]): Program {
    return {
      license: 'GPL',
      sources: this.#options.sources ?? [{ name: 'stdin', text: '' }],
      bpfMaps: [] satisfies BpfMapSpec[],
      maps: this.#maps,
      records,
      progs: [],
      probes: [],
      types: this.#types,
      runtimeConstants: [],
      namedParams: [],
      settings: {
        printMapsOnExit: true,
        maxCatBytes: 10240,
        strTruncTrailer: this.#options.trailer ?? '..',
        perfRbPages: 0,
        missingProbes: 'error',
        cppDemangle: true,
        cacheUserSymbols: 'PER_PID',
        showDebugInfo: true,
        logSize: 1_000_000,
        maxProbes: 1024,
        maxStrlen: 1024,
      },
    };
  }

  #layOut(args: readonly Argument[]): { slots: RecordSlot[]; bytes: Uint8Array } {
    const table = structTableFrom(this.#types);
    const slots: RecordSlot[] = [];
    const parts: Uint8Array[] = [];
    let offset = 8;
    for (const [type, value] of args) {
      slots.push({ offset, type });
      const bytes = encodeValue(type, value, table);
      if (bytes.length !== sizeOf(type, table)) throw new Error('encodeValue and sizeOf differ');
      parts.push(bytes);
      offset = alignUp(offset + bytes.length, 8);
    }
    return { slots, bytes: joinAligned(parts) };
  }

  #textOf(stream: 'stdout' | 'stderr'): string {
    return this.outcomes
      .map((outcome) => (outcome.kind === 'text' && outcome.stream === stream ? outcome.text : ''))
      .join('');
  }
}

/** A record: its index, then the payload, padded to 8. */
export function recordBytes(index: number, payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(alignUp(8 + payload.length, 8));
  new DataView(record.buffer).setBigUint64(0, BigInt(index), true);
  record.set(payload, 8);
  return record;
}

function joinAligned(parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((offset, part) => alignUp(offset, 8) + part.length, 0);
  const joined = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    offset = alignUp(offset, 8);
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** BPF maps as plain arrays. */
export class MemoryMaps implements MapAccess {
  readonly #maps: (MapEntry[] | Uint8Array)[] = [];

  addHash(entries: readonly MapEntry[]): number {
    return this.#maps.push([...entries]) - 1;
  }
  addArray(bytes: Uint8Array): number {
    return this.#maps.push(bytes) - 1;
  }

  entries(map: number): MapEntry[] {
    return [...this.#hash(map)];
  }
  readArray(map: number): Uint8Array {
    return this.#array(map).slice();
  }
  writeArray(map: number, offset: number, bytes: Uint8Array): void {
    this.#array(map).set(bytes, offset);
  }
  update(map: number, key: Uint8Array, values: readonly Uint8Array[]): void {
    this.delete(map, key);
    this.#hash(map).push({ key, values });
  }
  delete(map: number, key: Uint8Array): void {
    const hash = this.#hash(map);
    const at = hash.findIndex((entry) => entry.key.join() === key.join());
    if (at >= 0) hash.splice(at, 1);
  }

  #hash(map: number): MapEntry[] {
    const found = this.#maps[map];
    if (!Array.isArray(found)) throw new Error(`map ${map} is no hash`);
    return found;
  }
  #array(map: number): Uint8Array {
    const found = this.#maps[map];
    if (!(found instanceof Uint8Array)) throw new Error(`map ${map} is no array`);
    return found;
  }
}

/** 2026-11-22 12:38:51 UTC, a Sunday. */
export const someMoment = 1_795_351_131_000_000_000n;

/** UTC, no names for anything. */
export const silentLookups: Lookups = {
  kernelSymbol: () => [] satisfies SymbolFrame[],
  userSymbol: () => [],
  userName: () => undefined,
  cgroupPath: () => '',
  localTime: utcOf,
  now: () => someMoment,
  bootToWallNs: () => 0n,
};

/** By way of Date, so that the report's own calendar is not tested with itself. */
export function utcOf(unixNs: bigint): ClockFields {
  const date = new Date(Number(unixNs / 1_000_000n));
  const year = date.getUTCFullYear();
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekday: date.getUTCDay(),
    yearday: Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000),
    zone: 'UTC',
    offsetMinutes: 0,
  };
}
