import { chmodSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
import type { LoadedScript } from './script-source.ts';

/** `--fmt`: prints a script in canonical layout, or writes it to a file. The result is the exit code. */
export function formatCommand(
  script: LoadedScript,
  output: string | undefined,
  { messages, color }: CommandContext,
): number {
  const parsed = parseScript(createSourceFromBytes(script.name, script.bytes));
  if (hasErrors(parsed.diagnostics)) {
    process.stderr.write(renderDiagnostics(parsed.diagnostics, { colour: color, errorsOnly: true }));
    return exitCodes.refused;
  }
  const bytes = arrayOfBytes(bytesOfText(formatScript(parsed.script)));
  if (output === undefined) {
    process.stdout.write(bytes);
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

/** Writes beside the file and renames, so that a reader sees the old text or the new one; a file that was there keeps its mode. */
function replaceFile(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${process.pid}`;
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  try {
    writeFileSync(temporary, bytes, { flag: 'wx' });
    if (mode !== undefined) chmodSync(temporary, mode & 0o7777);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
