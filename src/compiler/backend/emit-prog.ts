import { alignUp, invariant } from '../../base/index.ts';
import { encodeInsns, MAX_CALL_FRAMES } from '../../bpf/index.ts';
import { calleesOf, type Func } from '../ir/index.ts';
import { allocateRegisters } from './allocate.ts';
import { fitJumps } from './branch-range.ts';
import { Code, type Label } from './code.ts';
import { emitFunc } from './emit.ts';
import { expandOps } from './expand.ts';
import { type LineStart, linkCode, type Reloc } from './link.ts';
import { defaultEmitOptions, type EmitOptions } from './options.ts';
import { placeSlots } from './place-slots.ts';
import { calledByRaw, emitRawFunc, type RawFunc, reachedRawFuncs } from './raw-func.ts';
import { resolveMoves } from './resolve.ts';
import { selectInsns } from './select.ts';

/** A prog in machine code. */
export interface EmittedProg {
  /** 8 bytes per slot, little-endian. */
  readonly insns: Uint8Array;
  readonly relocs: readonly Reloc[];
  readonly lines: readonly LineStart[];
  /** The functions in the order of their code, the entry point first; `insn` is the slot it starts at. */
  readonly funcs: readonly { readonly name: string; readonly insn: number }[];
  /** Most bytes of stack along a chain of calls. */
  readonly stackBytes: number;
  /** Size the value of this prog's scratch map must have; 0: it needs none. */
  readonly scratchBytes: number;
}

/** The values that a prog keeps at once take more than the stack has. */
export class StackTooSmallError extends Error {
  override readonly name = 'StackTooSmallError';

  constructor(bytes: number, limit: number) {
    super(
      `the variables that this probe keeps at once or shares with its loops need ${bytes} bytes of stack, and a prog has ${limit}`,
    );
  }
}

/**
 * Turns IR into a prog: the first function is its entry point, the others are its subprograms and callbacks. Those nothing calls are
 * left out, since the verifier refuses code that cannot be reached.
 *
 * @throws StackTooSmallError when what is kept at once does not fit the stack.
 */
export function emitProg(
  funcs: readonly Func[],
  options: EmitOptions = {},
  rawFuncs: readonly RawFunc[] = [],
): EmittedProg {
  const all = { ...defaultEmitOptions, ...options };
  const rawNames = new Set(rawFuncs.map(({ name }) => name));
  const reached = reachedFuncs(funcs, rawNames);
  const raw =
    rawFuncs.length === 0
      ? []
      : reachedRawFuncs(
          reached.flatMap((func) => [...calleesOf(func)]),
          rawFuncs,
        );
  let budget = all.stackLimit;
  for (;;) {
    const attempt = emitWithin(reached, raw, all, budget);
    if (attempt.stackBytes <= all.stackLimit) return attempt;
    // What is left are slots that may not leave the stack, and spilled values.
    if (attempt.slotBytes === 0 || budget === 0)
      throw new StackTooSmallError(attempt.stackBytes, all.stackLimit);
    // Slots take what the spilled values leave over; one step towards scratch at a time.
    budget = Math.max(0, Math.min(budget - 8, attempt.slotBytes - (attempt.stackBytes - all.stackLimit)));
  }
}

function emitWithin(
  funcs: readonly Func[],
  rawFuncs: readonly RawFunc[],
  options: Required<EmitOptions>,
  stackBudget: number,
): EmittedProg & { readonly slotBytes: number } {
  const code = new Code();
  const all = [...funcs, ...rawFuncs];
  const labels = new Map<string, Label>(all.map(({ name }) => [name, code.newLabel()]));
  const stackOf = new Map<string, number>();
  let scratchBytes = 0;
  let slotBytes = 0;
  for (const func of funcs) {
    const placed = placeSlots(expandOps(func, options), {
      onStackLimit: options.onStackLimit,
      stackBudget,
      scratchBase: scratchBytes,
    });
    scratchBytes += placed.scratchBytes;
    // The slot that holds the key of the look-up cannot move to scratch.
    slotBytes = Math.max(slotBytes, placed.stackBytes - (placed.scratchBytes > 0 ? 8 : 0));
    const machine = selectInsns(placed.func);
    const resolution = resolveMoves(machine, allocateRegisters(machine));
    code.place(labels.get(func.name)!);
    const frame = { slotOffsets: placed.stackOffsets, slotBytes: placed.stackBytes };
    stackOf.set(func.name, emitFunc(code, machine, resolution, frame, labels));
  }
  for (const func of rawFuncs) {
    code.place(labels.get(func.name)!);
    emitRawFunc(code, func, labels);
  }
  const linked = linkCode(fitJumps(code, options.cpuV4));
  return {
    insns: encodeInsns(linked.insns),
    relocs: linked.relocs,
    lines: linked.lines,
    funcs: all.map(({ name }) => ({ name, insn: linked.labelSlots[labels.get(name)!]! })),
    stackBytes: deepestStack(funcs, rawFuncs, stackOf),
    scratchBytes: alignUp(scratchBytes, 8),
    slotBytes,
  };
}

function reachedFuncs(funcs: readonly Func[], rawNames: ReadonlySet<string>): readonly Func[] {
  const entry = funcs[0];
  invariant(entry !== undefined, 'a prog has an entry point');
  const reached = new Set<string>([entry.name]);
  const byName = new Map(funcs.map((func) => [func.name, func]));
  for (const name of reached) {
    if (rawNames.has(name)) continue;
    const func = byName.get(name);
    invariant(func !== undefined, `function ${name} is part of the prog`);
    for (const callee of calleesOf(func)) reached.add(callee);
  }
  return funcs.filter(({ name }) => reached.has(name));
}

/**
 * The kernel sums the frames along a chain of calls, each rounded up to 32 bytes.
 * Source: kernel/bpf/verifier.c, check_max_stack_depth.
 */
function deepestStack(
  funcs: readonly Func[],
  rawFuncs: readonly RawFunc[],
  stackOf: ReadonlyMap<string, number>,
): number {
  const depth = new Map<string, number>();
  const byName = new Map(funcs.map((func) => [func.name, func]));
  const visit = (func: Func, level: number): number => {
    invariant(level <= MAX_CALL_FRAMES, 'at most 8 functions are active at once, and none calls itself');
    const known = depth.get(func.name);
    if (known !== undefined) return known;
    let below = 0;
    for (const callee of calleesOf(func)) {
      const inner = byName.get(callee);
      below = Math.max(below, inner ? visit(inner, level + 1) : rawDepth(callee, rawFuncs, level + 1));
    }
    const own = stackOf.get(func.name)!;
    const sum = (funcs.length + rawFuncs.length === 1 ? own : alignUp(Math.max(own, 1), 32)) + below;
    depth.set(func.name, sum);
    return sum;
  };
  return visit(funcs[0]!, 1);
}

function rawDepth(name: string, rawFuncs: readonly RawFunc[], level: number): number {
  invariant(level <= MAX_CALL_FRAMES, 'at most 8 functions are active at once, and none calls itself');
  const func = rawFuncs.find((candidate) => candidate.name === name);
  if (!func) return 0;
  const below = calledByRaw(func).map((called) => rawDepth(called, rawFuncs, level + 1));
  return alignUp(Math.max(func.stackBytes, 1), 32) + Math.max(0, ...below);
}
