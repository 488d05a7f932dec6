import { unreachable } from '../base/index.ts';
import type { SourceTrail } from '../program/index.ts';

/**
 * Why the machine stopped a prog. The kernel's verifier would have refused most of these before the first run; the machine notices
 * them when they happen.
 */
export type FaultCause =
  /** `near` says what the address looks like: the null pointer, a number, a pointer that is no longer valid. */
  | {
      readonly kind: 'bad-address';
      readonly access: Access;
      readonly address: bigint;
      readonly size: number;
      readonly near: string;
    }
  /** `limit`: bytes of the region that may be accessed this way. */
  | {
      readonly kind: 'out-of-bounds';
      readonly access: Access;
      readonly region: string;
      readonly offset: number;
      readonly size: number;
      readonly limit: number;
    }
  | { readonly kind: 'read-only'; readonly region: string }
  | { readonly kind: 'insn-limit'; readonly limit: number }
  | { readonly kind: 'call-depth'; readonly limit: number }
  | {
      readonly kind: 'bad-argument';
      readonly helper: string;
      readonly argument: number;
      readonly expected: string;
    }
  /** What a helper reports of the prog that is no matter of one argument. */
  | { readonly kind: 'misuse'; readonly what: string }
  /** The environment has no answer. */
  | { readonly kind: 'unanswered'; readonly what: string };

export type Access = 'read' | 'write' | 'atomic';

/** A run that was ended, and where. `insn` counts 8-byte slots of the prog. */
export interface Fault {
  readonly cause: FaultCause;
  /** Index into Program.progs. */
  readonly prog: number;
  readonly progName: string;
  readonly insn: number;
  /** The place of the script that the instruction stands for. */
  readonly trail: SourceTrail | undefined;
}

/** Carries a cause out of the middle of a run; the machine catches it and adds the place. */
export class FaultError extends Error {
  override readonly name = 'FaultError';
  readonly reason: FaultCause;

  constructor(reason: FaultCause) {
    super(describeCause(reason));
    this.reason = reason;
  }
}

function describeCause(cause: FaultCause): string {
  switch (cause.kind) {
    case 'bad-address':
      return `${verbs[cause.access]} ${bytesOf(cause.size)} at 0x${cause.address.toString(16)}, which is ${cause.near}`;
    case 'out-of-bounds': {
      const { access, size, offset, region, limit } = cause;
      return `${verbs[access]} ${bytesOf(size)} at offset ${offset} of ${region}, which has ${limit}`;
    }
    case 'read-only':
      return `writes to ${cause.region}, which is read-only`;
    case 'insn-limit':
      return `does not come to an end within ${cause.limit} instructions`;
    case 'call-depth':
      return `calls more than ${cause.limit} functions deep`;
    case 'bad-argument':
      return `calls bpf_${cause.helper} with an argument ${cause.argument} that is no ${cause.expected}`;
    case 'misuse':
    case 'unanswered':
      return cause.what;
    default:
      return unreachable(cause);
  }
}

const verbs: Readonly<Record<Access, string>> = { read: 'reads', write: 'writes', atomic: 'changes' };

function bytesOf(size: number): string {
  return size === 1 ? '1 byte' : `${size} bytes`;
}

/**
 * The fault as one line: `script.bt:3:5-18: prog vfs_read reads 8 bytes at 0x0, which is the null pointer (instruction 12)`.
 *
 * @param sources the script's sources, by index (Program.sources).
 */
export function describeFault(fault: Fault, sources: MachineSources): string {
  const text = `prog ${fault.progName} ${describeCause(fault.cause)} (instruction ${fault.insn})`;
  if (fault.trail === undefined) return text;
  const { source, line, column, endLine, endColumn } = fault.trail.at;
  // A range of lines has no single end column to show.
  const range = line === endLine ? `${line}:${column}-${endColumn}` : `${line}-${endLine}`;
  return `${sources[source]?.name ?? 'script'}:${range}: ${text}${quoteOf(fault, sources)}`;
}

/** Names and texts of a script's sources. */
export type MachineSources = readonly { readonly name: string; readonly text?: string }[];

/** What the script wanted to know, where nobody knew it: `, for "str(args.filename)"`. */
function quoteOf({ cause, trail }: Fault, sources: MachineSources): string {
  if (cause.kind !== 'unanswered' || trail === undefined) return '';
  const { source, line, column, endLine, endColumn } = trail.at;
  const text = sources[source]?.text?.split('\n')[line - 1];
  return text === undefined || line !== endLine ? '' : `, for "${text.slice(column - 1, endColumn - 1)}"`;
}
