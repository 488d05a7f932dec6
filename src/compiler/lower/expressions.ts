import { invariant, unreachable } from '../../base/index.ts';
import { addressOf } from '../builtins/index.ts';
import type { BlockId, ValueId } from '../ir/index.ts';
import type { TypedExpr, TypedExprOf } from '../typed/index.ts';
import { lowerBinary, modified, negate } from './arithmetic.ts';
import { lowerStatements } from './blocks.ts';
import { lowerCall } from './calls.ts';
import { lowerScalarCast } from './casts.ts';
import { lowerCompare } from './compare.ts';
import { lowerCondition } from './conditions.ts';
import { choose } from './control.ts';
import { asNumber } from './followed-pointers.ts';
import type { FuncContext } from './func-context.ts';
import { inlineFunction } from './inlining.ts';
import { addressOfLocal, readLocal, writeLocal } from './locals.ts';
import { type Location, loadBits, loadFrom, locate, type Missing } from './locations.ts';
import { lowerScalar, materialise } from './lower-expr.ts';
import { modifyMap, readMapScalar } from './map-values.ts';
import { dynamicAddress, lowerArg } from './probe-args.ts';
import { extend, isByValue, isSigned, storedSize } from './values.ts';

/** Here the kinds of expressions are told apart; `lowerScalar` is what calls it. */
export function lowerScalarByKind(f: FuncContext, expr: TypedExpr): ValueId {
  const { b } = f;
  switch (expr.kind) {
    case 'int':
      return b.const(expr.value);
    case 'local':
      return readLocal(f, expr.local);
    case 'map':
      return readMapScalar(f, expr);
    case 'modify':
      return lowerModify(f, expr);
    case 'negate':
      return negate(f, lowerScalar(f, expr.operand), expr.type);
    case 'complement': {
      const value = b.binary('xor', lowerScalar(f, expr.operand), b.const(-1));
      return extend(b, value, storedSize(expr.type, f.prog.program.structs), isSigned(expr.type));
    }
    case 'not':
      return b.compare('eq', lowerScalar(f, expr.operand), b.const(0));
    case 'binary':
      return lowerBinary(f, expr);
    case 'compare':
      return lowerCompare(f, expr);
    case 'logical':
      return lowerLogical(f, expr);
    case 'conditional':
      return choose(
        f,
        lowerCondition(f, expr.condition),
        () => lowerScalar(f, expr.then),
        () => lowerScalar(f, expr.else),
      );
    case 'cast':
      return lowerScalarCast(f, expr);
    case 'deref':
    case 'index':
    case 'element':
      return readScalar(f, expr, (location) => loadFrom(f, location, expr.type));
    case 'field':
      return lowerField(f, expr);
    case 'arg': {
      const value = lowerArg(f, expr);
      return isUntyped(f, expr) ? asNumber(f, value) : value;
    }
    case 'ctx':
      return f.ctx();
    case 'call':
      return lowerCall(f, expr);
    case 'call-fn':
      return inlineFunction(f, expr);
    case 'call-kernel':
      return lowerKernelCall(f, expr);
    case 'named-param': {
      const { constants, mapTable } = f.prog.program;
      const address = b.mapValue(mapTable.constants, constants.paramOffset(expr.param));
      return b.load(storedSize(expr.type, f.prog.program.structs), address, 0, isSigned(expr.type));
    }
    case 'address-of-local':
      return addressOfLocal(f, expr.local);
    case 'address-of-map': {
      const { storage } = f.prog.program.maps[expr.map]!;
      return b.mapFd(storage.map);
    }
    case 'block':
      lowerStatements(f, expr.body);
      // Only a block with a value has a type that fits a register.
      return lowerScalar(f, expr.value!);
    case 'string':
    case 'tuple':
    case 'record':
      invariant(false, `a ${expr.kind} is no scalar`);
      break;
    default:
      return unreachable(expr);
  }
}

/** Reads what an expression names; where there is no such value, it is 0. */
function readScalar(f: FuncContext, expr: TypedExpr, read: (location: Location) => ValueId): ValueId {
  const { b } = f;
  let join: { readonly block: BlockId; readonly value: ValueId } | undefined;
  const missing: Missing = () => {
    if (join === undefined) {
      const block = b.newBlock();
      join = { block, value: b.blockParam(block) };
    }
    b.jump(join.block, [b.const(0)]);
  };
  const value = read(locate(f, expr, missing));
  // Assigned by `missing`, which flow analysis does not follow.
  const absent = join as { readonly block: BlockId; readonly value: ValueId } | undefined;
  if (absent === undefined) return value;
  b.jump(absent.block, [value]);
  b.enter(absent.block);
  return absent.value;
}

/** A result that is narrower than a register is in its low bytes; what stands above them is anything. */
export function lowerKernelCall(
  f: FuncContext,
  { name, args, type, isOfObject }: TypedExprOf<'call-kernel'>,
): ValueId {
  const { b } = f;
  const passed = args.map((arg) =>
    isByValue(arg.type) ? lowerScalar(f, arg) : addressOf(b, materialise(f, arg)),
  );
  const result = isOfObject ? b.callFunc(name, passed) : b.callKfunc(name, passed);
  return type.kind === 'void'
    ? result
    : extend(b, result, storedSize(type, f.prog.program.structs), isSigned(type));
}

function lowerField(f: FuncContext, expr: TypedExprOf<'field'>): ValueId {
  const { bitfield, location } = expr;
  if (location !== undefined) {
    return readScalar(f, expr.base, (record) =>
      dynamicAddress(f, record, expr.offset, location === 'rel_loc'),
    );
  }
  if (bitfield !== undefined) {
    return readScalar(f, expr.base, (struct) => loadBits(f, struct, expr.offset, expr.type, bitfield));
  }
  return readScalar(f, expr, (member) => loadFrom(f, member, expr.type));
}

/**
 * Whether a number from ctx may be a pointer to the verifier: `argN` and `retval` of tracing progs are uint64 whatever the function's
 * prototype says.
 */
function isUntyped(f: FuncContext, { source, type }: TypedExprOf<'arg'>): boolean {
  const { kind, progType, substituted } = f.prog.probe;
  if (progType !== 'BPF_PROG_TYPE_TRACING' || source.kind !== 'ctx-slot') return false;
  return (substituted || kind === 'rawtracepoint') && type.kind === 'int' && type.size === 8;
}

function lowerLogical(f: FuncContext, expr: TypedExprOf<'logical'>): ValueId {
  const { b } = f;
  const left = lowerCondition(f, expr.left);
  const right = (): ValueId => b.compare('ne', lowerCondition(f, expr.right), b.const(0));
  return expr.op === '&&'
    ? choose(f, left, right, () => b.const(0))
    : choose(f, left, () => b.const(1), right);
}

function lowerModify(f: FuncContext, expr: TypedExprOf<'modify'>): ValueId {
  const { target } = expr;
  if (target.kind === 'map') return modifyMap(f, expr, target);
  const operand = lowerScalar(f, expr.operand);
  const before = readLocal(f, target.local);
  const after = modified(f, expr, before, operand);
  writeLocal(f, target.local, after);
  return expr.result === 'old' ? before : after;
}
