import { type GivenOption, splitArguments } from './getopt.ts';
import type { OptionId } from './option-table.ts';
import { type ScriptArguments, splitScriptArguments } from './script-params.ts';

/** Where the script's text comes from. */
export type ScriptInput =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' };

const modes = ['codegen', 'compiler-bench', 'bench', 'test', 'format'] as const;
export type Mode = (typeof modes)[number];

const bufferings = ['line', 'full', 'none'] as const;
export type Buffering = (typeof bufferings)[number];

/** Kernel features that `--no-feature` takes; `kprobe` is ours. */
const disableableFeatures = ['kprobe', 'kprobe_multi', 'kprobe_session', 'uprobe_multi'] as const;
export type DisableableFeature = (typeof disableableFeatures)[number];

/** Stages of `-d`; `ir` is ours. */
const debugStages = [
  'parse',
  'ast',
  'types',
  'ir',
  'codegen',
  'codegen-opt',
  'dis',
  'libbpf',
  'verifier',
] as const;
export type DebugStage = (typeof debugStages)[number];

const backends = ['kernel', 'embedded'] as const;
export type BackendName = (typeof backends)[number];

/** Everything a command line that names a script, or asks for a list, says. Values are as typed unless said otherwise. */
export interface Options {
  /** Undefined for a listing by pattern, and where a replay names none. */
  readonly script: ScriptInput | undefined;
  readonly scriptArguments: ScriptArguments;
  /** Set for `-l`: the pattern, or undefined when the probes of `script` are to be listed. */
  readonly listing: { readonly pattern: string | undefined } | undefined;
  readonly mode: Mode | undefined;
  readonly verbose: boolean;
  readonly quiet: boolean;
  /** `hidden`: --no-warnings; `all`: -k. */
  readonly warnings: 'hidden' | 'usual' | 'all';
  /** Not yet a number: what is wrong with it is said after the privileges are known (parsePid). */
  readonly pid: string | undefined;
  readonly dwarfPids: readonly string[];
  readonly command: string | undefined;
  readonly usdtFileActivation: boolean;
  readonly excludeSelf: boolean;
  readonly childExitCode: boolean;
  readonly output: string | undefined;
  /** Checked when running: 'text' and 'json' are known. */
  readonly format: string | undefined;
  readonly buffering: Buffering | undefined;
  readonly includeDirs: readonly string[];
  readonly includeFiles: readonly string[];
  readonly debugInfoDirs: readonly string[];
  readonly traceableFunctions: string | undefined;
  readonly unsafe: boolean;
  readonly disabledFeatures: ReadonlySet<DisableableFeature>;
  /** undefined: the kernel, or what stands in for it (chooseBackend). */
  readonly backend: BackendName | undefined;
  readonly probeFilter: string | undefined;
  /** Where the run is recorded, and what recording is replayed. */
  readonly record: string | undefined;
  readonly replay: string | undefined;
  /** The scenario that the script runs on. */
  readonly scenario: string | undefined;
  readonly dryRun: boolean;
  readonly debug: ReadonlySet<DebugStage>;
  readonly verifyIr: boolean;
  readonly emitElf: string | undefined;
  readonly emitIr: string | undefined;
  readonly aot: string | undefined;
}

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: 'script'; readonly options: Options }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'info'; readonly disabledFeatures: ReadonlySet<DisableableFeature> }
  | UsageError;

/** The command line is wrong; exit code 1. */
export interface UsageError {
  readonly kind: 'usage-error';
  /** After `ERROR: `; undefined when the usage text says it all. */
  readonly message: string | undefined;
  /** A line of the option parser itself, printed after the command's name instead of `ERROR: `. */
  readonly parserMessage: string | undefined;
  readonly showUsage: boolean;
}

export interface ParseContext {
  /** Whether a path exists: `-l x` lists the probes of a script when it does, else those that match the pattern. */
  readonly fileExists: (path: string) => boolean;
}

/** Reads a command line, without the command's name. Source: bpftrace 0.27. */
export function parseOptions(words: readonly string[], context: ParseContext): Invocation {
  if (words.length === 0) return usageError({ showUsage: true });
  const { options, operands, problem } = splitArguments(words);
  const draft = emptyDraft();
  for (const given of options) {
    // Options act in the order given: `--no-feature x --info` is told about x, and `-h` wins over what follows it.
    const outcome = handlers[given.id](draft, given.value);
    if (outcome !== undefined) return outcome;
  }
  if (problem !== undefined) return usageError({ parserMessage: problem, showUsage: true });
  return complete(draft, operands, options, context);
}

function complete(
  draft: Draft,
  operands: readonly string[],
  given: readonly GivenOption[],
  context: ParseContext,
): Invocation {
  if (draft.command && draft.pid)
    return usageError({ message: 'USAGE: Cannot use both -c and -p.', showUsage: true });
  if (draft.warnings === 'all' && draft.aot !== undefined)
    return usageError({ message: 'Cannot use -k with --aot' });
  if (draft.record !== undefined && draft.replay !== undefined)
    return usageError({ message: 'Cannot use both --record and --replay.' });
  const others = (['record', 'replay', 'command', 'pid', 'backend'] as const).filter(
    (key) => draft[key] !== undefined,
  );
  if (draft.scenario !== undefined && others.length > 0)
    return usageError({ message: `Cannot use both --scenario and ${spellings[others[0]!]}.` });
  const program: ScriptInput | undefined = draft.program ? { kind: 'text', text: draft.program } : undefined;
  if (given.some(({ id }) => id === 'list')) {
    if (operands.length > 1) return usageError({ showUsage: true });
    const [operand] = operands;
    const script: ScriptInput | undefined =
      operand !== undefined && context.fileExists(operand) ? { kind: 'file', path: operand } : program;
    const pattern = operand === undefined || operand === '*' ? '*:*' : operand;
    return {
      kind: 'script',
      options: {
        ...finish(draft),
        script,
        scriptArguments: splitScriptArguments([]),
        listing: { pattern: script === undefined ? pattern : undefined },
      },
    };
  }
  const [first, ...rest] = operands;
  const script = program ?? (first === undefined ? undefined : scriptInput(first));
  if (script === undefined && draft.replay === undefined)
    return usageError({ message: "USAGE: filename or -e 'program' required." });
  const scriptArguments = splitScriptArguments(program === undefined ? rest : operands);
  return { kind: 'script', options: { ...finish(draft), script, scriptArguments, listing: undefined } };
}

/** What cannot be said along with a scenario. */
const spellings = {
  record: '--record',
  replay: '--replay',
  command: '-c',
  pid: '-p',
  backend: '--backend',
} as const;

function scriptInput(operand: string): ScriptInput {
  return operand === '-' ? { kind: 'stdin' } : { kind: 'file', path: operand };
}

/** What the options have said so far. */
interface Draft extends Mutable<Omit<Options, 'script' | 'scriptArguments' | 'listing' | ListKey | SetKey>> {
  program: string | undefined;
  readonly dwarfPids: string[];
  readonly includeDirs: string[];
  readonly includeFiles: string[];
  readonly debugInfoDirs: string[];
  readonly disabledFeatures: Set<DisableableFeature>;
  readonly debug: Set<DebugStage>;
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type ListKey = 'dwarfPids' | 'includeDirs' | 'includeFiles' | 'debugInfoDirs';
type SetKey = 'disabledFeatures' | 'debug';

function emptyDraft(): Draft {
  return {
    program: undefined,
    mode: undefined,
    verbose: false,
    quiet: false,
    warnings: 'usual',
    pid: undefined,
    dwarfPids: [],
    command: undefined,
    usdtFileActivation: false,
    excludeSelf: false,
    childExitCode: false,
    output: undefined,
    format: undefined,
    buffering: undefined,
    includeDirs: [],
    includeFiles: [],
    debugInfoDirs: [],
    traceableFunctions: undefined,
    unsafe: false,
    disabledFeatures: new Set(),
    backend: undefined,
    probeFilter: undefined,
    record: undefined,
    replay: undefined,
    scenario: undefined,
    dryRun: false,
    debug: new Set(),
    verifyIr: false,
    emitElf: undefined,
    emitIr: undefined,
    aot: undefined,
  };
}

function finish(draft: Draft): Omit<Options, 'script' | 'scriptArguments' | 'listing'> {
  const { program: _, ...options } = draft;
  // An empty argument counts as none, as it does upstream.
  return {
    ...options,
    pid: draft.pid || undefined,
    command: draft.command || undefined,
    output: draft.output || undefined,
  };
}

/** What one option does: changes the draft, or ends the parsing with an answer. */
type Handler = (draft: Draft, value: string) => Invocation | undefined;

/** The draft's fields that hold a T, or a T and nothing yet. */
type KeyOf<T> = {
  [K in keyof Draft]-?: [T] extends [Draft[K]] ? ([Draft[K]] extends [T | undefined] ? K : never) : never;
}[keyof Draft];

const switchOn =
  (key: KeyOf<boolean>): Handler =>
  (draft) => {
    draft[key] = true;
    return undefined;
  };

const store =
  (key: KeyOf<string>): Handler =>
  (draft, value) => {
    draft[key] = value;
    return undefined;
  };

const append =
  (key: ListKey, separator?: string): Handler =>
  (draft, value) => {
    draft[key].push(...(separator === undefined ? [value] : value.split(separator)));
    return undefined;
  };

const ignore: Handler = () => undefined;

const handlers: Record<OptionId, Handler> = {
  program: store('program'),
  list: ignore, // looked for once everything is known
  verbose: switchOn('verbose'),
  help: () => ({ kind: 'help' }),
  version: () => ({ kind: 'version' }),
  info: (draft) => ({ kind: 'info', disabledFeatures: draft.disabledFeatures }),
  pid: store('pid'),
  cmd: store('command'),
  'dwarf-pid': append('dwarfPids'),
  'usdt-file-activation': switchOn('usdtFileActivation'),
  'exclude-self': switchOn('excludeSelf'),
  'child-exit-code': switchOn('childExitCode'),
  output: store('output'),
  format: store('format'),
  buffering: (draft, value) => {
    const mode = bufferings.find((name) => name === value);
    if (mode === undefined)
      return usageError({ message: "USAGE: -B must be either 'line', 'full', or 'none'." });
    draft.buffering = mode;
    return undefined;
  },
  quiet: switchOn('quiet'),
  warnings: (draft) => {
    if (draft.warnings === 'all') return usageError({ message: `USAGE: ${repeatedWarnings}` });
    if (draft.warnings === 'hidden') return warningsConflict();
    draft.warnings = 'all';
    return undefined;
  },
  'no-warnings': (draft) => {
    if (draft.warnings === 'all') return warningsConflict();
    draft.warnings = 'hidden';
    return undefined;
  },
  'include-dir': append('includeDirs'),
  include: append('includeFiles'),
  debuginfo: append('debugInfoDirs', ':'),
  'traceable-functions': store('traceableFunctions'),
  unsafe: switchOn('unsafe'),
  'no-feature': (draft, value) => {
    for (const name of value.split(',').filter((part) => part !== '')) {
      const feature = disableableFeatures.find((known) => known === name);
      if (feature === undefined) {
        return usageError({
          message: `USAGE: --no-feature can only have values '${disableableFeatures.join(',')}'.`,
        });
      }
      draft.disabledFeatures.add(feature);
    }
    return undefined;
  },
  backend: (draft, value) => {
    const backend = backends.find((name) => name === value);
    if (backend === undefined)
      return usageError({ message: "USAGE: --backend can only be 'kernel' or 'embedded'." });
    draft.backend = backend;
    return undefined;
  },
  mode: (draft, value) => {
    const mode = modes.find((name) => name === value);
    if (mode === undefined) {
      return usageError({
        message: "USAGE: --mode can only be 'codegen', 'compiler-bench', 'bench', 'test' or 'format'.",
      });
    }
    draft.mode = mode;
    return undefined;
  },
  test: (draft) => setMode(draft, 'test', '--test'),
  bench: (draft) => setMode(draft, 'bench', '--bench'),
  fmt: (draft) => setMode(draft, 'format', '--fmt'),
  'probe-filter': store('probeFilter'),
  record: store('record'),
  replay: store('replay'),
  scenario: store('scenario'),
  'dry-run': switchOn('dryRun'),
  debug: (draft, value) => {
    for (const name of value.split(',')) {
      if (name === '') continue;
      const stages = name === 'all' ? debugStages : debugStages.filter((stage) => stage === name);
      if (stages.length === 0) return usageError({ message: `USAGE: invalid option for -d: ${name}` });
      for (const stage of stages) draft.debug.add(stage);
    }
    return undefined;
  },
  'verify-llvm-ir': switchOn('verifyIr'),
  'emit-elf': store('emitElf'),
  'emit-llvm': store('emitIr'),
  aot: store('aot'),
  btf: ignore,
};

const repeatedWarnings =
  '-kk has been deprecated. Use a single -k for runtime warnings for errors in map lookups and probe reads.';

function setMode(draft: Draft, mode: Mode, spelling: string): UsageError | undefined {
  if (draft.mode !== undefined)
    return usageError({ message: `USAGE: ${spelling} conflicts with existing --mode` });
  draft.mode = mode;
  return undefined;
}

function warningsConflict(): UsageError {
  return usageError({ message: 'USAGE: -k, --warnings conflicts with --no-warnings' });
}

function usageError(fields: Partial<Omit<UsageError, 'kind'>>): UsageError {
  return { kind: 'usage-error', message: undefined, parserMessage: undefined, showUsage: false, ...fields };
}
