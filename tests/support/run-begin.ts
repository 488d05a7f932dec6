import { type CompileOptions, compile } from '../../src/compiler/index.ts';
import { createSource, renderDiagnostics } from '../../src/compiler/language/index.ts';
import type { Feature, Target } from '../../src/program/index.ts';
import { createReport } from '../../src/report/index.ts';
import { EmbeddedMachine } from '../../src/runtime/embedded/index.ts';
import { LiveMachine } from '../../src/runtime/index.ts';
import { encodeConstants } from '../../src/tracer/index.ts';
import { silentLookups } from './report-run.ts';

export interface BeginOptions {
  /** Where it runs; the kernel by default. */
  readonly backend?: 'kernel' | 'embedded';
  /** Features to do without. */
  readonly without?: readonly Feature[];
  readonly positional?: readonly string[];
  readonly runtimeWarnings?: CompileOptions['runtimeWarnings'];
}

/** What a script's `begin` and `end` print: compiled, loaded and run in this process; the maps come last. */
export interface BeginOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

/** @throws Error when the script does not compile or the kernel refuses it, with the reason. */
export function runBegin(script: string, options: BeginOptions = {}): BeginOutput {
  const { backend = 'kernel', without = [], positional = [], runtimeWarnings = 'default' } = options;
  const places = { environment: {}, includeDirs: [], debugInfoDirs: [], unsafe: true };
  const machine =
    backend === 'embedded'
      ? // Nothing is attached, so that it may be any process: its tracepoints are known then.
        new EmbeddedMachine({ ...places, traced: { pid: process.pid, kind: 'other' } })
      : new LiveMachine({ ...places, disabledFeatures: new Set(without) });
  const target: Target =
    machine instanceof LiveMachine
      ? machine.target
      : {
          ...machine.target,
          has: (feature) => !without.includes(feature) && machine.target.has(feature),
        };
  const { program, diagnostics } = compile({
    source: createSource('stdin', script),
    target,
    positional,
    environment: {},
    options: { isUnsafe: true, mode: 'run', runtimeWarnings, includeFiles: [] },
  });
  if (!program) throw new Error(renderDiagnostics(diagnostics));
  const params = new Map(
    program.namedParams.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])),
  );
  const loading = machine
    .backend(false)
    .load(program, { constants: encodeConstants(program, params, machine.facts({})) });
  if (!loading.ok) throw new Error(loading.rejection.log);
  using loaded = loading.loaded;
  const report = createReport({
    program,
    maps: loaded.maps,
    lookups: silentLookups,
    format: 'text',
    possibleCpus: machine.target.possibleCpus,
    warnings: true,
    color: false,
  });
  const output = { stdout: '', stderr: '' };
  let exitCode: number | undefined;
  for (const kind of ['begin', 'end']) {
    for (const probe of program.probes) if (probe.kind === kind) loaded.run(probe.prog);
    loaded.drain((record) => {
      const outcome = report.handle(record);
      if (outcome.kind === 'text') output[outcome.stream] += outcome.text;
      if (outcome.kind === 'exit') exitCode = outcome.code;
      return true;
    });
  }
  for (const { stream, text } of report.printAllMaps()) output[stream] += text;
  return { ...output, exitCode };
}
