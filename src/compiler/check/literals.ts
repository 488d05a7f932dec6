/**
 * Literals and what operators make of them while compiling. A literal's type is the smallest that holds it; a non-negative
 * one can take either sign.
 */
import { asU64, I64_MAX, I64_MIN, U64_MAX } from '../../base/index.ts';
import { bool, type IntType, int8, int16, int32, int64, type Type, uint64 } from '../../types/index.ts';
import type { BinaryOp as AnyOp, Span } from '../language/index.ts';
import type { TypedExpr, TypedExprOf } from '../typed/index.ts';
import { flexible, unknownType } from './annotations.ts';

const literalMark = Symbol('literal');
interface Marked {
  readonly [literalMark]?: true;
}

const sizes: readonly { readonly type: IntType; readonly flexible: IntType; readonly max: bigint }[] = [
  { type: int8, max: 0x7fn },
  { type: int16, max: 0x7fffn },
  { type: int32, max: 0x7fff_ffffn },
  { type: int64, max: I64_MAX },
].map((row) => ({ ...row, flexible: flexible(row.type) }));

/** The type of a literal with this value, which is within -2^63 .. 2^64-1. */
function literalType(value: bigint): IntType {
  for (const row of sizes) {
    if (value >= 0n && value <= row.max) return row.flexible;
    if (value < 0n && value >= -row.max - 1n) return row.type;
  }
  return uint64;
}

/** An integer literal. */
export function intLiteral(value: bigint, at: Span): TypedExprOf<'int'> {
  return { kind: 'int', type: literalType(value), at, value, [literalMark]: true } as TypedExprOf<'int'>;
}

export function boolLiteral(value: boolean, at: Span): TypedExprOf<'int'> {
  return { kind: 'int', type: bool, at, value: value ? 1n : 0n, [literalMark]: true } as TypedExprOf<'int'>;
}

export function stringLiteral(value: string, at: Span): TypedExprOf<'string'> {
  return { kind: 'string', type: { kind: 'string', size: value.length + 1 }, at, value };
}

/** A constant of a given type, not a literal: it does not adapt. */
export function constant(value: bigint, type: Type, at: Span): TypedExprOf<'int'> {
  return { kind: 'int', type, at, value };
}

/** Stands for an expression that cannot be typed; see `isUnknown`. */
export function unknownExpr(at: Span): TypedExpr {
  return { kind: 'int', type: unknownType, at, value: 0n };
}

/** Whether an expression could not be typed, now or at all. */
export function isUnknown(expr: TypedExpr): boolean {
  return expr.type === unknownType;
}

export function isIntLiteral(expr: TypedExpr): expr is TypedExprOf<'int'> {
  return expr.kind === 'int' && (expr as Marked)[literalMark] === true && expr.type.kind === 'int';
}

export function isBoolLiteral(expr: TypedExpr): expr is TypedExprOf<'int'> {
  return expr.kind === 'int' && (expr as Marked)[literalMark] === true && expr.type.kind === 'bool';
}

export function isLiteral(expr: TypedExpr): boolean {
  return expr.kind === 'string' || isIntLiteral(expr) || isBoolLiteral(expr);
}

/** Whether a constant counts as true; undefined when the expression is none. */
export function constantTruth(expr: TypedExpr): boolean | undefined {
  if (expr.kind === 'int' && !isUnknown(expr)) return expr.value !== 0n;
  return expr.kind === 'string' ? expr.value !== '' : undefined;
}

const comparisons: Readonly<Partial<Record<AnyOp, (order: number) => boolean>>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** What a comparison of two constants gives; undefined when the operator is none. */
export function foldComparison<T extends bigint | string>(op: AnyOp, left: T, right: T): boolean | undefined {
  return comparisons[op]?.(left < right ? -1 : left > right ? 1 : 0);
}

const MAX_SHIFT = 63n;

/** What an operator makes of two integer literals; undefined when the result has no 64-bit value, or there is none. */
export function foldIntegers(op: AnyOp, left: bigint, right: bigint): bigint | undefined {
  const result = compute(op, left, right);
  return result !== undefined && result >= I64_MIN && result <= U64_MAX ? result : undefined;
}

function compute(op: AnyOp, left: bigint, right: bigint): bigint | undefined {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0n ? undefined : left / right;
    case '%':
      return right === 0n ? undefined : left % right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<<':
      if (right < 0n || right > MAX_SHIFT) return undefined;
      return left < 0n ? BigInt.asIntN(64, left << right) : asU64(left << right);
    case '>>':
      return right < 0n || right > MAX_SHIFT ? undefined : left >> right;
    case '==':
    case '!=':
    case '<':
    case '>':
    case '<=':
    case '>=':
    case '&&':
    case '||':
      return undefined;
  }
}

/** What an operator makes of two bool literals. */
export function foldBools(op: AnyOp, left: boolean, right: boolean): boolean | undefined {
  switch (op) {
    case '&&':
    case '*':
    case '&':
      return left && right;
    case '||':
    case '+':
    case '|':
      return left || right;
    case '^':
    case '-':
      return left !== right;
    case '/':
      return right ? left : undefined;
    case '%':
      return right ? false : undefined;
    case '<<':
      return left;
    case '>>':
      return left && !right;
    default:
      return foldComparison(op, left ? 1n : 0n, right ? 1n : 0n);
  }
}
