import { unreachable } from '../../base/index.ts';
import type { TypedExpr, TypedStatement } from './tree.ts';

/** The expressions directly inside an expression, in the order they are evaluated; the statements of a block are not among them. */
export function operandsOf(expr: TypedExpr): readonly TypedExpr[] {
  switch (expr.kind) {
    case 'int':
    case 'string':
    case 'local':
    case 'arg':
    case 'ctx':
    case 'named-param':
    case 'address-of-local':
    case 'address-of-map':
      return [];
    case 'map':
      return expr.key === undefined ? [] : [expr.key];
    case 'modify':
      return expr.target.kind === 'map' && expr.target.key !== undefined
        ? [expr.target.key, expr.operand]
        : [expr.operand];
    case 'negate':
    case 'complement':
    case 'not':
    case 'cast':
      return [expr.operand];
    case 'binary':
    case 'compare':
    case 'logical':
      return [expr.left, expr.right];
    case 'conditional':
      return [expr.condition, expr.then, expr.else];
    case 'deref':
      return [expr.pointer];
    case 'field':
    case 'element':
      return [expr.base];
    case 'index':
      return [expr.base, expr.index];
    case 'tuple':
      return expr.elements;
    case 'record':
      return expr.values;
    case 'call':
    case 'call-fn':
    case 'call-kernel':
      return expr.args;
    case 'block':
      return expr.value === undefined ? [] : [expr.value];
    default:
      return unreachable(expr);
  }
}

/** The expressions directly in a statement; those of statements inside it are not among them. */
export function expressionsOf(statement: TypedStatement): readonly TypedExpr[] {
  switch (statement.kind) {
    case 'expr':
      return [statement.expr];
    case 'set-local':
      return [statement.value];
    case 'set-element':
      return [statement.value, statement.place];
    case 'set-map':
      return statement.key === undefined ? [statement.value] : [statement.key, statement.value];
    case 'aggregate':
      return statement.key === undefined ? statement.args : [statement.key, ...statement.args];
    case 'if':
    case 'while':
      return [statement.condition];
    case 'for-range':
      return [statement.from, statement.to];
    case 'return':
      return statement.value === undefined ? [] : [statement.value];
    case 'clear-local':
    case 'repeat':
    case 'for-map':
    case 'break':
    case 'continue':
    case 'scope':
      return [];
    default:
      return unreachable(statement);
  }
}

/** The statement lists inside a statement. */
export function bodiesOf(statement: TypedStatement): readonly (readonly TypedStatement[])[] {
  switch (statement.kind) {
    case 'if':
      return [statement.then, statement.else];
    case 'while':
    case 'repeat':
    case 'for-range':
    case 'for-map':
    case 'scope':
      return [statement.body];
    case 'expr':
    case 'set-local':
    case 'clear-local':
    case 'set-element':
    case 'set-map':
    case 'aggregate':
    case 'break':
    case 'continue':
    case 'return':
      return [];
    default:
      return unreachable(statement);
  }
}

/** What a walk calls, in the order of the text; `leave` after everything inside a statement. */
export interface Visitor {
  readonly expr?: (expr: TypedExpr) => void;
  readonly enter?: (statement: TypedStatement) => void;
  readonly leave?: (statement: TypedStatement) => void;
}

export function walkStatements(statements: readonly TypedStatement[], visitor: Visitor): void {
  for (const statement of statements) {
    for (const expr of expressionsOf(statement)) walkExpr(expr, visitor);
    visitor.enter?.(statement);
    for (const body of bodiesOf(statement)) walkStatements(body, visitor);
    visitor.leave?.(statement);
  }
}

export function walkExpr(expr: TypedExpr, visitor: Visitor): void {
  visitor.expr?.(expr);
  for (const operand of operandsOf(expr)) walkExpr(operand, visitor);
  if (expr.kind === 'block') walkStatements(expr.body, visitor);
}

/** Whether any expression in an expression (itself included) is one that `test` finds. */
export function someExpr(expr: TypedExpr, test: (expr: TypedExpr) => boolean): boolean {
  let found = false;
  walkExpr(expr, {
    expr: (inner) => {
      found ||= test(inner);
    },
  });
  return found;
}
