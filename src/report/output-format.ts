/**
 * What each thing a run shows looks like, as text and as JSON lines.
 *
 * Both forms are one table of functions of the same names, so neither can lack one. JSON goes to stdout alone.
 */

import { errnoText } from '../base/index.ts';
import type { RuntimeErrorKind, ScriptMap, SourceTrail } from '../program/index.ts';
import { type DiagnosticContext, locatedMessage, placeOf, plainMessage } from './diagnostics.ts';
import { jsonNumber, jsonObject, jsonString, valueJson } from './json.ts';
import { mapJson, mapText } from './map-output.ts';
import type { MapSnapshot } from './map-snapshot.ts';
import { noOutcome, type TextOutcome, toStderr, toStdout } from './outcome.ts';
import { helperErrorText, runtimeErrorTexts } from './runtime-errors.ts';
import { type TextContext, valueText } from './text.ts';
import type { Value } from './value.ts';

/** Something to show, or nothing. */
export type Shown = TextOutcome | typeof noOutcome;

export interface OutputContext extends DiagnosticContext, TextContext {}

/** The texts are binary strings, as everywhere in the report. */
export interface OutputFormat {
  printf(text: string): Shown;
  value(value: Value): Shown;
  map(map: ScriptMap, snapshot: MapSnapshot): Shown;
  time(text: string): Shown;
  join(text: string): Shown;
  cat(text: string): Shown;
  /** What a command of `system()` printed. */
  system(text: string): Shown;
  /** errorf and warnf. */
  report(severity: 'ERROR' | 'WARNING', text: string, trail: SourceTrail): Shown;
  helperError(helper: string, retcode: number, trail: SourceTrail): Shown;
  runtimeError(error: RuntimeErrorKind, trail: SourceTrail): Shown;
  /** An error of ours while handling a record, with no place in the script. */
  failure(text: string): Shown;
  attached(probes: number): Shown;
  lost(events: bigint): Shown;
  /** All that were lost, when the run ends. */
  lostInAll(events: bigint): Shown;
  /** What probes missed, when the run ends. */
  missed(text: string): Shown;
  /** What stands between a run's output and the maps printed at its end. */
  ended(): Shown;
}

export function textFormat(context: OutputContext): OutputFormat {
  return {
    printf: toStdout,
    value: (value) => toStdout(`${valueText(value, context)}\n`),
    map: (map, snapshot) => shownText(mapText(map, snapshot, context)),
    time: toStdout,
    join: (text) => toStdout(`${text}\n`),
    cat: toStdout,
    system: (text) => toStdout(`${text}\n`),
    report: (severity, text, trail) => toStderr(locatedMessage(severity, text, trail, context, false)),
    helperError(helper, retcode, trail) {
      const text = `${helperErrorText(helper, retcode)}\nAdditional Info - helper: ${helper}, retcode: ${retcode}`;
      return toStderr(locatedMessage('WARNING', text, trail, context, true));
    },
    runtimeError: (error, trail) =>
      toStderr(locatedMessage('WARNING', runtimeErrorTexts[error], trail, context, true)),
    failure: (text) => failure(text, context),
    attached: (probes) => toStderr(`Attached ${probes} probe${probes === 1 ? '' : 's'}\n`),
    lost: (events) => toStderr(`Lost ${events} events\n`),
    lostInAll: (events) => warning(`Total lost event count: ${events}`, context),
    missed: (text) => warning(text, context),
    ended: () => toStdout('\n\n'),
  };
}

export function jsonFormat(context: OutputContext): OutputFormat {
  return {
    printf: (text) => line('printf', jsonString(text)),
    value: (value) => line('value', valueJson(value, context)),
    map(map, snapshot) {
      const json = mapJson(map, snapshot, context);
      return json === undefined ? noOutcome : toStdout(`${json}\n`);
    },
    time: (text) => line('time', jsonString(text)),
    join: (text) => line('join', jsonString(text)),
    cat: (text) => line('cat', jsonString(text)),
    system: (text) => line('syscall', jsonString(text)),
    report: (severity, text, trail) =>
      members([
        ['type', severity === 'ERROR' ? '"errorf"' : '"warnf"'],
        ['msg', jsonString(text)],
        ...placeMembers(trail, context),
      ]),
    helperError: (helper, retcode, trail) =>
      members([
        ['type', '"helper_error"'],
        ['msg', jsonString(errnoText(-retcode))],
        ['helper', jsonString(helper)],
        ['retcode', String(retcode)],
        ...placeMembers(trail, context),
      ]),
    runtimeError: (error, trail) =>
      members([
        ['type', '"runtime_error"'],
        ['msg', jsonString(runtimeErrorTexts[error])],
        ...placeMembers(trail, context),
      ]),
    failure: (text) => failure(text, context),
    attached: (probes) => counted('attached_probes', 'probes', String(probes)),
    lost: (events) => counted('lost_events', 'events', jsonNumber(events)),
    lostInAll: (events) => warning(`Total lost event count: ${events}`, context),
    missed: (text) => warning(text, context),
    ended: () => noOutcome,
  };
}

type Member = readonly [key: string, json: string];

function shownText(text: string): Shown {
  return text === '' ? noOutcome : toStdout(text);
}

function failure(text: string, context: OutputContext): TextOutcome {
  return toStderr(plainMessage('ERROR', text, context.color));
}

/** What is said of a whole run: on stderr beside JSON as well. */
function warning(text: string, context: OutputContext): TextOutcome {
  return toStderr(plainMessage('WARNING', text, context.color));
}

function line(type: string, data: string): TextOutcome {
  return toStdout(`{"type": "${type}", "data": ${data}}\n`);
}

function counted(type: string, noun: string, count: string): TextOutcome {
  return toStdout(`{"type": "${type}", "count": ${count}, "data": {"${noun}": ${count}}}\n`);
}

function members(list: readonly Member[]): TextOutcome {
  return toStdout(`${jsonObject(list)}\n`);
}

function placeMembers(trail: SourceTrail, context: OutputContext): Member[] {
  const { filename, line: number, column } = placeOf(trail.at, context.sources);
  return [
    ['filename', jsonString(filename)],
    ['line', String(number)],
    ['col', String(column)],
  ];
}
