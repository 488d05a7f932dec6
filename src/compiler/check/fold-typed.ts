import { asU64 } from '../../base/index.ts';
import type { BinaryOp, TypedExpr } from '../typed/index.ts';
import { castTo, wrapTo } from './cast-to.ts';
import { boolLiteral, constant, foldComparison, foldIntegers, isUnknown } from './literals.ts';

/** Operators on constants that have a type of their own (`sizeof(x) == 4`): elsewhere the optimizer folds them. */
export function foldTyped(expr: TypedExpr): TypedExpr | undefined {
  switch (expr.kind) {
    case 'int':
      return expr;
    case 'cast': {
      const operand = foldTyped(expr.operand);
      const value = operand && castTo(operand, expr.type);
      return value?.kind === 'int' ? value : undefined;
    }
    case 'not': {
      const operand = numberOf(expr.operand);
      return operand === undefined ? undefined : boolLiteral(operand === 0n, expr.at);
    }
    case 'compare':
    case 'logical':
    case 'binary': {
      const [left, right] = [numberOf(expr.left), numberOf(expr.right)];
      if (left === undefined || right === undefined) return undefined;
      if (expr.kind === 'logical') {
        const both = left !== 0n && right !== 0n;
        return boolLiteral(expr.op === '&&' ? both : left !== 0n || right !== 0n, expr.at);
      }
      if (expr.kind === 'compare') return boolLiteral(foldComparison(expr.op, left, right) === true, expr.at);
      const value = asAtRunTime(expr.op, left, right);
      return value === undefined ? undefined : constant(wrapTo(value, expr.type), expr.type, expr.at);
    }
    default:
      return undefined;
  }
}

/** In a prog, division and shifts to the right know no sign, whatever the operands' type. */
function asAtRunTime(op: BinaryOp, left: bigint, right: bigint): bigint | undefined {
  const isUnsigned = op === '/' || op === '%' || op === '>>';
  return isUnsigned ? foldIntegers(op, asU64(left), asU64(right)) : foldIntegers(op, left, right);
}

function numberOf(expr: TypedExpr): bigint | undefined {
  const folded = foldTyped(expr);
  return folded?.kind === 'int' && !isUnknown(folded) ? folded.value : undefined;
}
