import { existsSync } from 'node:fs';
import { unreachable } from '../base/index.ts';
import { bpfRefusal, kernelRelease, OutputError } from '../runtime/index.ts';
import { type BackendChoice, chooseBackend, type RefusalWords, tellRefusal } from './backend-choice.ts';
import type { CommandContext } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { type InvokedName, invokedName, nameThreads } from './invoked-name.ts';
import { createMessages, wantsColor } from './messages.ts';
import { type Options, parseOptions } from './options.ts';
import { print, ReaderGoneError, say } from './print.ts';
import {
  type Credentials,
  isLockedDown,
  lockdownMessage,
  missingCapability,
  oldKernelWarning,
  ownCredentials,
} from './privileges.ts';
import { loadScript, ScriptUnreadableError } from './script-source.ts';
import { findSubcommand } from './subcommands.ts';
import { writesToTerminal } from './terminal.ts';
import { usageText } from './usage.ts';
import { versionText } from './version.ts';

export { warmUp } from './warm-up.ts';

/** The entry of the bundle: runs the command line of this process and sets its exit code. */
export function runFromCommandLine(): void {
  const name = invokedName(process.argv[1]);
  nameThreads(name);
  /** What holds on to something outside of this process lets it go when that exits. */
  const endByFault = (error: unknown): void => {
    const outputCode = codeOfLostOutput(error);
    if (outputCode !== undefined) process.exit(outputCode);
    const what = error instanceof Error ? error.stack : error;
    sayIfPossible(`${name}: internal error, please report it: ${what}\n`);
    process.exit(exitCodes.refused);
  };
  // Callbacks of the event loop fail beside the promise of the run.
  process.on('uncaughtException', endByFault);
  main(process.argv.slice(2), name).then((code) => {
    process.exitCode = code;
  }, endByFault);
}

/**
 * Runs one command line (without the command's name); the result is the exit code.
 *
 * @param whoAsks whose rights count; nobody is asked where they do not matter.
 */
export async function main(
  words: readonly string[],
  name: InvokedName,
  whoAsks: () => Credentials = ownCredentials,
): Promise<number> {
  try {
    return await command(words, name, whoAsks);
  } catch (error) {
    const code = codeOfLostOutput(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** The exit code when what was to be written was not taken, of which it tells; undefined for every other error. */
function codeOfLostOutput(error: unknown): number | undefined {
  if (error instanceof ReaderGoneError) return exitCodes.brokenPipe;
  if (!(error instanceof OutputError)) return undefined;
  const { color } = wantsColor(process.env['BPFTRACE_COLOR'], writesToTerminal());
  createMessages(sayIfPossible, { color, showWarnings: true }).error(error.message);
  return exitCodes.runtime;
}

/** The last words of a command, which standard error may not take either. */
function sayIfPossible(text: string): void {
  try {
    say(text);
  } catch (error) {
    if (!(error instanceof ReaderGoneError || error instanceof OutputError)) throw error;
  }
}

async function command(
  words: readonly string[],
  name: InvokedName,
  whoAsks: () => Credentials,
): Promise<number> {
  const subcommand = name === 'tetrace' ? findSubcommand(words[0]) : undefined;
  if (subcommand !== undefined) return (await subcommand())(words.slice(1));

  const invocation = parseOptions(words, { fileExists: existsSync });
  const { color, problem } = wantsColor(process.env['BPFTRACE_COLOR'], writesToTerminal());
  const showWarnings = !(invocation.kind === 'script' && invocation.options.warnings === 'hidden');
  const messages = createMessages(say, { color, showWarnings });
  if (problem !== undefined) messages.warning(problem);
  const context: CommandContext = { name, messages, color, whoAsks };

  switch (invocation.kind) {
    case 'help':
      print(usageText(name));
      return exitCodes.ok;
    case 'version':
      print(`${versionText(name)}\n`);
      return exitCodes.ok;
    case 'usage-error':
      if (invocation.parserMessage !== undefined) messages.plain(`${name}: ${invocation.parserMessage}`);
      if (invocation.message !== undefined) messages.error(invocation.message);
      if (invocation.showUsage) say(usageText(name));
      return exitCodes.refused;
    case 'info':
      if (!(await isAllowed(context))) return exitCodes.refused;
      return (await import('./info.ts')).infoCommand(invocation.disabledFeatures, context);
    case 'script':
      return dispatch(invocation.options, context);
    default:
      return unreachable(invocation);
  }
}

async function dispatch(options: Options, context: CommandContext): Promise<number> {
  const { messages } = context;
  try {
    const script = options.script && loadScript(options.script);
    if (options.mode === 'format' && script !== undefined) {
      const { formatCommand } = await import('./format.ts');
      return formatCommand(script, options.output, context);
    }
    if (options.replay !== undefined) {
      const { replayCommand } = await import('./replay.ts');
      return await replayCommand(options.replay, options, script, context);
    }
    if (options.scenario !== undefined && script !== undefined && options.listing === undefined) {
      const { scenarioCommand } = await import('./scenario.ts');
      return await scenarioCommand(options.scenario, options, script, context);
    }
    const isListing = options.listing !== undefined || script === undefined;
    const choice = choose(options, isListing, context);
    if (choice.kind === 'refused') {
      const suggestsEmbedded = context.name === 'tetrace' && !isListing;
      await tellRefusal(choice.refusal, wordsFor(context), messages, suggestsEmbedded);
      return exitCodes.refused;
    }
    if (choice.kind === 'given' && choice.backend === 'kernel' && !isListing && isLockedDown()) {
      messages.plain(lockdownMessage(context.name));
      return exitCodes.refused;
    }
    if (options.listing !== undefined || script === undefined) {
      const { listCommand } = await import('./list.ts');
      return await listCommand(options, script, context);
    }
    const { runScript } = await import('./run.ts');
    if (choice.kind === 'stand-in') {
      const standIn = { refusal: choice.refusal, words: wordsFor(context) };
      return await runScript({ ...options, backend: 'embedded' }, script, context, standIn);
    }
    const oldKernel = choice.backend === 'kernel' ? oldKernelWarning(kernelRelease()) : undefined;
    if (oldKernel !== undefined) messages.warning(oldKernel);
    return await runScript({ ...options, backend: choice.backend }, script, context);
  } catch (error) {
    if (!(error instanceof ScriptUnreadableError)) throw error;
    messages.error(error.message);
    return exitCodes.refused;
  }
}

/** Where the command line runs; a listing needs no bpf(2), only what the kernel shows. */
function choose(options: Options, isListing: boolean, { name, whoAsks }: CommandContext): BackendChoice {
  if (options.backend === 'embedded') return { kind: 'given', backend: 'embedded' };
  if (process.platform !== 'linux') {
    const refusal = { missing: undefined, reason: bpfRefusal() };
    const wantsKernel = options.backend === 'kernel' || name === 'bpftrace';
    return { kind: wantsKernel ? 'refused' : 'stand-in', refusal };
  }
  const missing = missingCapability(whoAsks());
  const given = isListing ? 'kernel' : options.backend;
  return chooseBackend({ name, given, missing, ask: bpfRefusal });
}

function wordsFor({ name, whoAsks }: CommandContext): RefusalWords {
  return { who: whoAsks(), name, command: givenCommand() };
}

/** Says so and answers false when this process may not trace. */
async function isAllowed(context: CommandContext): Promise<boolean> {
  const isLinux = process.platform === 'linux';
  const missing = isLinux ? missingCapability(context.whoAsks()) : undefined;
  if (isLinux && missing === undefined) return true;
  const reason = isLinux ? undefined : bpfRefusal();
  await tellRefusal({ missing, reason }, wordsFor(context), context.messages, false);
  return false;
}

/** The command as the user typed it, near enough to be repeated: `npm start -- ...` stays that. */
function givenCommand(): readonly string[] {
  const started =
    process.env['npm_lifecycle_event'] === 'start' ? ['npm', 'start', '--'] : [process.argv[1] ?? 'tetrace'];
  return [...started, ...process.argv.slice(2)];
}
