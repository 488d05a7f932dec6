import { readUnsigned, unreachable } from '../base/index.ts';

/** Above every pid a 64-bit kernel gives out. Source: PID_MAX_LIMIT in include/linux/threads.h. */
const PID_MAX_LIMIT = 0x400000n;

/** A pid given with -p or --dwarf-pid, or what to say about it. */
export type PidText =
  | { readonly ok: true; readonly pid: number }
  | { readonly ok: false; readonly message: string };

/** Reads a pid as it was typed; whether there is such a process is for the caller to find out. */
export function parsePid(text: string): PidText {
  // A number below 0 is read, and is one that no process has.
  const read = readUnsigned(/^-\d+$/.test(text) ? BigInt.asUintN(64, BigInt(text)).toString() : text);
  switch (read.kind) {
    case 'malformed':
      return { ok: false, message: `Failed to parse pid: ${read.reason}: ${text}` };
    case 'overflow':
      return {
        ok: false,
        message: `Failed to parse pid: overflow error, maximum value is ${read.max}: ${text}`,
      };
    case 'integer':
      if (read.value > PID_MAX_LIMIT) return { ok: false, message: `Pid out of range: ${read.value}` };
      return { ok: true, pid: Number(read.value) };
    default:
      return unreachable(read);
  }
}
