/** What --record adds to a run. Loaded when a command line asks for it: the reading and writing of recordings, and the machine's taps, are many modules. */
import type { LoadOptions } from '../program/index.ts';
import { factsOfRun, machineTap, type NotedLoad, typesOfRun } from '../recording/index.ts';
import type { RunOptions, TraceRun } from '../tracer/index.ts';
import type { ProgramRun } from './program-run.ts';
import { openRecordFile, type RecordFile } from './record-file.ts';
import { backendOf } from './run-machine.ts';
import { childPidOf } from './traced-process.ts';

/** The parts of a run as they are while it is recorded. */
export interface RecordedRun extends Disposable, Pick<TraceRun, 'backend' | 'host' | 'control'> {
  /** Makes the recording whole. `exitCode`: how the command ends. */
  end(exitCode: number): void;
}

/** Begins the recording of a run in the file `path`; the text is what is wrong with the file. */
export async function recordRun(
  path: string,
  run: ProgramRun,
  parts: Pick<TraceRun, 'host' | 'control'> & {
    readonly constants: LoadOptions['constants'];
    readonly options: RunOptions;
  },
): Promise<RecordedRun | string> {
  const file = await openRecord(path, run, parts);
  if (typeof file === 'string') return file;
  const { recorder, sink } = file;
  const backend = backendOf(run.machine, run.machine.kind === 'embedded' ? machineTap(sink) : undefined);
  return {
    backend: recorder.backend(backend, notedLoad(run)),
    host: recorder.host(parts.host),
    control: recorder.control(parts.control),
    end: (exitCode) => file.end(exitCode),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

async function openRecord(
  path: string,
  { options, script, machine, traced, program }: ProgramRun,
  run: { readonly constants: LoadOptions['constants']; readonly options: RunOptions },
): Promise<RecordFile | string> {
  const { target } = machine;
  const text = Buffer.from(script.bytes).toString('latin1');
  const moment = await machine.moment();
  const facts = factsOfRun(program, target, { ...moment, childPid: childPidOf(traced) ?? 0 });
  return openRecordFile(path, {
    script: { name: script.name, text },
    arguments: options.scriptArguments.positional,
    program,
    constants: run.constants,
    machine: facts,
    btf: options.backend === 'embedded' ? undefined : typesOfRun(text, program, facts.tracepoints, target),
    backend: options.backend ?? 'kernel',
    options: run.options,
    warnings: options.warnings !== 'hidden',
  });
}

/** What is loaded to record events as well, and a line for each probe whose events are not. */
function notedLoad({ noted, options, context }: ProgramRun): NotedLoad | undefined {
  const { messages } = context;
  if (noted === undefined) {
    if (options.backend !== 'embedded')
      messages.warning(
        'The recording holds no events, so it can be replayed, but no other script can run on it',
      );
    return undefined;
  }
  for (const { probe, reason } of noted.left)
    messages.warning(`The recording holds no events of ${probe}: ${reason}`);
  return {
    program: noted.program,
    losses: noted.losses,
    onRefused: ({ prog, log }) => {
      const name = noted.program.progs[prog]?.name ?? `${prog}`;
      const why = log.trimEnd().split('\n').at(-1) ?? '';
      messages.warning(
        `The recording holds no events: the kernel refuses the progs that tell of them (${name}: ${why})`,
      );
      if (options.verbose) messages.plain(log);
    },
  };
}
