import {
  EventFeed,
  type EventFeedOptions,
  type FedNames,
  fedHost,
  fedTarget,
  isMachineError,
  type MachineFacts,
  OutsideError,
} from '../embedded/index.ts';
import type { Target } from '../program/index.ts';
import { createReport } from '../report/index.ts';
import { LocalTime, loadEmbedded, OutputStream } from '../runtime/index.ts';
import { encodeConstants, type RuntimeFacts, trace } from '../tracer/index.ts';
import type { CommandContext } from './command-context.ts';
import { type Compilation, compileScript, runMode } from './compile-script.ts';
import { exitCodes } from './exit-codes.ts';
import { openOutput } from './open-output.ts';
import type { Options } from './options.ts';
import { outputFormat } from './output-format.ts';
import { LiveControl } from './run-control.ts';
import { namedParamValues } from './script-params.ts';
import type { LoadedScript } from './script-source.ts';

/** Events to run a script on, and all that is known of the machine they come from. */
export interface GivenEvents
  extends Pick<EventFeedOptions, 'happenings' | 'endNs' | 'otherwise' | 'unknownProbe'> {
  readonly facts: MachineFacts;
  /** The types of that machine's kernel. */
  readonly btf: ReturnType<Target['btf']>;
  readonly names: FedNames;
  /** For messages: `the recording`. */
  readonly source: string;
}

/** Compiles a script for the machine that events come from, and runs it on them. The result is the exit code. */
export async function runOnEvents(
  options: Options,
  script: LoadedScript,
  context: CommandContext,
  given: GivenEvents,
): Promise<number> {
  const { messages } = context;
  const format = outputFormat(options, messages);
  if (format === undefined) return exitCodes.refused;
  const work: Compilation = {
    options,
    script,
    context,
    traced: { kind: 'none' },
    probeFilter: undefined,
    target: fedTarget(given.facts, await scriptFiles(options), given.btf),
  };
  const compiled = compileScript(work);
  if (!compiled.ok) {
    if (compiled.isAbsence) messages.hint(eventsHint(given));
    return compiled.exitCode;
  }
  const { program } = compiled;
  const params = namedParamValues(program.namedParams, options.scriptArguments.named, messages);
  if (params === undefined) return exitCodes.refused;
  using stdout = openOutput(options.output, { unbuffered: options.buffering === 'none' }, messages);
  if (stdout === undefined) return exitCodes.refused;
  const stderr = OutputStream.stderr({ unbuffered: true });
  using control = new LiveControl({
    onStarted: () => undefined,
    onFlush: () => {
      if (options.buffering !== 'full') stdout.flush();
      return !stdout.isBroken;
    },
  });
  const feed = new EventFeed({
    ...given,
    program,
    soon: (callback) => void setImmediate(callback),
    onEnd: () => control.end(),
  });
  const time = new LocalTime();
  const host = fedHost({
    names: given.names,
    source: given.source,
    bootToWallNs: given.facts.bootToWallNs,
    nowNs: () => feed.nowNs,
    localTime: (unixNs) => time.at(unixNs),
    stdout: (text) => stdout.write(text),
    stderr: (text) => {
      stdout.flush();
      stderr.write(text);
    },
  });
  try {
    const code = await trace({
      program,
      host,
      control,
      messages,
      backend: feed.backend(),
      load: { constants: encodeConstants(program, params, runtimeFacts(given.facts)) },
      makeReport: (loaded, reportFormat: 'text' | 'json' = format) =>
        createReport({
          program,
          maps: loaded.maps,
          lookups: host,
          format: reportFormat,
          color: context.color,
          possibleCpus: given.facts.possibleCpus,
          warnings: options.warnings !== 'hidden',
        }),
      options: {
        mode: runMode(options),
        format,
        dryRun: options.dryRun,
        quiet: options.quiet,
        verbose: options.verbose,
        notifyAttached: false,
      },
    });
    stdout.flush();
    return stdout.isBroken ? exitCodes.brokenPipe : code;
  } catch (error) {
    if (!isMachineError(error) && !(error instanceof OutsideError)) throw error;
    // What was printed before is true.
    stdout.flush();
    messages.error(error.message);
    return exitCodes.runtime;
  }
}

/** Files that the script imports and includes are those of this machine. */
async function scriptFiles(options: Options): Promise<Target> {
  const { EmbeddedMachine } = await loadEmbedded();
  return new EmbeddedMachine({
    environment: process.env,
    includeDirs: options.includeDirs,
    debugInfoDirs: options.debugInfoDirs,
    unsafe: options.unsafe,
  }).target;
}

function runtimeFacts({ startNs, clockOffsets, childPid, tracer }: MachineFacts): RuntimeFacts {
  return {
    'start-boot-ns': startNs,
    'sw-tai-offset-ns': clockOffsets.tai ?? 0n,
    'child-pid': BigInt(childPid),
    'pid-filter': 0n,
    'pidns-dev': 0n,
    'pidns-ino': 0n,
    'self-pid': BigInt(tracer.pid),
  };
}

/** What there is instead of what a script wants. */
function eventsHint({ happenings, source }: GivenEvents): string {
  const names = [...new Set(happenings.map(({ probe }) => probe))];
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length === 0
    ? `${source} holds no events`
    : `${source} holds events of ${shown}${names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''}`;
}

const MAX_NAMES = 12;
