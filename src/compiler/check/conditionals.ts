/** Conditions, and `?:`, `if` and blocks as expressions. */
import { none, spellType, type Type } from '../../types/index.ts';
import { kindWord } from '../builtins/index.ts';
import type { Block, Conditional, Expr, If, Span } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { checkStatements } from './blocks.ts';
import { type Body, fail, inScope, report } from './body.ts';
import { castToBool, readValue } from './cast-to.ts';
import { checkExpr, checkRaw } from './check-expr.ts';
import { convertTo } from './conversion.ts';
import { constantTruth, isLiteral, isUnknown, unknownExpr } from './literals.ts';
import { promote } from './promotion.ts';

/**
 * A condition as a bool. Strings are none, except for literals, which fold, and for `while`.
 *
 * @param options.at where the message points, if not at the condition.
 */
export function checkCondition(
  body: Body,
  condition: Expr,
  options: { readonly allowText?: boolean; readonly at?: Span } = {},
): TypedExpr {
  const value = checkExpr(body, condition);
  if (isUnknown(value)) return value;
  if (value.kind === 'string') return castToBool(value);
  switch (value.type.kind) {
    case 'int':
    case 'enum':
    case 'bool':
    case 'pointer':
      return castToBool(value);
    case 'string':
      if (options.allowText) return castToBool(value);
      break;
    default:
  }
  return fail(body, 'condition', options.at ?? condition.span, [kindWord(value.type)]);
}

/** Which branch a condition that is known while compiling takes, if it decides what is checked at all. */
export function comptimeBranch(body: Body, condition: Expr): boolean | undefined {
  if (condition.kind !== 'comptime') return undefined;
  const value = checkExpr(body, condition);
  return isUnknown(value) ? undefined : constantTruth(value);
}

/** `condition ? then : otherwise`, `condition ?: otherwise` */
export function checkConditional(body: Body, node: Conditional): TypedExpr {
  const then = node.then ?? node.condition;
  return choose(
    body,
    node,
    node.condition,
    () => checkExpr(body, then),
    () => checkExpr(body, node.otherwise),
  );
}

/** `if` where its value is wanted. */
export function checkIfExpr(body: Body, node: If): TypedExpr {
  const { otherwise } = node;
  return choose(
    body,
    node,
    node.condition,
    () => checkBlockExpr(body, node.then),
    () => {
      if (!otherwise) return nothing(node);
      return otherwise.kind === 'if' ? checkIfExpr(body, otherwise) : checkBlockExpr(body, otherwise);
    },
  );
}

function nothing(node: If | Block): TypedExpr {
  return { kind: 'block', type: none, at: node.span, body: [] };
}

/** A branch that a literal condition never takes is not looked at. */
function choose(
  body: Body,
  node: Conditional | If,
  condition: Expr,
  then: () => TypedExpr,
  otherwise: () => TypedExpr,
): TypedExpr {
  const branch = comptimeBranch(body, condition);
  if (branch !== undefined) return branch ? then() : otherwise();
  if (condition.kind === 'comptime') return unknownExpr(node.span);
  const test = checkCondition(body, condition, { at: node.span });
  if (isLiteral(test) || (test.kind === 'int' && isLiteralExpr(condition))) {
    return constantTruth(test) ? then() : otherwise();
  }
  const [left, right] = [then(), otherwise()];
  const type = branchType(body, node, left, right);
  if (!type || isUnknown(test)) return unknownExpr(node.span);
  const toType = (value: TypedExpr): TypedExpr => (isNone(type) ? value : convertTo(body, value, type));
  return {
    kind: 'conditional',
    type,
    at: node.span,
    condition: test,
    // biome-ignore lint/suspicious/noThenProperty: the tree's own word; nodes are never awaited
    then: toType(left),
    else: toType(right),
  };
}

function isLiteralExpr(expr: Expr): boolean {
  return (
    expr.kind === 'int' ||
    expr.kind === 'bool' ||
    expr.kind === 'positional' ||
    expr.kind === 'positional-count'
  );
}

/** The type of both branches; while one is not known, the other decides. */
function branchType(body: Body, node: Conditional | If, left: TypedExpr, right: TypedExpr): Type | undefined {
  if (isUnknown(left) || isUnknown(right)) return undefined;
  const [leftNone, rightNone] = [isNone(left.type), isNone(right.type)];
  if (leftNone && rightNone) return none;
  const type = leftNone || rightNone ? undefined : promote(left.type, right.type);
  if (!type) report(body, 'branches', node.span, [spellType(left.type), spellType(right.type)]);
  return type;
}

function isNone(type: Type): boolean {
  return type.kind === 'none' || type.kind === 'void';
}

/** `{ statements value }` where its value is wanted. A block of a value alone is that value. */
export function checkBlockExpr(body: Body, block: Block): TypedExpr {
  return inScope(body, () => {
    if (block.statements.length === 0 && block.value) return checkRaw(body, block.value);
    const statements = checkStatements(body, block.statements);
    if (!block.value) return { kind: 'block', type: none, at: block.span, body: statements };
    const value = readValue(checkRaw(body, block.value));
    if (isUnknown(value)) return unknownExpr(block.span);
    return { kind: 'block', type: value.type, at: block.span, body: statements, value };
  });
}
