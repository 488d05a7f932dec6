import type { JumpOp, Operation } from '../bpf/index.ts';
import { compute } from './arithmetic.ts';
import { holds, narrow } from './comparison.ts';
import type { Here } from './here.ts';
import { type Bounds, constant, constantOf, intersect, isConstant, type Scalar } from './scalar.ts';
import { copyState, mapValues, type State, settleNull } from './state.ts';
import type { Pointer, Value } from './values.ts';

type Jump = Extract<Operation, { kind: 'jump' }>;

/** The ways on from a conditional jump; a missing one cannot be gone. */
export interface Ways {
  readonly taken: State | undefined;
  readonly next: State | undefined;
}

const ZERO = constant(0n);

/** Splits the state at a conditional jump. */
export function branch(here: Here, jump: Jump): Ways {
  const a = here.read(jump.dst);
  const b: Value =
    jump.operand.kind === 'reg' ? here.read(jump.operand.reg) : constant(BigInt(jump.operand.imm));
  if (a.kind === 'scalar' && b.kind === 'scalar') return compareNumbers(here, jump, a, b);
  if (a.kind === 'opaque' || b.kind === 'opaque') return here.doubt();
  if (jump.width === 64 && (jump.op === 'eq' || jump.op === 'ne')) {
    if (a.kind === 'pointer' && b.kind === 'scalar') return compareWithNull(here, jump.op, a, b);
    if (b.kind === 'pointer' && a.kind === 'scalar') return compareWithNull(here, jump.op, b, a);
    if (a.kind === 'pointer' && b.kind === 'pointer') return comparePointers(here, jump.op, a, b);
  }
  return { taken: copyState(here.state), next: here.state };
}

function compareWithNull(here: Here, op: 'eq' | 'ne', pointer: Pointer, other: Scalar): Ways {
  const { state } = here;
  if (constantOf(other) !== 0n) {
    if (other.isVague) return here.doubt();
    return { taken: copyState(state), next: state };
  }
  if (!pointer.orNull)
    return op === 'eq' ? { taken: undefined, next: state } : { taken: state, next: undefined };
  const taken = copyState(state);
  settleNull(taken, pointer, op === 'eq', ZERO);
  settleNull(state, pointer, op === 'ne', ZERO);
  return { taken, next: state };
}

/** A pointer that equals one that is not null is not null either. */
function comparePointers(here: Here, op: 'eq' | 'ne', a: Pointer, b: Pointer): Ways {
  const { state } = here;
  const taken = copyState(state);
  const same = op === 'eq' ? taken : state;
  if (a.orNull && !b.orNull) settleNull(same, a, false, ZERO);
  if (b.orNull && !a.orNull) settleNull(same, b, false, ZERO);
  return { taken, next: state };
}

/** How a number compares with itself. */
const withItself: Readonly<Record<Exclude<JumpOp, 'set'>, boolean>> = {
  eq: true,
  ge: true,
  le: true,
  sge: true,
  sle: true,
  ne: false,
  gt: false,
  lt: false,
  sgt: false,
  slt: false,
};

function compareNumbers(here: Here, jump: Jump, a: Scalar, b: Scalar): Ways {
  const { state } = here;
  const { op, width } = jump;
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x !== undefined && y !== undefined)
    return holds(op, width, x, y) ? { taken: state, next: undefined } : { taken: undefined, next: state };
  const isSame = a === b || (a.id !== 0 && a.id === b.id && a.delta === b.delta);
  if (isSame && op !== 'set')
    return withItself[op] ? { taken: state, next: undefined } : { taken: undefined, next: state };
  const ifTaken = narrow(op, width, a, b, true);
  const ifNot = narrow(op, width, a, b, false);
  if (ifTaken === undefined && ifNot === undefined) return { taken: undefined, next: undefined };
  if (ifTaken !== undefined && ifNot !== undefined && (a.isVague || b.isVague)) return here.doubt();
  const taken = ifTaken && (ifNot === undefined ? state : copyState(state));
  const otherReg = jump.operand.kind === 'reg' ? jump.operand.reg : undefined;
  const next = ifNot && state;
  const isTakenThere = taken === undefined || learn(taken, jump.dst, otherReg, a, b, ifTaken!);
  const isNextThere = next === undefined || learn(next, jump.dst, otherReg, a, b, ifNot!);
  return { taken: isTakenThere ? taken : undefined, next: isNextThere ? next : undefined };
}

/** Writes down what a comparison says of its registers and of all numbers linked to them. False: it cannot be. */
function learn(
  state: State,
  dst: number,
  other: number | undefined,
  a: Scalar,
  b: Scalar,
  known: readonly [Bounds, Bounds],
): boolean {
  const { regs } = state.frames[state.frames.length - 1]!;
  const first = withBounds(a, known[0]);
  const second = withBounds(b, known[1]);
  regs[dst] = first;
  if (other !== undefined && other !== dst) regs[other] = second;
  return spread(state, first) && (other === undefined || spread(state, second));
}

function withBounds(scalar: Scalar, bounds: Bounds): Scalar {
  if (isConstant(bounds))
    return { ...constant(bounds.value), isVague: scalar.isVague, id: scalar.id, delta: scalar.delta };
  return { ...scalar, ...bounds };
}

function spread(state: State, source: Scalar): boolean {
  if (source.id === 0) return true;
  let isPossible = true;
  mapValues(state, (value) => {
    if (value.kind !== 'scalar' || value.id !== source.id || value === source) return value;
    const delta = BigInt.asUintN(64, value.delta - source.delta);
    const bounds = delta === 0n ? source : compute('add', 64, source, constant(delta)).bounds;
    const both = intersect(value, bounds);
    if (both === undefined) {
      isPossible = false;
      return value;
    }
    return withBounds(value, both);
  });
  return isPossible;
}
