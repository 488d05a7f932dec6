/** Whether a uprobe would stand on the first byte of an instruction: anywhere else its breakpoint changes what the program does. */
import type { Arch } from '../../program/index.ts';
import type { Point, ResolveContext } from './context.ts';
import { x86InstructionLength } from './x86-instruction-length.ts';

export interface CodePlace {
  readonly path: string;
  /** As the script has it, `BINARY:FUNCTION+OFFSET` or `BINARY:ADDRESS`. */
  readonly shown: string;
  readonly address: bigint;
  /** Where the function begins that the address is in; undefined when no symbol says. */
  readonly start: bigint | undefined;
}

const force =
  'Use --unsafe to force attachment. WARNING: This option could lead to data corruption in the target process.';

/** Says what is wrong with a place, if anything; `--unsafe` makes that a warning. */
export function mayStandAt(point: Point, context: ResolveContext, place: CodePlace): boolean {
  const { address, start } = place;
  if (start === address || context.options.namesOnly) return true;
  const answer = start === undefined ? undefined : isBoundary(context, place.path, start, address);
  if (answer === true) return true;
  if (context.options.unsafe) {
    if (answer === false) context.report('uprobe-inside-instruction', point.span, place.shown);
    else
      context.report(
        'uprobe-boundary-unknown',
        point.span,
        `${point.kind}:${place.shown}`,
        start === undefined,
      );
    return true;
  }
  const problem =
    answer === false
      ? `Could not add ${point.kind} into middle of instruction: ${place.shown}`
      : `Could not determine instruction boundary for ${point.kind}:${place.shown}${start === undefined ? ' (binary appears stripped)' : ''}.`;
  context.unavailable(point, `${problem}\n${force}`);
  return false;
}

/** Goes through the instructions of the function; undefined where its bytes are not code that is known. */
function isBoundary(
  context: ResolveContext,
  path: string,
  start: bigint,
  address: bigint,
): boolean | undefined {
  const { target } = context;
  const distance = Number(address - start);
  const fixed = instructionBytes[target.arch];
  if (fixed !== undefined) return distance % fixed === 0;
  // The last one may go on behind the place.
  const code = target.codeAt(path, start, distance + LONGEST_X86);
  if (!code) return undefined;
  let at = 0;
  while (at < distance) {
    const length = x86InstructionLength(code, at);
    if (length === undefined) return undefined;
    at += length;
  }
  return at === distance;
}

const LONGEST_X86 = 15;

/** Bytes of every instruction, where all are equally long. */
const instructionBytes: Readonly<Record<Arch, number | undefined>> = { x86_64: undefined, aarch64: 4 };
