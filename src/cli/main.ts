import { existsSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import { unreachable } from '../base/index.ts';
import { exitCodes } from './exit-codes.ts';
import { type InvokedName, invokedName, nameThreads } from './invoked-name.ts';
import { createMessages, type Messages, wantsColor } from './messages.ts';
import { type Options, parseOptions } from './options.ts';
import {
  isLockedDown,
  lockdownMessage,
  missingCapability,
  oldKernelWarning,
  ownCredentials,
  privilegeMessage,
} from './privileges.ts';
import { loadScript, ScriptUnreadableError } from './script-source.ts';
import { findSubcommand } from './subcommands.ts';
import { writesToTerminal } from './terminal.ts';
import { usageText } from './usage.ts';
import { versionText } from './version.ts';

export { warmUp } from './warm-up.ts';

/** What every command is told about how it was called. */
export interface CommandContext {
  readonly name: InvokedName;
  readonly messages: Messages;
  /** Whether diagnostics are coloured. */
  readonly color: boolean;
}

/** The entry of the bundle: runs the command line of this process and sets its exit code. */
export function runFromCommandLine(): void {
  const name = invokedName(process.argv[1]);
  nameThreads(name);
  main(process.argv.slice(2), name).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      writeSync(
        2,
        `${name}: internal error, please report it: ${error instanceof Error ? error.stack : error}\n`,
      );
      process.exitCode = exitCodes.refused;
    },
  );
}

/** Runs one command line (without the command's name); the result is the exit code. */
export async function main(words: readonly string[], name: InvokedName): Promise<number> {
  const subcommand = name === 'tetrace' ? findSubcommand(words[0]) : undefined;
  if (subcommand !== undefined) return (await subcommand())(words.slice(1));

  const invocation = parseOptions(words, { fileExists: existsSync });
  const { color, problem } = wantsColor(process.env['BPFTRACE_COLOR'], writesToTerminal());
  const showWarnings = !(invocation.kind === 'script' && invocation.options.warnings === 'hidden');
  const messages = createMessages((line) => void process.stderr.write(line), { color, showWarnings });
  if (problem !== undefined) messages.warning(problem);
  const context: CommandContext = { name, messages, color };

  switch (invocation.kind) {
    case 'help':
      process.stdout.write(usageText(name));
      return exitCodes.ok;
    case 'version':
      process.stdout.write(`${versionText(name)}\n`);
      return exitCodes.ok;
    case 'usage-error':
      if (invocation.parserMessage !== undefined) messages.plain(`${name}: ${invocation.parserMessage}`);
      if (invocation.message !== undefined) messages.error(invocation.message);
      if (invocation.showUsage) process.stderr.write(usageText(name));
      return exitCodes.refused;
    case 'info':
      if (!isAllowed(context)) return exitCodes.refused;
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
    // A program that never reaches the kernel needs no privileges.
    if (options.backend === 'kernel') {
      if (!isAllowed(context)) return exitCodes.refused;
      if (options.listing === undefined && isLockedDown()) {
        messages.plain(lockdownMessage(context.name));
        return exitCodes.refused;
      }
    }
    if (options.listing !== undefined || script === undefined) {
      const { listCommand } = await import('./list.ts');
      return await listCommand(options, script, context);
    }
    const oldKernel = options.backend === 'kernel' ? oldKernelWarning(release()) : undefined;
    if (oldKernel !== undefined) messages.warning(oldKernel);
    const { runScript } = await import('./run.ts');
    return await runScript(options, script, context);
  } catch (error) {
    if (!(error instanceof ScriptUnreadableError)) throw error;
    messages.error(error.message);
    return exitCodes.refused;
  }
}

/** Says so and answers false when this process may not trace. */
function isAllowed({ name, messages }: CommandContext): boolean {
  const who = ownCredentials();
  const missing = missingCapability(who);
  if (missing === undefined) return true;
  const { error, hint } = privilegeMessage(missing, who, name, givenCommand());
  messages.error(error);
  messages.hint(hint);
  return false;
}

/** The command as the user typed it, near enough to be repeated: `npm start -- ...` stays that. */
function givenCommand(): readonly string[] {
  const started =
    process.env['npm_lifecycle_event'] === 'start' ? ['npm', 'start', '--'] : [process.argv[1] ?? 'tetrace'];
  return [...started, ...process.argv.slice(2)];
}
