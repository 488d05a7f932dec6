/** From a script to a Program, as the command line has it; and what else can be made of a script than a run. */
import {
  type CompileInput,
  compile,
  type NotedProgram,
  type StageTrace,
  verifyFunc,
  writeObject,
} from '../compiler/index.ts';
import { createSourceFromBytes, type Diagnostic, renderDiagnostics } from '../compiler/language/index.ts';
import type { Program, Target } from '../program/index.ts';
import { systemErrorText } from '../runtime/index.ts';
import type { CommandContext } from './command-context.ts';
import { readCompiled, writeCompiled } from './compiled-file.ts';
import { benchCompiler } from './compiler-bench.ts';
import { exitCodes } from './exit-codes.ts';
import type { Options } from './options.ts';
import { print, say } from './print.ts';
import { replaceFile } from './replace-file.ts';
import type { LoadedScript } from './script-source.ts';
import { dumpStages } from './stage-dumps.ts';
import { pidOf, type TracedProcess } from './traced-process.ts';

/** A script to be compiled, with what the command line says of it. */
export interface Compilation {
  readonly options: Options;
  readonly script: LoadedScript;
  readonly context: CommandContext;
  readonly target: Target;
  readonly traced: TracedProcess;
  readonly probeFilter: RegExp | undefined;
  /** Something else is said when the target lacks events that the script needs. */
  readonly silentAboutAbsence?: boolean;
  /** Said when the target lacks events that the script needs. */
  readonly hintAtAbsence?: string;
}

export type Compiled =
  | { readonly ok: true; readonly program: Program; readonly noted?: NotedProgram }
  /** `isAbsence`: the script is right, but the target lacks events that it needs. */
  | { readonly ok: false; readonly exitCode: number; readonly isAbsence?: boolean };

/** Complaints that speak of the machine and not of the script. */
const absences: ReadonlySet<string> = new Set([
  'probe-missing',
  'probe-empty',
  'probe-unavailable',
  'no-function-list',
]);

/** A wrong config value that stands nowhere in the script came from the environment; it is told without a place. */
function isOfEnvironment({ severity, code, span }: Diagnostic): boolean {
  return severity === 'error' && code.startsWith('config-') && span === undefined;
}

/** The C section's diagnostics all begin so. */
function isOfDefinitions({ severity, code }: Diagnostic): boolean {
  return severity === 'error' && code.startsWith('c-');
}

/** Compiles the script and says what is wrong with it. */
export function compileScript(work: Compilation): Compiled {
  const { options, context } = work;
  const faults: string[] = [];
  const { program, noted, diagnostics } = compile(inputOf(work, traceFor(work, faults)));
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const isAbsence = errors.length > 0 && errors.every(({ code }) => absences.has(code));
  if (isAbsence && work.silentAboutAbsence) return { ok: false, exitCode: exitCodes.refused, isAbsence };
  const ofScript = diagnostics.filter((diagnostic) => !isOfEnvironment(diagnostic));
  say(renderDiagnostics(ofScript, { colour: context.color, errorsOnly: options.warnings === 'hidden' }));
  if (isAbsence && work.hintAtAbsence !== undefined) context.messages.hint(work.hintAtAbsence);
  for (const fault of faults) context.messages.error(`the IR is wrong: ${fault}`);
  if (faults.length > 0) return { ok: false, exitCode: exitCodes.internal };
  if (program !== undefined) return { ok: true, program, ...(noted === undefined ? {} : { noted }) };
  if (errors.some(({ code }) => code === 'probe-other-mode'))
    return { ok: false, exitCode: exitCodes.runtime };
  const environmental = errors.filter(isOfEnvironment);
  for (const { message } of environmental) context.messages.plain(message);
  const isInternal = environmental.length > 0 || errors.some(isOfDefinitions);
  return { ok: false, exitCode: isInternal ? exitCodes.internal : exitCodes.refused, isAbsence };
}

/** Shows stages (-d) and collects what the IR checker objects to (--verify-llvm-ir). */
function traceFor({ options, script }: Compilation, faults: string[]): StageTrace {
  const dumps = dumpStages(options.debug, script, {
    out: print,
    err: say,
  });
  if (!options.verifyIr) return dumps;
  return {
    ...dumps,
    func: (stage, func) => {
      faults.push(...verifyFunc(func).map((problem) => `${func.name}, ${stage}: ${problem}`));
      dumps.func?.(stage, func);
    },
  };
}

function inputOf(work: Compilation, trace: StageTrace): CompileInput {
  const { options, probeFilter } = work;
  const pid = pidOf(work.traced);
  return {
    trace,
    source: createSourceFromBytes(work.script.name, work.script.bytes),
    target: work.target,
    positional: options.scriptArguments.positional,
    environment: process.env,
    options: {
      isUnsafe: options.unsafe,
      mode: runMode(options),
      runtimeWarnings: ({ hidden: 'none', usual: 'default', all: 'all' } as const)[options.warnings],
      excludeSelf: options.excludeSelf,
      isKept: options.aot !== undefined,
      isObject: options.emitElf !== undefined,
      notesEvents:
        options.record !== undefined && options.backend !== 'embedded' && runMode(options) === 'run',
      includeFiles: options.includeFiles,
      ...(pid === undefined ? {} : { pid }),
      filtersByPid: work.traced.kind === 'pid',
      ...(probeFilter === undefined ? {} : { probeFilter }),
    },
  };
}

/** A file of --aot in place of a script. */
export function openCompiled({ options, script, context, target }: Compilation): Compiled {
  const refuse = (message: string): Compiled => {
    context.messages.error(message);
    return { ok: false, exitCode: exitCodes.refused };
  };
  if (options.scriptArguments.positional.length > 0) {
    return refuse('AOT does not yet support positional parameters');
  }
  const read = readCompiled(script.name, script.bytes, target);
  if (!read.ok) return refuse(read.message);
  const knowsSelf = read.program.runtimeConstants.some(({ what }) => what === 'self-pid');
  if (options.excludeSelf && !knowsSelf)
    return refuse('the program was compiled without --exclude-self: say it together with --aot');
  return { ok: true, program: read.program };
}

/** `--mode compiler-bench`. */
export function measureCompilation(work: Compilation): number {
  const compiled = compileScript(work);
  if (!compiled.ok) return compiled.exitCode;
  benchCompiler(
    (trace) => void compile(inputOf(work, trace)),
    (line) => print(`${line}\n`),
  );
  return exitCodes.ok;
}

/** Writes the files that --emit-elf and --aot name; the result is what went wrong. */
export function writeOutputs(options: Options, program: Program, target: Target): string | undefined {
  if (options.emitElf !== undefined) {
    const object = writeObject(program);
    if (!object.ok) return object.problem;
    try {
      replaceFile(options.emitElf, object.bytes);
    } catch (error) {
      return `Failed to write '${options.emitElf}': ${systemErrorText(error)}`;
    }
  }
  return options.aot === undefined ? undefined : writeCompiled(options.aot, program, target);
}

/** Which probes the command line asks for. */
export function runMode({ mode }: Options): 'run' | 'test' | 'bench' {
  return mode === 'test' || mode === 'bench' ? mode : 'run';
}
