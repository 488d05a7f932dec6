/**
 * Files of `--aot`: a line that makes the file run by itself, a line that says what it was made for, and the Program.
 *
 *     #!/opt/tetrace/bin/tetrace
 *     tetrace-program {"version":"0.1.0","arch":"x86_64","kernel":"6.12.1","cpus":8}
 *     {"license":"GPL",…}
 */
import { release } from 'node:os';
import { join } from 'node:path';
import { type Program, programFromText, programToText, type Target } from '../program/index.ts';
import { systemErrorText } from '../runtime/index.ts';
import { packageRoot } from './package-root.ts';
import { replaceFile } from './replace-file.ts';
import { version } from './version.ts';

const MARK = 'tetrace-program ';
/** What the kernel reads of a file to see what runs it. Source: uapi/linux/binfmts.h, BINPRM_BUF_SIZE. */
const SHEBANG_BYTES = 256;

/** The command that wrote the file, wherever it is: no other reads it. A path the kernel would cut or split is looked for in PATH. */
function shebang(): string {
  const line = `#!${join(packageRoot(), 'bin', 'tetrace')}\n`;
  return /\s/.test(line.trimEnd()) || Buffer.byteLength(line) > SHEBANG_BYTES
    ? '#!/usr/bin/env tetrace\n'
    : line;
}

/** What a Program depends on: it holds offsets in the kernel's structs, and a row per CPU. */
interface MadeFor {
  readonly version: string;
  readonly arch: string;
  readonly kernel: string;
  readonly cpus: number;
}

function thisMachine(target: Target): MadeFor {
  return { version, arch: target.arch, kernel: release(), cpus: target.possibleCpus };
}

/** Writes the file; the result is what went wrong. */
export function writeCompiled(path: string, program: Program, target: Target): string | undefined {
  const text = `${shebang()}${MARK}${JSON.stringify(thisMachine(target))}\n${programToText(program)}\n`;
  try {
    replaceFile(path, text, 0o755);
    return undefined;
  } catch (error) {
    return `Failed to write '${path}': ${systemErrorText(error)}`;
  }
}

/** Whether a script is such a file. */
export function isCompiled(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, SHEBANG_BYTES + MARK.length)).toString('latin1');
  return head.startsWith('#!') && head.slice(head.indexOf('\n') + 1).startsWith(MARK);
}

export type ReadCompiled =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly message: string };

/** Reads such a file, which must have been made for this machine by this version. */
export function readCompiled(name: string, bytes: Uint8Array, target: Target): ReadCompiled {
  const [, head = '', body = ''] = Buffer.from(bytes).toString('utf8').split('\n', 3);
  try {
    const made = JSON.parse(head.slice(MARK.length)) as Partial<MadeFor>; // each part is compared below
    const here = thisMachine(target);
    const others = (Object.keys(here) as (keyof MadeFor)[]).filter((part) => made[part] !== here[part]);
    if (others.length > 0) {
      const differences = others.map((part) => `${part} ${made[part]} (here: ${here[part]})`).join(', ');
      return { ok: false, message: `'${name}' was compiled for another machine: ${differences}` };
    }
    return { ok: true, program: programFromText(body) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false, message: `'${name}' is damaged: ${error.message}` };
  }
}
