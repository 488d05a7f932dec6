/**
 * A run's records turned into output: text or JSON lines, and effects as data, in the order they are to happen.
 *
 * Each record's description is compiled once into a closure over offsets and types; handling a record is then a table look-up and a call.
 * Nothing here performs anything: maps are read and changed through MapAccess, names come from Lookups, all else is the caller's.
 */

import type { Lookups, MapAccess, Missed, Program, RecordKind } from '../program/index.ts';
import { structTableFrom } from '../types/index.ts';
import { utf8String } from './byte-text.ts';
import { createDecodeContext } from './decode.ts';
import { DecodeError } from './decode-error.ts';
import { readU32 } from './integers.ts';
import { type MapSnapshot, type SnapshotOptions, snapshotMap } from './map-snapshot.ts';
import { missedText } from './missed.ts';
import { type CatEffect, noOutcome, type Outcome, type TextOutcome } from './outcome.ts';
import { jsonFormat, type OutputContext, type Shown, textFormat } from './output-format.ts';
import { type HandlerContext, makeRecordHandler } from './record-handlers.ts';
import { clearMap, type MapStore, zeroMap } from './script-map.ts';

export interface ReportOptions {
  readonly program: Program;
  /** The maps of the loaded program. */
  readonly maps: MapAccess;
  readonly lookups: Lookups;
  readonly format: 'text' | 'json';
  /** The number the program was compiled for (`Target.possibleCpus`): rows of per-CPU slots. */
  readonly possibleCpus: number;
  /** Whether warnf() and the warnings at the end of a run are heard (not with `--no-warnings`). */
  readonly warnings: boolean;
  /** Whether messages on stderr may be coloured. */
  readonly color: boolean;
}

export interface Report {
  /**
   * What a record comes to.
   *
   * @throws DecodeError when it is shorter than its description says, or none of the program's; the report stays usable.
   */
  handle(record: Uint8Array): Outcome;
  /** Whether a record says that something went wrong: errorf(), a helper or an operation that failed. */
  isError(record: Uint8Array): boolean;
  /** The output for a system() that has been run; `stdout` is what the command printed (a binary string). */
  finishSystem(stdout: string): Shown;
  /** A command of system() that ended with another code than 0; the words are bpftrace's. */
  systemFailed(status: number): Shown;
  /** The output for a cat() that has been tried. */
  finishCat(effect: CatEffect, answer: { readonly text: string } | { readonly refused: string }): Shown;
  /** print(@m) of a script map by its index; scalar maps that were never written show a zero. */
  printMap(map: number, options?: SnapshotOptions): Shown;
  /** All maps in the order of their names, as they are printed at the end: maps never written are left out. */
  printAllMaps(): readonly TextOutcome[];
  /** A script map's contents as values, for other ways to show them. */
  snapshot(map: number, options?: SnapshotOptions): MapSnapshot;
  attached(probes: number): Shown;
  /** Records lost since the last time this was reported. */
  lost(events: bigint): Shown;
  /** All records lost in the run; nothing for none. */
  lostInAll(events: bigint): Shown;
  /** Events that probes missed in the run; nothing for none. */
  missed(misses: readonly Missed[]): Shown;
  /** The end of the run's own output, before `printAllMaps`. */
  ended(): Shown;
}

const errorKinds: readonly RecordKind[] = ['errorf', 'helper-error', 'runtime-error'];

export function createReport(options: ReportOptions): Report {
  const { program, lookups } = options;
  const json = options.format === 'json';
  const decode = createDecodeContext(structTableFrom(program.types));
  const store: MapStore = { access: options.maps, table: decode.table, possibleCpus: options.possibleCpus };
  const text = { lookups, truncationTrailer: program.settings.strTruncTrailer };
  const outputContext: OutputContext = { ...text, sources: program.sources, color: options.color };
  const output = json ? jsonFormat(outputContext) : textFormat(outputContext);

  const snapshot = (map: number, how?: SnapshotOptions): MapSnapshot =>
    snapshotMap(mapAt(program, map), store, decode, { ...how, decimals: program.settings.avgDecimals ?? 0 });
  const showMap = (map: number, contents: MapSnapshot): Shown => output.map(mapAt(program, map), contents);

  const context: HandlerContext = {
    show: { ...text, decode },
    output,
    json,
    warnings: options.warnings,
    maxCatBytes: program.settings.maxCatBytes,
    snapshot,
    showMap,
    clear: (map) => clearMap(mapAt(program, map), store),
    zero: (map) => zeroMap(mapAt(program, map), store),
  };
  const handlers = program.records.map((spec) => makeRecordHandler(spec, context));
  const sizes = program.records.map((spec) => spec.sizeBytes);

  return {
    handle(record) {
      const index = record.length < 8 ? -1 : readU32(record, 0);
      const handler = handlers[index];
      const size = sizes[index];
      if (handler === undefined || size === undefined || readU32(record, 4) !== 0) {
        throw new DecodeError(describeStranger(record, handlers.length));
      }
      if (record.length < size) {
        throw new DecodeError(
          `record ${index} (${program.records[index]?.kind}) takes ${size} bytes, but has ${record.length}`,
        );
      }
      return handler(record);
    },
    isError(record) {
      const kind = record.length < 8 ? undefined : program.records[readU32(record, 0)]?.kind;
      return kind !== undefined && errorKinds.includes(kind);
    },
    finishSystem: (stdout) => output.system(stdout),
    systemFailed: (status) => output.failure(`command exited with code ${status} (Invalid argument)`),
    finishCat: (effect, answer) =>
      'text' in answer
        ? output.cat(answer.text)
        : output.failure(`failed to open file '${effect.path}' (${utf8String(answer.refused)})`),
    printMap: (map, how) => showMap(map, snapshot(map, how)),
    printAllMaps() {
      const byName = program.maps.map((map, index) => ({ name: map.name, index }));
      byName.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      return byName.flatMap(({ index }) => {
        const contents = snapshot(index);
        if (contents.kind === 'scalar' && !contents.present) return [];
        const shown = showMap(index, contents);
        return shown.kind === 'text' ? [shown] : [];
      });
    },
    snapshot,
    attached: (probes) => output.attached(probes),
    lost: (events) => output.lost(events),
    lostInAll: (events) => (events > 0n && options.warnings ? output.lostInAll(events) : noOutcome),
    missed(misses) {
      const isSaid = misses.length > 0 && options.warnings;
      return isSaid ? output.missed(missedText(misses, program.probes)) : noOutcome;
    },
    ended: () => output.ended(),
  };
}

function mapAt(program: Program, index: number): Program['maps'][number] {
  const map = program.maps[index];
  if (!map) throw new DecodeError(`there is no map ${index}: the program has ${program.maps.length}`);
  return map;
}

function describeStranger(record: Uint8Array, known: number): string {
  if (record.length < 8) return `a record of ${record.length} bytes is too short to say what it is`;
  const index = `0x${readU32(record, 4).toString(16)}${readU32(record, 0).toString(16).padStart(8, '0')}`;
  return `a record says it is number ${index}, but the program has ${known} kinds`;
}
