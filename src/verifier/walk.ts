import { unreachable } from '../base/index.ts';
import { type Operation, pseudoLoads } from '../bpf/index.ts';
import { compute, convertEndian, fold, signExtend } from './arithmetic.ts';
import { branch } from './branch.ts';
import { type CallbackStart, callHelper } from './helper-call.ts';
import type { Here } from './here.ts';
import { callKfunc } from './kfunc-call.ts';
import type { Step } from './layout.ts';
import { checkAtomic, load, store } from './memory-access.ts';
import { pointerArithmetic } from './pointer-arithmetic.ts';
import { type Bounds, constant, constantOf, lowHalf, type Scalar, scalarOf } from './scalar.ts';
import { type Continuation, copyState, newFrame, type State } from './state.ts';
import { describeValue, none, opaque, pointerTo, type Value } from './values.ts';

/** What follows from one instruction: the states to go on with. The first is followed at once, the other later. */
export interface Onward {
  readonly now: State | undefined;
  readonly later?: State;
}

/** Ways through may_goto that are followed. */
const FOLLOWED_ROUNDS = 8;

/** Does one instruction; the state's `insn` is the next one's afterwards. */
export function follow(here: Here, step: Step): Onward {
  const { state, insn } = here;
  checkKnown(here, step);
  state.insn = insn + (step.kind === 'ld-imm64' ? 2 : 1);
  const go = { now: state };
  switch (step.kind) {
    case 'unknown':
      return here.refuse(
        'instruction',
        `opcode 0x${step.opcode.toString(16)} with these fields is no instruction`,
      );
    case 'alu':
      here.write(step.dst, calculate(here, step));
      return go;
    case 'neg': {
      const value = here.read(step.dst);
      here.write(
        step.dst,
        value.kind === 'scalar'
          ? computed(here, compute('sub', step.width, constant(0n), value), value, value)
          : here.unknown(),
      );
      return go;
    }
    case 'movsx': {
      const value = here.read(step.src);
      if (value.kind === 'pointer')
        here.refuse(
          'pointer-arithmetic',
          `R${step.src} holds ${describeValue(value)}, which is not sign-extended`,
        );
      here.write(
        step.dst,
        value.kind === 'scalar'
          ? computed(here, signExtend(value, step.bits, step.width), value, value)
          : opaque,
      );
      return go;
    }
    case 'endian': {
      const value = here.read(step.dst);
      here.write(
        step.dst,
        value.kind === 'scalar'
          ? computed(here, convertEndian(value, step.to, step.bits), value, value)
          : here.unknown(),
      );
      return go;
    }
    case 'load': {
      const value = load(here, step.base, step.off, step.size);
      here.write(step.dst, step.signed ? extended(here, value, step.size) : value);
      return go;
    }
    case 'load-acquire':
      here.write(step.dst, load(here, step.base, step.off, step.size));
      return go;
    case 'store': {
      const value = step.value.kind === 'reg' ? here.read(step.value.reg) : constant(BigInt(step.value.imm));
      store(here, step.base, step.off, step.size, linked(here, step.value, value));
      return go;
    }
    case 'store-release':
      store(here, step.base, step.off, step.size, here.read(step.src));
      return go;
    case 'atomic':
      atomic(here, step);
      return go;
    case 'ld-imm64':
      here.write(step.dst, wideConstant(here, step.value, step.pseudo));
      return go;
    case 'ld-packet':
      return here.refuse('instruction', 'there is no packet to read for progs of this type');
    case 'jump': {
      const { taken, next } = branch(here, step);
      if (taken !== undefined) taken.insn = insn + 1 + step.off;
      if (next !== undefined) next.insn = insn + 1;
      if (taken !== undefined && next !== undefined) {
        taken.forks++;
        next.forks++;
        return { now: next, later: taken };
      }
      return { now: taken ?? next };
    }
    case 'goto':
      state.insn = insn + 1 + step.off;
      return go;
    case 'may-goto': {
      state.rounds++;
      const taken = copyState(state);
      taken.insn = insn + 1 + step.off;
      return state.rounds > FOLLOWED_ROUNDS ? { now: taken } : { now: state, later: taken };
    }
    case 'call-helper':
      return enterCallback(here, callHelper(here, step.id));
    case 'call-kfunc': {
      const reloc = here.subject.relocs.get(insn);
      callKfunc(here, reloc?.kind === 'kfunc' ? reloc.name : undefined);
      return go;
    }
    case 'call-subprog':
      return callFunction(here, insn + 1 + step.off);
    case 'exit':
      return leave(here);
    default:
      return unreachable(step);
  }
}

/** Refuses what a kernel's instruction set does not have. */
function checkKnown(here: Here, step: Step): void {
  const { atomics, cpuV4, acquireRelease, mayGoto } = here.abilities;
  const isMissing = (): boolean => {
    switch (step.kind) {
      case 'alu':
        return !cpuV4 && (step.op === 'sdiv' || step.op === 'smod');
      case 'movsx':
        return !cpuV4;
      case 'endian':
        return !cpuV4 && step.to === 'swap';
      case 'load':
        return !cpuV4 && step.signed;
      case 'goto':
        return !cpuV4 && step.long;
      case 'may-goto':
        return !mayGoto;
      case 'atomic':
        return !atomics && (step.op !== 'add' || step.fetch);
      case 'load-acquire':
      case 'store-release':
        return !acquireRelease;
      default:
        return false;
    }
  };
  if (isMissing()) here.refuse('instruction', 'this kernel does not have the instruction');
}

type Alu = Extract<Operation, { kind: 'alu' }>;

function calculate(here: Here, step: Alu): Value {
  const { op, width, dst, operand } = step;
  const b: Value = operand.kind === 'reg' ? here.read(operand.reg) : constant(BigInt(operand.imm));
  if (op === 'mov') return moved(here, step, b);
  const a = here.read(dst);
  if (operand.kind === 'imm') {
    const isShift = op === 'lsh' || op === 'rsh' || op === 'arsh';
    if (isShift && (operand.imm < 0 || operand.imm >= width))
      here.refuse('instruction', `R${dst} is shifted by ${operand.imm} bits`);
    const isDivision = op === 'div' || op === 'mod' || op === 'sdiv' || op === 'smod';
    if (isDivision && operand.imm === 0) here.refuse('instruction', `R${dst} is divided by zero`);
  }
  if (a.kind !== 'scalar' || b.kind !== 'scalar') {
    return pointerArithmetic(here, op, width, dst, a, b);
  }
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x !== undefined && y !== undefined && !a.isVague && !b.isVague) {
    const mask = width === 64 ? x : BigInt.asUintN(32, x);
    return constant(fold(op, width, mask, width === 64 ? y : BigInt.asUintN(32, y)));
  }
  const result = computed(here, compute(op, width, a, b), a, b);
  // Sums with a constant stay linked to what was added to.
  const isSum =
    (op === 'add' || op === 'sub') && a.id !== 0 && y !== undefined && constantOf(result) === undefined;
  if (!isSum || (width === 32 && !isSameIn64(op, a, b, result))) return result;
  const by = width === 64 ? BigInt.asIntN(64, y) : BigInt.asIntN(32, y);
  return { ...result, id: a.id, delta: BigInt.asUintN(64, a.delta + (op === 'add' ? by : -by)) };
}

/** Whether 32-bit arithmetic gave what 64-bit arithmetic would have given. */
function isSameIn64(op: 'add' | 'sub', a: Scalar, b: Scalar, result: Bounds): boolean {
  if (a.umax > 0xffff_ffffn) return false;
  const wide = compute(op, 64, a, constant(BigInt.asIntN(32, b.value))).bounds;
  return (
    wide.smin >= 0n && wide.umax <= 0xffff_ffffn && wide.umin === result.umin && wide.umax === result.umax
  );
}

function computed(
  here: Here,
  result: { readonly bounds: Bounds; readonly isVague: boolean },
  a: Scalar,
  b: Scalar,
): Scalar {
  return here.unknown(result.bounds, result.isVague || a.isVague || b.isVague);
}

function moved(here: Here, step: Alu, value: Value): Value {
  const { width, operand } = step;
  if (operand.kind === 'imm')
    return constant(width === 64 ? BigInt(operand.imm) : BigInt.asUintN(32, BigInt(operand.imm)));
  if (width === 64) return linked(here, operand, value);
  if (value.kind !== 'scalar') return value.kind === 'opaque' ? opaque : here.unknown();
  if (value.umax <= 0xffff_ffffn) return linked(here, operand, value);
  return here.unknown(lowHalf(value), value.isVague);
}

/** The value, with an id that the register it comes from gets too, so that what is learnt of one is known of the other. */
function linked(here: Here, operand: { readonly kind: string; readonly reg?: number }, value: Value): Value {
  if (value.kind !== 'scalar' || value.id !== 0 || operand.reg === undefined || value.mask === 0n)
    return value;
  const withId = { ...value, id: here.freshId() };
  here.write(operand.reg, withId);
  return withId;
}

function extended(here: Here, value: Value, size: number): Value {
  if (value.kind !== 'scalar') return value.kind === 'opaque' ? opaque : here.unknown();
  const bits = (size * 8) as 8 | 16 | 32; // loads of 8 bytes have no signed form
  return computed(here, signExtend(value, bits, 64), value, value);
}

function atomic(here: Here, step: Extract<Operation, { kind: 'atomic' }>): void {
  const { base, off, size, src, op, fetch } = step;
  here.read(src);
  if (op === 'cmpxchg') here.read(0);
  checkAtomic(here, base, off, size);
  const old = load(here, base, off, size);
  store(here, base, off, size, here.unknown());
  const result =
    old.kind === 'opaque'
      ? opaque
      : here.unknown(scalarOf(old.kind === 'scalar' ? old : here.unknown()), true);
  if (op === 'cmpxchg') here.write(0, result);
  else if (fetch) here.write(src, result);
}

function wideConstant(here: Here, value: bigint, pseudo: number): Value {
  const reloc = here.subject.relocs.get(here.insn);
  switch (reloc?.kind) {
    case 'map':
      return pointerTo({ space: 'map', map: reloc.map });
    case 'map-value':
      return pointerTo({ space: 'map-value', map: reloc.map }, BigInt(reloc.offset));
    case 'ksym':
    case 'kfunc':
      return opaque;
    case undefined:
      break;
    default:
      return unreachable(reloc);
  }
  if (pseudo === 0) return constant(value);
  if (pseudo !== pseudoLoads.BPF_PSEUDO_FUNC) return here.doubt();
  if (!here.abilities.callbacks) here.refuse('instruction', 'this kernel has no functions as values');
  const insn = here.insn + 1 + Number(BigInt.asIntN(32, value));
  return pointerTo({ space: 'func', insn });
}

function enterCallback(here: Here, callback: CallbackStart | undefined): Onward {
  const { state } = here;
  if (callback === undefined) return { now: state };
  state.rounds++;
  enter(here, callback.insn, { kind: 'callback', returnTo: state.insn, result: callback.result });
  for (const [index, arg] of callback.args.entries()) here.frame.regs[index + 1] = arg;
  return { now: state };
}

function callFunction(here: Here, start: number): Onward {
  const { state, subject } = here;
  const index = subject.layout.funcOf[start]!;
  const func = subject.layout.funcs[index]!;
  const { regs } = here.frame;
  if (func.isGlobal) {
    for (let reg = 1; reg <= func.params; reg++) {
      const value = here.read(reg);
      if (value.kind === 'pointer')
        here.refuse('argument', `${func.name} takes numbers; R${reg} holds ${describeValue(value)}`);
    }
    here.calledGlobals.add(index);
    for (let reg = 0; reg <= 5; reg++) regs[reg] = none;
    regs[0] = here.unknown();
    return { now: state };
  }
  const args = regs.slice(1, 6);
  enter(here, start, { kind: 'call', returnTo: state.insn });
  for (const [at, arg] of args.entries()) here.frame.regs[at + 1] = arg;
  return { now: state };
}

function enter(here: Here, start: number, then: Continuation): void {
  const { state, subject } = here;
  if (state.frames.length >= subject.kernel.maxFrames)
    here.refuse('structure', `functions are called more than ${subject.kernel.maxFrames} deep`);
  const caller = here.frame;
  for (let reg = 1; reg <= 5; reg++) caller.regs[reg] = then.kind === 'call' ? none : caller.regs[reg]!;
  const frame = newFrame(subject.layout.funcOf[start]!, then);
  frame.regs[10] = pointerTo({ space: 'stack', frame: state.frames.length });
  state.frames.push(frame);
  state.insn = start;
}

function leave(here: Here): Onward {
  const { state } = here;
  const frame = here.frame;
  const result = frame.regs[0]!;
  switch (frame.then.kind) {
    case 'prog':
      checkEnd(here);
      return { now: undefined };
    case 'call':
      if (result.kind === 'pointer' && result.to.space === 'stack')
        here.refuse('return', 'a function returns a pointer to the stack');
      state.frames.pop();
      here.frame.regs[0] = result;
      state.insn = frame.then.returnTo;
      return { now: state };
    case 'callback': {
      const value = here.read(0);
      if (
        value.kind === 'pointer' ||
        (value.kind === 'scalar' && value.smax < 0n) ||
        (value.kind === 'scalar' && value.umin > 1n) ||
        (value.kind === 'scalar' && value.umax > 1n)
      )
        here.refuseIfSure('return', 'a callback returns something else than 0 or 1', value);
      state.frames.pop();
      here.frame.regs[0] = frame.then.result;
      state.insn = frame.then.returnTo;
      return { now: state };
    }
    default:
      return unreachable(frame.then);
  }
}

function checkEnd(here: Here): void {
  const { state, subject } = here;
  for (const [, acquired] of state.references)
    here.refuse('reference', `the prog ends before what instruction ${acquired} acquired is given back`);
  const value = here.read(0);
  if (here.frame.func !== 0) {
    if (value.kind === 'pointer')
      here.refuse('return', `a function that is verified by itself returns ${describeValue(value)}`);
    return;
  }
  const { type, expectedAttachType } = subject.prog;
  const isFunctionTracing =
    expectedAttachType === 'BPF_TRACE_FENTRY' || expectedAttachType === 'BPF_TRACE_FEXIT';
  if (type !== 'BPF_PROG_TYPE_TRACING' || !isFunctionTracing) return;
  const isZero = value.kind === 'scalar' && value.umax === 0n;
  if (!isZero) here.refuseIfSure('return', 'progs of this type return 0', value);
}
