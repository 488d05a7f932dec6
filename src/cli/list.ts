import {
  type ListContext,
  type ListedProbe,
  listProbes,
  listScript,
  listTypeDefinitions,
  listTypeNames,
  parseTypePattern,
} from '../compiler/index.ts';
import { createSourceFromBytes, renderDiagnostics } from '../compiler/language/index.ts';
import type { Target } from '../program/index.ts';
import { isKernelError, LiveMachine, loadEmbedded, UnreadableBtfError } from '../runtime/index.ts';
import type { CommandContext } from './command-context.ts';
import { disabledFeatures } from './disabled-features.ts';
import { exitCodes } from './exit-codes.ts';
import { functionListProblem } from './function-list.ts';
import type { Options } from './options.ts';
import { print, say } from './print.ts';
import type { LoadedScript } from './script-source.ts';
import { openTracedProcess, pidOf } from './traced-process.ts';

/** Arguments stand below their probe. */
const PARAM_INDENT = '    ';

/** `-l`: prints the probes of a script, or the probes and types that match a pattern. The result is the exit code. */
export async function listCommand(
  options: Options,
  script: LoadedScript | undefined,
  context: CommandContext,
): Promise<number> {
  const { messages } = context;
  const pattern = options.listing?.pattern ?? '*:*';
  if (script === undefined && looksLikeFile(pattern)) {
    messages.warning(
      `It appears that '${pattern}' is a filename but the file does not exist. Treating '${pattern}' as a search pattern.`,
    );
  }
  const problem = functionListProblem(options.traceableFunctions);
  if (problem !== undefined) {
    messages.error(problem);
    return exitCodes.refused;
  }
  const opened = await openTracedProcess(options);
  if (!opened.ok) {
    messages.error(opened.message);
    return exitCodes.refused;
  }
  try {
    const pid = pidOf(opened.traced);
    const target = await targetOf(options);
    const said = new Set<string>();
    const listContext: ListContext = {
      target,
      withParams: options.verbose,
      ...(pid === undefined ? {} : { pid }),
      // Several providers may miss the same thing.
      warn: (text) => {
        if (!said.has(text)) messages.warning(text);
        said.add(text);
      },
    };
    const text =
      script === undefined
        ? listPatterns(pattern, listContext)
        : listProbesOfScript(script, options, context, listContext);
    if (text === undefined) return exitCodes.refused;
    print(text);
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof UnreadableBtfError) {
      messages.error(error.message);
      return exitCodes.refused;
    }
    if (!isKernelError(error)) throw error;
    messages.error(error.message);
    return exitCodes.runtime;
  } finally {
    await opened.close();
  }
}

/** What is listed: the kernel's probes, or those that the embedded machine would have of a process. */
async function targetOf(options: Options): Promise<Target> {
  const places = {
    environment: process.env,
    includeDirs: options.includeDirs,
    debugInfoDirs: options.debugInfoDirs,
    unsafe: options.unsafe,
  };
  if (options.backend === 'embedded') {
    const { EmbeddedMachine } = await loadEmbedded();
    const traced = { pid: process.pid, kind: 'other' } as const;
    return new EmbeddedMachine({ ...places, ...(process.platform === 'linux' ? { traced } : {}) }).target;
  }
  return new LiveMachine({
    ...places,
    disabledFeatures: disabledFeatures(options.disabledFeatures),
    ...(options.traceableFunctions === undefined ? {} : { traceableFunctions: options.traceableFunctions }),
  }).target;
}

/** Has a dot, and neither colon nor star: no pattern one would write. */
function looksLikeFile(pattern: string): boolean {
  return pattern.includes('.') && !/[:*]/.test(pattern);
}

/** What the patterns name, in their order; a comma stands between two. */
function listPatterns(patterns: string, context: ListContext): string {
  return patterns
    .split(',')
    .map((pattern) => pattern.trim().replaceAll(/\s+/g, ' '))
    .map((pattern) => {
      const types = parseTypePattern(pattern);
      if (types === undefined) return probeLines(listProbes(pattern, context));
      if (!context.target.btf()) context.warn("types are listed from the kernel's BTF, and there is none");
      return context.withParams
        ? listTypeDefinitions(types, context.target)
            .map((definition) => `${definition}\n\n`)
            .join('')
        : listTypeNames(types, context.target)
            .map((name) => `${name}\n`)
            .join('');
    })
    .join('');
}

/** Says what is wrong with the script's attach points; undefined when that was an error. */
function listProbesOfScript(
  script: LoadedScript,
  options: Options,
  { color }: CommandContext,
  context: ListContext,
): string | undefined {
  const { probes, diagnostics } = listScript(
    {
      source: createSourceFromBytes(script.name, script.bytes),
      target: context.target,
      positional: options.scriptArguments.positional,
      environment: process.env,
      options: {
        isUnsafe: options.unsafe,
        mode: 'run',
        runtimeWarnings: 'default',
        includeFiles: options.includeFiles,
        ...(context.pid === undefined ? {} : { pid: context.pid }),
      },
    },
    context,
  );
  say(renderDiagnostics(diagnostics, { colour: color, errorsOnly: options.warnings === 'hidden' }));
  return probes && probeLines(probes);
}

function probeLines(probes: readonly ListedProbe[]): string {
  const lines: string[] = [];
  for (const { name, params } of probes) {
    lines.push(name);
    for (const param of params) lines.push(PARAM_INDENT + param);
  }
  return lines.map((line) => `${line}\n`).join('');
}
