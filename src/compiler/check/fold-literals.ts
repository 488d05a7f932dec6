/** Operators whose operands are known while compiling. */
import { U64_MAX } from '../../base/index.ts';
import type { BinaryOp as AnyOp, Span, Unary } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail, report } from './body.ts';
import {
  boolLiteral,
  constantTruth,
  foldBools,
  foldComparison,
  foldIntegers,
  intLiteral,
  isBoolLiteral,
  isIntLiteral,
  isLiteral,
  stringLiteral,
} from './literals.ts';
import { isLogicalOp } from './operator-kinds.ts';

/**
 * What a binary operator makes of two literals; undefined when it is not computed here. An operation that has no value is reported.
 */
export function foldLiterals(
  body: Body,
  op: AnyOp,
  left: TypedExpr,
  right: TypedExpr,
  at: Span,
): TypedExpr | undefined {
  if (left.kind === 'string' || right.kind === 'string') return foldStrings(body, op, left, right, at);
  if (isBoolLiteral(left) && isBoolLiteral(right)) {
    const value = foldBools(op, left.value !== 0n, right.value !== 0n);
    return value === undefined ? fail(body, 'fold-overflow', at, []) : boolLiteral(value, at);
  }
  const [leftTruth, rightTruth] = [constantTruth(left), constantTruth(right)];
  if (isLogicalOp(op) && leftTruth !== undefined && rightTruth !== undefined) {
    return boolLiteral(op === '&&' ? leftTruth && rightTruth : leftTruth || rightTruth, at);
  }
  if (!isIntLiteral(left) || !isIntLiteral(right)) return undefined;
  const order = foldComparison(op, left.value, right.value);
  if (order !== undefined) return boolLiteral(order, at);
  const value = foldIntegers(op, left.value, right.value);
  return value === undefined ? fail(body, 'fold-overflow', at, []) : intLiteral(value, at);
}

/** Whether two constants are the same value, tuples and records member by member; undefined when they are not constant. */
export function constantsEqual(left: TypedExpr, right: TypedExpr): boolean | undefined {
  if (left.kind === 'tuple' && right.kind === 'tuple') {
    if (left.elements.length !== right.elements.length) return false;
    return allEqual(left.elements, right.elements);
  }
  if (left.kind === 'record' && right.kind === 'record') {
    if (left.type.kind !== 'record' || right.type.kind !== 'record') return undefined;
    const names = right.type.fields.map((field) => field.name);
    const others = left.type.fields.map((field) => right.values[names.indexOf(field.name)]);
    return allEqual(left.values, others);
  }
  if ((left.kind !== 'int' && left.kind !== 'string') || (right.kind !== 'int' && right.kind !== 'string')) {
    return undefined;
  }
  return left.kind === right.kind && left.value === right.value;
}

function allEqual(
  left: readonly TypedExpr[],
  right: readonly (TypedExpr | undefined)[],
): boolean | undefined {
  let areEqual: boolean | undefined = true;
  for (const [index, member] of left.entries()) {
    const other = right[index];
    const same = other && constantsEqual(member, other);
    if (same === undefined) return undefined;
    areEqual &&= same;
  }
  return areEqual;
}

function foldStrings(
  body: Body,
  op: AnyOp,
  left: TypedExpr,
  right: TypedExpr,
  at: Span,
): TypedExpr | undefined {
  if (left.kind === 'string' && right.kind === 'string') {
    const order = foldComparison(op, left.value, right.value);
    if (order !== undefined) return boolLiteral(order, at);
    if (op === '+') return stringLiteral(left.value + right.value, at);
    if (op === '&&') return boolLiteral(left.value !== '' && right.value !== '', at);
    if (op === '||') return boolLiteral(left.value !== '' || right.value !== '', at);
    return fail(body, 'string-operation', at, []);
  }
  const text = left.kind === 'string' ? left : right;
  const other = left.kind === 'string' ? right : left;
  if (text.kind !== 'string') return undefined;
  if (op === '+' && isIntLiteral(other) && other.value >= 0n) {
    if (other.value >= BigInt(text.value.length)) report(body, 'string-always-empty', at, []);
    return stringLiteral(text.value.slice(Number(other.value)), at);
  }
  if (isLogicalOp(op) && isBoolLiteral(other)) {
    const [a, b] = [text.value !== '', other.value !== 0n];
    return boolLiteral(op === '&&' ? a && b : a || b, at);
  }
  return undefined;
}

/** The same of an operator with one operand, which may be any expression. */
export function foldUnary(body: Body, op: Unary['op'], operand: TypedExpr, at: Span): TypedExpr | undefined {
  if (op === '!' && isLiteral(operand) && operand.kind === 'int')
    return boolLiteral(operand.value === 0n, at);
  if (!isIntLiteral(operand)) return undefined;
  const { value } = operand;
  if (op === '~') return intLiteral(value < 0n ? ~value : U64_MAX ^ value, at);
  if (op !== '-') return undefined;
  if (value > 1n << 63n) return fail(body, 'negative-underflow', at, []);
  return intLiteral(-value, at);
}
