import { invariant, present } from '../../base/index.ts';
import { sizeOf } from '../../types/index.ts';
import {
  type CallExpr,
  type Fill,
  type Lower,
  type Lowering,
  lowerings,
  type Place,
  type ReportLevel,
} from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { readClock } from './clocks.ts';
import { branch, choose, repeat } from './control.ts';
import { refuse } from './failure.ts';
import type { FuncContext } from './func-context.ts';
import { copyToLocal, writeLocal } from './locals.ts';
import { addressOfLocation, locate, spaceOf } from './locations.ts';
import { lowerInto, lowerScalar, materialise } from './lower-expr.ts';
import { countKeys, deleteKey, findKey, hasKey } from './map-keys.ts';
import { readMemory, readText } from './memory-reads.ts';
import { sendRecord } from './records.ts';
import { returnFromProbe } from './returns.ts';
import { runtimeConstant } from './runtime-constants.ts';
import { checkHelper, reportRuntimeError } from './runtime-errors.ts';
import { unwindStack } from './unwind-stack.ts';
import { isByValue } from './values.ts';

function loweringOf(call: CallExpr): Lowering {
  const table: Readonly<Record<string, Lowering>> = lowerings;
  return present(table[call.builtin], `the builtin ${call.builtin} has a lowering`);
}

/** A builtin whose value fits a register. */
export function lowerCall(f: FuncContext, call: CallExpr): ValueId {
  const lowering = loweringOf(call);
  if (lowering.gives === 'either') return lowering.scalar(lowerFor(f), call);
  invariant(lowering.gives === 'scalar', `${call.builtin} gives a value that fits a register`);
  return lowering.lower(lowerFor(f), call);
}

/** A builtin whose value is handled by address, or that has none. */
export function lowerCallInto(f: FuncContext, call: CallExpr, to: Place, fill: Fill): void {
  const lowering = loweringOf(call);
  if (lowering.gives === 'either') {
    lowering.memory(lowerFor(f), call, to, fill);
    return;
  }
  invariant(lowering.gives === 'memory', `${call.builtin} gives a value handled by address`);
  lowering.lower(lowerFor(f), call, to, fill);
}

/** A builtin as a statement. */
export function lowerCallEffect(f: FuncContext, call: CallExpr): void {
  const lowering = loweringOf(call);
  if (lowering.gives === 'nothing') lowering.lower(lowerFor(f), call);
  else if (isByValue(call.type)) lowerCall(f, call);
  else materialise(f, call);
}

/** What the lowering of a builtin may use of the function being built. */
export function lowerFor(f: FuncContext): Lower {
  const { b, prog } = f;
  const { program } = prog;
  const lower: Lower = {
    b,
    target: program.target,
    structs: program.structs,
    options: program.options,
    probe: prog.probe,
    probeId: prog.probeId,
    maps: program.maps,
    sizeOf: (type) => sizeOf(type, program.structs),
    ctx: f.ctx,
    scalar: (expr) => lowerScalar(f, expr),
    into: (expr, to, fill) => lowerInto(f, expr, to, fill),
    memory: (expr) => materialise(f, expr),
    temporary: (bytes) => ({ base: b.temporary(bytes), off: 0, align: 8 }),
    constantText: (text) => ({
      base: b.mapValue(program.mapTable.constants, program.constants.textOffset(text)),
      off: 0,
      align: 8,
    }),
    runtimeConstant: (what) => runtimeConstant(f, what),
    setLocal: (local, value) => writeLocal(f, local, value),
    copyToLocal: (local, from) => copyToLocal(f, local, from),
    spaceOf: (expr) => spaceOf(f, expr.type),
    read: (space, to, bytes, address) => readMemory(f, space, to, bytes, address),
    readString: (space, to, bytes, address) => readText(f, space, to, bytes, address),
    withAddress: (expr, use) => withAddress(f, expr, use),
    readClock: (clock) => readClock(f, clock),
    recordIndex: (spec) => program.records.indexOf(spec),
    perfBuffer: () => program.mapTable.perfBuffer,
    unwindStack: (to, limit) => unwindStack(f, lower, to, limit),
    record: (spec, fill) => sendRecord(f, spec, fill),
    checkHelper: (helper: string, result: ValueId, level: ReportLevel) =>
      checkHelper(f, helper, result, level),
    runtimeError: (error) => reportRuntimeError(f, error),
    trail: (span) => program.lines.trailOf(span),
    returnFromProbe: () => returnFromProbe(f),
    branch: (condition, then, otherwise, cold) => branch(f, condition, then, otherwise, cold),
    choose: (condition, then, otherwise, cold) => choose(f, condition, then, otherwise, cold),
    repeat: (count, body) => repeat(f, count, body),
    deleteKey: (map, key, span) => deleteKey(f, map, key, span),
    hasKey: (map, key, span) => hasKey(f, map, key, span),
    find: (map, key, local) => findKey(f, map, key, local),
    countKeys: (map, span) => countKeys(f, map, span),
    refuse,
  };
  return lower;
}

/** A pointer's value, or where a struct lies that another one embeds. */
function withAddress(f: FuncContext, expr: TypedExpr, use: (address: ValueId) => void): void {
  const { b } = f;
  if (isByValue(expr.type)) {
    use(lowerScalar(f, expr));
    return;
  }
  const join = b.newBlock();
  const location = locate(f, expr, () => b.jump(join));
  use(addressOfLocation(f, location));
  b.jump(join);
  b.enter(join);
}
