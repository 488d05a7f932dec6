import type { Program } from '../program/index.ts';
import { createReport } from '../report/index.ts';
import {
  HeldChild,
  isKernelError,
  LiveMachine,
  OutputStream,
  runToEntry,
  type ServiceState,
  tellServiceManager,
  UnreadableBtfError,
} from '../runtime/index.ts';
import { encodeConstants, loadVerdicts, type RunOptions, trace } from '../tracer/index.ts';
import { type Refusal, type RefusalWords, servedHint, standInNotice, tellRefusal } from './backend-choice.ts';
import type { CommandContext } from './command-context.ts';
import {
  type Compilation,
  compileScript,
  measureCompilation,
  openCompiled,
  runMode,
  writeOutputs,
} from './compile-script.ts';
import { isCompiled } from './compiled-file.ts';
import { exitCodes } from './exit-codes.ts';
import { functionListProblem } from './function-list.ts';
import type { Messages } from './messages.ts';
import { openOutput } from './open-output.ts';
import type { Options } from './options.ts';
import { outputFormat } from './output-format.ts';
import { print } from './print.ts';
import type { ProgramRun } from './program-run.ts';
import type { RecordedRun, recordRun } from './record-run.ts';
import { LiveControl } from './run-control.ts';
import { backendOf, openMachine, type RunMachine } from './run-machine.ts';
import { namedParamValues } from './script-params.ts';
import type { LoadedScript } from './script-source.ts';
import { loaderLogs } from './stage-dumps.ts';
import { childPidOf, endOf, openTracedProcess, pidOf } from './traced-process.ts';
import { openUnwinding } from './unwinding.ts';

/** The embedded machine runs the script because the kernel lets nobody in. */
export interface StandIn {
  readonly refusal: Refusal;
  readonly words: RefusalWords;
}

/** Compiles and runs a script; the result is the exit code. */
export async function runScript(
  options: Options,
  script: LoadedScript,
  context: CommandContext,
  standIn?: StandIn,
): Promise<number> {
  const { messages } = context;
  const unsupported = unsupportedOption(options) ?? functionListProblem(options.traceableFunctions);
  if (unsupported !== undefined) {
    messages.error(unsupported);
    return exitCodes.refused;
  }
  const format = outputFormat(options, messages);
  if (format === undefined) return exitCodes.refused;
  const probeFilter = readProbeFilter(options.probeFilter);
  if (typeof probeFilter === 'string') {
    messages.error(probeFilter);
    return exitCodes.runtime;
  }
  const opened = await openTracedProcess(options);
  if (!opened.ok) {
    messages.error(opened.message);
    return exitCodes.refused;
  }
  const { traced, close } = opened;
  let machine: RunMachine | undefined;
  try {
    machine = await openMachine(options, traced);
    const work: Compilation = {
      options,
      script,
      context,
      target: machine.target,
      traced,
      probeFilter,
      silentAboutAbsence: standIn !== undefined,
      ...(options.backend === 'embedded' ? { hintAtAbsence: await servedHint() } : {}),
    };
    if (options.mode === 'compiler-bench') return measureCompilation(work);
    const compiled = isCompiled(script.bytes) ? openCompiled(work) : compileScript(work);
    if (!compiled.ok)
      return standIn !== undefined && compiled.isAbsence
        ? await refuse(standIn, messages)
        : compiled.exitCode;
    const { program, noted } = compiled;
    if (standIn !== undefined) {
      if (machine.kind === 'embedded' && !machine.servesAll(program)) return await refuse(standIn, messages);
      messages.plain(standInNotice(standIn.refusal, standIn.words));
    }
    const problem = writeOutputs(options, program, machine.target);
    if (problem !== undefined) {
      messages.error(problem);
      return exitCodes.refused;
    }
    await tellVerdicts(options, program, messages);
    if (options.mode === 'codegen' || options.aot !== undefined) return exitCodes.ok;
    return await runProgram({ options, script, context, machine, traced, program, noted, format });
  } catch (error) {
    if (error instanceof UnreadableBtfError) {
      messages.error(error.message);
      return exitCodes.refused;
    }
    const isFault = machine?.kind === 'embedded' && machine.isFault(error);
    if (!isKernelError(error) && !isFault) throw error;
    messages.error(error.message);
    return exitCodes.runtime;
  } finally {
    await close();
  }
}

/** What kernels would say of the progs, where none is asked: with `-d verifier` all of it, else what the newest would refuse. */
async function tellVerdicts(options: Options, program: Program, messages: Messages): Promise<void> {
  const asksKernel = options.backend === 'kernel' && options.mode !== 'codegen';
  if (asksKernel) return;
  if (options.debug.has('verifier')) {
    const { describeVerdicts } = await loadVerdicts();
    print(`${describeVerdicts(program).join('\n')}\n`);
  } else if (options.backend === 'embedded' && options.warnings !== 'hidden') {
    const { foretellRefusals } = await loadVerdicts();
    for (const line of foretellRefusals(program)) messages.plain(line);
  }
}

/** What stands in cannot serve the script: the kernel's refusal is what there is to say. */
async function refuse({ refusal, words }: StandIn, messages: Messages): Promise<number> {
  await tellRefusal(refusal, words, messages, true);
  return exitCodes.refused;
}

async function runProgram(run: ProgramRun): Promise<number> {
  const { options, machine, traced, program } = run;
  const { messages } = run.context;
  const params = namedParamValues(program.namedParams, options.scriptArguments.named, messages);
  if (params === undefined) return exitCodes.refused;
  const unwinds = program.unwind !== undefined || options.dwarfPids.length > 0;
  const opened =
    unwinds && machine instanceof LiveMachine
      ? openUnwinding(program, machine, traced, options.dwarfPids, (text) => messages.warning(text))
      : undefined;
  if (opened && !opened.ok) {
    messages.error(opened.message);
    return exitCodes.refused;
  }
  const unwinding = opened?.unwinding;
  using stdout = openOutput(options.output, { unbuffered: options.buffering === 'none' }, messages);
  if (stdout === undefined) return exitCodes.refused;
  const stderr = OutputStream.stderr();
  const pid = pidOf(traced);
  const childPid = childPidOf(traced);
  using host = machine.host(program, { stdout, stderr });
  const tellManager = (state: ServiceState): void => {
    const problem = tellServiceManager(process.env, state);
    if (problem !== undefined) messages.warning(problem);
  };
  using control = new LiveControl({
    onStarted: () => {
      tellManager('ready');
      if (traced.kind !== 'child') return;
      const { child } = traced;
      if (!(child instanceof HeldChild && (unwinding || host.showsUserAddresses))) child.release();
      else {
        runToEntry(child, machine.target.arch, () => {
          unwinding?.look(child.pid);
          host.rememberProcess(child.pid, true);
        });
      }
    },
    onFlush: () => {
      unwinding?.refresh();
      host.noteMappings();
      if (pid !== undefined) host.rememberProcess(pid);
      // With full buffering only a full block, or the end, sends something out.
      if (options.buffering !== 'full') stdout.flush();
      return !stdout.isBroken;
    },
  });
  endOf(traced).then(() => control.end());
  const constants = encodeConstants(
    program,
    params,
    machine.facts({
      ...(pid === undefined ? {} : { pid }),
      ...(childPid === undefined ? {} : { childPid }),
    }),
  );
  const runOptions: RunOptions = {
    mode: runMode(options),
    format: run.format,
    dryRun: options.dryRun,
    quiet: options.quiet,
    verbose: options.verbose,
    notifyAttached: process.env['__BPFTRACE_NOTIFY_PROBES_ATTACHED'] !== undefined,
  };
  const recording = await openRecording(run, { host, control, constants, options: runOptions });
  if (typeof recording === 'string') {
    messages.error(recording);
    return exitCodes.refused;
  }
  using record = recording;
  const seenHost = record?.host ?? host;
  const code = await trace({
    program,
    backend: record?.backend ?? backendOf(machine),
    load: {
      constants,
      ...(pid === undefined ? {} : { pid }),
      ...unwinding?.load,
      ...loaderLogs(program, options, print),
    },
    host: seenHost,
    makeReport: (loaded, format: 'text' | 'json' = run.format) =>
      createReport({
        program,
        maps: loaded.maps,
        lookups: seenHost,
        format,
        possibleCpus: machine.target.possibleCpus,
        warnings: options.warnings !== 'hidden',
        color: run.context.color,
      }),
    control: record?.control ?? control,
    messages,
    options: runOptions,
  });
  tellManager('stopping');
  stdout.flush();
  const exitCode = stdout.isBroken ? exitCodes.brokenPipe : childExitCode(run, code);
  record?.end(exitCode);
  return exitCode;
}

/** The parts of the run as --record has them; undefined when nothing is recorded, a text when the file cannot be written. */
async function openRecording(
  run: ProgramRun,
  parts: Parameters<typeof recordRun>[2],
): Promise<RecordedRun | string | undefined> {
  const { record } = run.options;
  if (record === undefined) return undefined;
  const { recordRun } = await import('./record-run.ts');
  return recordRun(record, run, parts);
}

/** With -v says how the command ended; with --child-exit-code that is the exit code, unless the script has one of its own. */
function childExitCode({ options, traced, context }: ProgramRun, code: number): number {
  const end = traced.kind === 'child' ? traced.child.end : undefined;
  if (!end) return code;
  if (options.verbose) {
    context.messages.plain(
      end.signal === undefined
        ? `Child exited with code: ${end.code}`
        : `Child terminated by signal: ${end.signal}`,
    );
  }
  return options.childExitCode && code === 0 ? (end.code ?? 1) : code;
}

/** undefined: none was given; null: it is no regular expression. */
function readProbeFilter(text: string | undefined): RegExp | string | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch (error) {
    // `Invalid regular expression: /(/: Unterminated group`
    const reason = error instanceof SyntaxError ? error.message.split(': ').at(-1) : undefined;
    return `Invalid --probe-filter regex '${text}'${reason === undefined ? '' : `: ${reason}`}`;
  }
}

/** What the command line asks for that cannot be done yet, as an error. */
function unsupportedOption(options: Options): string | undefined {
  if (options.emitIr !== undefined) {
    return 'There is no LLVM IR to write: this compiler makes BPF without LLVM. Its own stages are shown by -d codegen,codegen-opt';
  }
  if (options.excludeSelf && options.emitElf !== undefined)
    return '--exclude-self has no meaning in an object: whoever loads it is not known yet';
  return undefined;
}
