import { readFileSync } from 'node:fs';
import type { ObjectAnswer } from '../program/index.ts';
import { processes } from './processes.ts';
import { systemErrorText } from './system-error.ts';

/** More than any compiler says or writes of a file that is to be a part of a script. */
const MAX_BYTES = 64 << 20;

/** Compiles C for BPF with clang, which has to be installed. */
export function compileC(path: string): ObjectAnswer {
  const flags = ['-target', 'bpf', '-O2', '-g', '-c', '-o', '-', path];
  const { error, status, stdout, stderr } = processes().spawnSync('clang', flags, { maxBuffer: MAX_BYTES });
  if (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      kind: 'refused',
      reason: isMissing ? 'clang, which compiles C, is not installed' : error.message,
    };
  }
  if (status === 0) return { kind: 'object', bytes: new Uint8Array(stdout) };
  return { kind: 'refused', reason: `clang refuses it:\n${stderr.toString('utf8').trimEnd()}` };
}

export function readBytes(path: string): ObjectAnswer {
  try {
    return { kind: 'object', bytes: new Uint8Array(readFileSync(path)) };
  } catch (error) {
    return { kind: 'refused', reason: systemErrorText(error) };
  }
}
