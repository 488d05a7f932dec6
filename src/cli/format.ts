import { errnoText } from '../base/index.ts';
import {
  arrayOfBytes,
  bytesOfText,
  createSourceFromBytes,
  formatScript,
  hasErrors,
  parseScript,
  renderDiagnostics,
} from '../compiler/language/index.ts';
import type { CommandContext } from './command-context.ts';
import { exitCodes } from './exit-codes.ts';
import { print, say } from './print.ts';
import { replaceFile } from './replace-file.ts';
import type { LoadedScript } from './script-source.ts';

/** `--fmt`: prints a script in canonical layout, or writes it to a file. The result is the exit code. */
export function formatCommand(
  script: LoadedScript,
  output: string | undefined,
  { messages, color }: CommandContext,
): number {
  const parsed = parseScript(createSourceFromBytes(script.name, script.bytes));
  if (hasErrors(parsed.diagnostics)) {
    say(renderDiagnostics(parsed.diagnostics, { colour: color, errorsOnly: true }));
    return exitCodes.refused;
  }
  const bytes = arrayOfBytes(bytesOfText(formatScript(parsed.script)));
  if (output === undefined) {
    print(bytes);
    return exitCodes.ok;
  }
  try {
    replaceFile(output, bytes);
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    messages.error(`failed to write file '${output}': ${errnoText(-errno)}`);
    return exitCodes.refused;
  }
  return exitCodes.ok;
}
