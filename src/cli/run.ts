import type { CommandContext } from './main.ts';
import type { Options } from './options.ts';
import type { LoadedScript } from './script-source.ts';

/** Compiles and runs a script; the result is the exit code. */
export async function runScript(
  _options: Options,
  _script: LoadedScript,
  _context: CommandContext,
): Promise<number> {
  throw new Error('running scripts is not built yet');
}
