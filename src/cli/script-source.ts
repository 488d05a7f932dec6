import { unreachable } from '../base/index.ts';
import { readNamed, systemErrorText } from '../runtime/index.ts';
import type { ScriptInput } from './options.ts';

const STDIN = 0;
/** Scripts and what --aot makes of them; the longest tools have 50 kB. */
const MAX_SCRIPT_BYTES = 64 << 20;

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
      return { name: 'stdin', bytes: readBytes(STDIN, 'stdin') };
    case 'file':
      return { name: input.path, bytes: readBytes(input.path, input.path) };
    default:
      return unreachable(input);
  }
}

function readBytes(file: string | number, name: string): Uint8Array {
  try {
    return readNamed(file, MAX_SCRIPT_BYTES);
  } catch (error) {
    throw new ScriptUnreadableError(`failed to open file '${name}': ${systemErrorText(error)}`, {
      cause: error,
    });
  }
}
