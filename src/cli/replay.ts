import {
  happeningsOf,
  lostNotes,
  type Recording,
  RecordingError,
  ReplayError,
  Replayer,
  type ReplayStreams,
  readRecording,
  recordedNames,
  recordedTypes,
  refusingEnvironment,
} from '../recording/index.ts';
import { createReport } from '../report/index.ts';
import { OutputStream, readNamed, systemErrorText } from '../runtime/index.ts';
import { trace } from '../tracer/index.ts';
import type { CommandContext } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { openOutput } from './open-output.ts';
import type { Options } from './options.ts';
import { runOnEvents } from './run-on-events.ts';
import type { LoadedScript } from './script-source.ts';

/** A recording is read whole, and one read(2) gives Node.js no more. */
const MAX_RECORDING_BYTES = 2047 * 2 ** 20;

/** Prints again what a recorded run printed (`--replay`). The result is its exit code. */
export async function replayCommand(
  path: string,
  options: Options,
  script: LoadedScript | undefined,
  context: CommandContext,
): Promise<number> {
  const { messages } = context;
  const recording = openRecording(path);
  if (typeof recording === 'string') {
    messages.error(`Cannot replay "${path}": ${recording}`);
    return exitCodes.refused;
  }
  const { header } = recording;
  if (script !== undefined && Buffer.from(script.bytes).toString('latin1') !== header.script.text)
    return runOnRecording(recording, options, script, context);
  using stdout = openOutput(options.output, {}, messages);
  if (stdout === undefined) return exitCodes.refused;
  const stderr = OutputStream.stderr({ unbuffered: true });
  const streams: ReplayStreams = {
    stdout: (text) => stdout.write(text),
    stderr: (text) => stderr.write(text),
    flush: () => stdout.flush(),
  };
  try {
    await replay(recording, streams, context);
    return new Replayer(recording).exitCode;
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    stdout.flush();
    messages.error(`Cannot replay "${path}" to its end: ${error.message}`);
    return exitCodes.refused;
  } finally {
    stdout.flush();
  }
}

async function replay(recording: Recording, streams: ReplayStreams, context: CommandContext): Promise<void> {
  const { header } = recording;
  const replayer = new Replayer(recording);
  const host = replayer.host(streams);
  await trace({
    program: header.program,
    backend: replayer.backend(),
    load: { constants: header.constants },
    host,
    makeReport: (loaded, format = header.options.format) =>
      createReport({
        program: header.program,
        maps: loaded.maps,
        lookups: host,
        format,
        possibleCpus: header.machine.possibleCpus,
        warnings: header.warnings,
        color: context.color,
      }),
    control: replayer.control(streams),
    messages: context.messages,
    options: header.options,
  });
  replayer.end();
}

/** Runs another script on the events of a recording. */
function runOnRecording(
  recording: Recording,
  options: Options,
  script: LoadedScript,
  context: CommandContext,
): Promise<number> {
  const { header, items } = recording;
  const lost = lostNotes(recording);
  if (lost > 0n) {
    context.messages.warning(
      `The recording has gaps: ${lost} notes of events found no room in the ring buffer while it was made`,
    );
  }
  return runOnEvents(options, script, context, {
    facts: header.machine,
    btf: recordedTypes(header),
    happenings: happeningsOf(recording),
    names: recordedNames(items),
    otherwise: refusingEnvironment,
    source: 'the recording',
    // What was attached and never happened stays silent.
    unknownProbe: (name) =>
      header.program.probes.some((probe) => probe.name === name)
        ? undefined
        : `the recording holds no events of ${name}`,
  });
}

/** The recording, or what is wrong with it. */
function openRecording(path: string): Recording | string {
  try {
    return readRecording(readNamed(path, MAX_RECORDING_BYTES));
  } catch (error) {
    if (error instanceof RecordingError) return error.message;
    return systemErrorText(error);
  }
}
