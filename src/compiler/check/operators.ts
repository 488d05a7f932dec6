/** Unary and binary operators. */
import { unreachable } from '../../base/index.ts';
import {
  bool,
  type IntType,
  int64,
  isAggregate,
  pointerTo,
  sameType,
  sizeOf,
  spellType,
  type Type,
  uint8,
  uint64,
} from '../../types/index.ts';
import type { BinaryOp as AnyOp, Binary, Span, Unary } from '../language/index.ts';
import type { CompareOp, TypedExpr } from '../typed/index.ts';
import { isFlexible, spaceOf, withSpace } from './annotations.ts';
import { type Body, fail, report } from './body.ts';
import { castTo, castToBool, widen } from './cast-to.ts';
import { defaultSpace } from './casts.ts';
import { checkExpr } from './check-expr.ts';
import { convertTo } from './conversion.ts';
import { dereference } from './fields.ts';
import { readsAggregation, warnOfLoss } from './fitting.ts';
import { constantsEqual, foldLiterals, foldUnary } from './fold-literals.ts';
import { boolLiteral, constant, isLiteral, isUnknown, unknownExpr } from './literals.ts';
import { isCompareOp, isLogicalOp } from './operator-kinds.ts';
import { asIntType, compatible, promote, promoteInt } from './promotion.ts';

/** `left op right` */
export function checkBinary(body: Body, node: Binary): TypedExpr {
  return binary(body, node.op, checkExpr(body, node.left), checkExpr(body, node.right), node.span);
}

/** What an operator makes of two typed operands. */
export function binary(body: Body, op: AnyOp, left: TypedExpr, right: TypedExpr, at: Span): TypedExpr {
  if (isUnknown(left) || isUnknown(right)) {
    if (body.program.guessesIntegers && !body.program.isFinal && !isCompareOp(op) && !isLogicalOp(op)) {
      return constant(0n, int64, at);
    }
    return unknownExpr(at);
  }
  if (isLiteral(left) && isLiteral(right)) {
    const folded = foldLiterals(body, op, left, right, at);
    if (folded) return folded;
  }
  if ((op === '==' || op === '!=') && left.kind === right.kind) {
    const areEqual = constantsEqual(left, right);
    if (areEqual !== undefined && left.kind !== 'int') return boolLiteral(areEqual === (op === '=='), at);
  }
  if (isLogicalOp(op)) return logical(body, op, left, right, at);
  if (left.type.kind === 'pointer' || right.type.kind === 'pointer')
    return pointerOp(body, op, left, right, at);
  if (isNumeric(left.type) && isNumeric(right.type)) {
    if (isCompareOp(op)) return compareIntegers(body, op, left, right, at);
    return arithmetic(body, op, left, right, at);
  }
  return compareValues(body, op, left, right, at);
}

/** Integers, and bools, which count as integers. */
function isNumeric(type: Type): boolean {
  return type.kind === 'int' || type.kind === 'enum' || type.kind === 'bool';
}

function numericType(type: Type): IntType {
  return asIntType(type) ?? uint8;
}

function operatorTypes(body: Body, op: AnyOp, left: TypedExpr, right: TypedExpr, at: Span): TypedExpr {
  return fail(body, 'operator-types', at, [op, spellType(left.type), spellType(right.type)]);
}

/**
 * The type of an operand that does not go with the other: arithmetic takes integers at 64 bits, and what is no arithmetic sees an
 * aggregation as such.
 */
function operandType(body: Body, op: AnyOp, expr: TypedExpr, isShift: boolean): Type {
  if (isCompareOp(op) || isLogicalOp(op)) {
    const map = expr.kind === 'map' ? body.program.inference.maps[expr.map] : undefined;
    return map?.value ?? expr.type;
  }
  const int = asIntType(expr.type);
  if (!int) return expr.type;
  return isShift || !int.signed ? uint64 : int64;
}

function mismatch(body: Body, op: AnyOp, left: TypedExpr, right: TypedExpr, at: Span): TypedExpr {
  const keepsTypes = left.type.kind === 'string' || right.type.kind === 'string';
  const shown = (expr: TypedExpr): Type =>
    keepsTypes && isNumeric(expr.type) && !isCompareOp(op) && !isLogicalOp(op)
      ? expr.type
      : operandType(body, op, expr, expr === right && (op === '<<' || op === '>>'));
  const [leftText, rightText] = [spellType(shown(left)), spellType(shown(right))];
  return fail(body, 'comparison-types', at, [op, leftText, rightText], {
    contexts: [
      { span: left.at, message: `left (${leftText})` },
      { span: right.at, message: `right (${rightText})` },
    ],
  });
}

function logical(body: Body, op: '&&' | '||', left: TypedExpr, right: TypedExpr, at: Span): TypedExpr {
  const wrong = [left, right].find((side) => !isNumeric(side.type) && side.type.kind !== 'pointer');
  if (wrong) {
    const hasPointer = left.type.kind === 'pointer' || right.type.kind === 'pointer';
    return hasPointer || compatible(left.type, right.type)
      ? operatorTypes(body, op, left, right, at)
      : mismatch(body, op, left, right, at);
  }
  warnOfMixedSigns(body, left, right);
  return { kind: 'logical', type: bool, at, op, left: castToBool(left), right: castToBool(right) };
}

/** As in a comparison, although nothing is converted: 0 is 0 in every type. */
function warnOfMixedSigns(body: Body, left: TypedExpr, right: TypedExpr): void {
  const [leftType, rightType] = [asIntType(left.type), asIntType(right.type)];
  if (leftType === undefined || rightType === undefined) return;
  const type = promoteInt(leftType, rightType);
  warnOfLoss(body, left, type);
  warnOfLoss(body, right, type);
}

/** Both operands get the type that holds both; its sign decides how they compare. */
function compareIntegers(body: Body, op: CompareOp, left: TypedExpr, right: TypedExpr, at: Span): TypedExpr {
  if (left.type.kind === 'bool' && right.type.kind === 'bool') {
    return { kind: 'compare', type: bool, at, op, left, right };
  }
  const type = promoteInt(numericType(left.type), numericType(right.type));
  const [a, b] = [convertTo(body, left, type), convertTo(body, right, type)];
  return { kind: 'compare', type: bool, at, op, left: a, right: b };
}

function arithmetic(body: Body, op: AnyOp, left: TypedExpr, right: TypedExpr, at: Span): TypedExpr {
  if (isCompareOp(op) || isLogicalOp(op)) return unreachable(op as never, 'told apart before');
  const isBool = left.type.kind === 'bool' && right.type.kind === 'bool';
  const [leftType, rightType] = adopted(numericType(left.type), numericType(right.type));
  const isSigned = leftType.signed || rightType.signed;
  // A sum is no integer of its own size and sign to bpftrace.
  const areAlike =
    sameType(leftType, rightType) && readsAggregation(body, left) === readsAggregation(body, right);
  if ((op === '/' || op === '%') && isSigned && !areAlike) {
    report(body, 'signed-division', at, [op]);
  }
  const space = commonSpace(body, left, right, at);
  const type = withSpace(isSigned || op === '-' ? int64 : uint64, space);
  const node: TypedExpr = {
    kind: 'binary',
    type,
    at,
    op,
    left: convertTo(body, left, type),
    right: convertTo(body, right, type),
  };
  return isBool ? castToBool(node) : node;
}

/** A flexible side takes the sign of one that is not. */
function adopted(left: IntType, right: IntType): [IntType, IntType] {
  if (isFlexible(left) && !isFlexible(right))
    return [{ kind: 'int', size: left.size, signed: right.signed }, right];
  if (isFlexible(right) && !isFlexible(left))
    return [left, { kind: 'int', size: right.size, signed: left.signed }];
  return [left, right];
}

/** Where the result leads to when it is used as an address. */
function commonSpace(body: Body, left: TypedExpr, right: TypedExpr, at: Span) {
  const [leftSpace, rightSpace] = [spaceOf(left.type), spaceOf(right.type)];
  const isMixed =
    leftSpace !== undefined &&
    rightSpace !== undefined &&
    leftSpace !== rightSpace &&
    leftSpace !== 'none' &&
    rightSpace !== 'none';
  if (!isMixed) return leftSpace ?? rightSpace;
  report(body, 'address-space-mismatch', at, []);
  return 'none';
}

function pointerOp(body: Body, op: AnyOp, left: TypedExpr, right: TypedExpr, at: Span): TypedExpr {
  const bothPointers = left.type.kind === 'pointer' && right.type.kind === 'pointer';
  if (isCompareOp(op)) {
    if (bothPointers) reportDistinctPointers(body, left, right, at);
    else if (!isNumeric(left.type) && !isNumeric(right.type)) return operatorTypes(body, op, left, right, at);
    return { kind: 'compare', type: bool, at, op, left: castTo(left, uint64), right: castTo(right, uint64) };
  }
  const pointer = left.type.kind === 'pointer' ? left : right;
  const offset = pointer === left ? right : left;
  const isStep = op === '+' || (op === '-' && pointer === left);
  if (bothPointers || !isStep || !isNumeric(offset.type)) return operatorTypes(body, op, left, right, at);
  return stepPointer(body, op, pointer, offset, at);
}

function reportDistinctPointers(body: Body, left: TypedExpr, right: TypedExpr, at: Span): void {
  if (left.type.kind !== 'pointer' || right.type.kind !== 'pointer') return;
  if (sameType(left.type.to, right.type.to)) return;
  const [leftText, rightText] = [spellType(left.type.to), spellType(right.type.to)];
  report(body, 'pointer-comparison', at, [leftText, rightText], {
    contexts: [
      { span: left.at, message: `left (${leftText})` },
      { span: right.at, message: `right (${rightText})` },
    ],
  });
}

/** `pointer + n`, in steps of what it points to; `void *` steps by bytes. */
function stepPointer(body: Body, op: '+' | '-', pointer: TypedExpr, offset: TypedExpr, at: Span): TypedExpr {
  const { type } = pointer;
  if (type.kind !== 'pointer') return pointer;
  const plain = pointerTo(type.to, type.space);
  const bytes = scaled(castTo(widen(offset), int64), BigInt(stepOf(body, type.to)), at);
  return { kind: 'binary', type: plain, at, op, left: { ...pointer, type: plain }, right: bytes };
}

/** Bytes from one element to the next. */
export function stepOf(body: Body, pointee: Type): number {
  return Math.max(1, sizeOf(pointee, body.program.types));
}

function scaled(count: TypedExpr, step: bigint, at: Span): TypedExpr {
  if (step === 1n) return count;
  if (count.kind === 'int') return constant(BigInt.asIntN(64, count.value * step), int64, at);
  return { kind: 'binary', type: int64, at, op: '*', left: count, right: constant(step, int64, at) };
}

/** Strings, arrays, tuples and other values that are no numbers: only equal or not. */
function compareValues(body: Body, op: AnyOp, left: TypedExpr, right: TypedExpr, at: Span): TypedExpr {
  const isEquality = op === '==' || op === '!=';
  if (left.type.kind === 'array' && right.type.kind === 'array') {
    if (!isEquality) return fail(body, 'array-operator', at, [op]);
    if (left.type.length !== right.type.length) return fail(body, 'array-sizes', at, []);
    if (asIntType(left.type.of) === undefined || !sameType(left.type, right.type)) {
      return fail(body, 'array-elements', at, []);
    }
    return { kind: 'compare', type: bool, at, op, left, right };
  }
  const lengthsDiffer =
    left.type.kind === 'tuple' &&
    right.type.kind === 'tuple' &&
    left.type.elements.length !== right.type.elements.length;
  if (isEquality && lengthsDiffer && left.kind === 'tuple' && right.kind === 'tuple') {
    return boolLiteral(op === '!=', at);
  }
  if (isAggregate(left.type) || isAggregate(right.type)) return mismatch(body, op, left, right, at);
  const common = compatible(left.type, right.type) ? promote(left.type, right.type) : undefined;
  if (!common) return mismatch(body, op, left, right, at);
  if (!isEquality) return operatorTypes(body, op, left, right, at);
  const [a, b] = [convertTo(body, left, common), convertTo(body, right, common)];
  return { kind: 'compare', type: bool, at, op, left: a, right: b };
}

/** `op operand` */
export function checkUnary(body: Body, node: Unary): TypedExpr {
  const operand = checkExpr(body, node.operand);
  const { span } = node;
  if (isUnknown(operand)) return unknownExpr(span);
  const folded = foldUnary(body, node.op, operand, span);
  if (folded) return folded;
  const { type } = operand;
  switch (node.op) {
    case '*':
      return indirection(body, operand, span);
    case '!':
      if (!isNumeric(type)) return fail(body, 'operator-type', span, ['!', spellType(type)]);
      return { kind: 'not', type: bool, at: span, operand: castToBool(operand) };
    case '-':
    case '~': {
      if (!asIntType(type)) return fail(body, 'operator-type', span, [node.op, spellType(type)]);
      const wide = widen(operand);
      return { kind: node.op === '-' ? 'negate' : 'complement', type: wide.type, at: span, operand: wide };
    }
    default:
      return unreachable(node.op);
  }
}

/** `*p`; an integer is taken as the address of 8 bytes. */
function indirection(body: Body, operand: TypedExpr, at: Span): TypedExpr {
  const { type } = operand;
  if (type.kind === 'struct') return fail(body, 'dereference-struct', at, [spellType(type)]);
  if (type.kind === 'int' || type.kind === 'enum') {
    const space = spaceOf(type) ?? defaultSpace(body);
    if (space === 'none') report(body, 'address-space-unset', undefined, []);
    return dereference(castTo(operand, pointerTo(withSpace(uint64, space), space)), at);
  }
  if (type.kind !== 'pointer') return fail(body, 'operator-type', at, ['*', spellType(type)]);
  if (type.to.kind === 'void' || type.to.kind === 'none') {
    return fail(body, 'dereference-type', at, [spellType(type)]);
  }
  return dereference(operand, at);
}
