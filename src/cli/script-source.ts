import { readFileSync } from 'node:fs';
import { unreachable } from '../base/index.ts';
import { systemErrorText } from '../runtime/index.ts';
import type { ScriptInput } from './options.ts';

/** A script's bytes and the name that messages call it by. */
export interface LoadedScript {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The script could not be read; the message is ready to be shown. */
export class ScriptUnreadableError extends Error {
  override readonly name = 'ScriptUnreadableError';
}

/** Reads the script. @throws ScriptUnreadableError */
export function loadScript(input: ScriptInput): LoadedScript {
  switch (input.kind) {
    case 'text':
      return { name: 'stdin', bytes: Buffer.from(input.text, 'utf8') };
    case 'stdin':
      return { name: 'stdin', bytes: readFileSync(0) };
    case 'file':
      try {
        return { name: input.path, bytes: readFileSync(input.path) };
      } catch (error) {
        throw new ScriptUnreadableError(`failed to open file '${input.path}': ${systemErrorText(error)}`, {
          cause: error,
        });
      }
    default:
      return unreachable(input);
  }
}
