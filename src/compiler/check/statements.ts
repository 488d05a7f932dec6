/** Here the kinds of statements are told apart. */
import { unreachable } from '../../base/index.ts';
import { int64, isAggregate, spellType, type Type } from '../../types/index.ts';
import { type AggregateUse, findBuiltin } from '../builtins/index.ts';
import type {
  Assign,
  Block,
  Call,
  Expr,
  If,
  Jump,
  Let,
  Span,
  Statement,
  Unroll,
  While,
} from '../language/index.ts';
import type { TypedExpr, TypedStatement } from '../typed/index.ts';
import { spaceOf, withSpace } from './annotations.ts';
import { checkBody, checkStatements } from './blocks.ts';
import { type Body, type FnSignature, inScope, report, type Variable } from './body.ts';
import { checkAggregate } from './calls.ts';
import { castTo } from './cast-to.ts';
import { defaultSpace } from './casts.ts';
import { checkExpr, checkRaw } from './check-expr.ts';
import { checkCondition, comptimeBranch } from './conditionals.ts';
import { convertTo, withoutTrust } from './conversion.ts';
import { checkElementAssign } from './elements.ts';
import { acceptsFixed, literalFits } from './fitting.ts';
import type { MapState } from './inference.ts';
import { constant, isUnknown } from './literals.ts';
import { checkFor } from './loops.ts';
import { checkAccess, checkMapValue } from './maps.ts';
import { asIntType } from './promotion.ts';
import { resolveVariableType } from './type-names.ts';
import { isStable } from './unstable.ts';
import { checkCompoundAssign } from './updates.ts';
import { declareVariable, findVariable, reportTaken, reportVariableType, variableType } from './variables.ts';

/** Checks one statement; `checkStatements` is what calls it. */
export function checkStatement(body: Body, statement: Statement): readonly TypedStatement[] {
  switch (statement.kind) {
    case 'expr-statement':
      return checkExprStatement(body, statement.expr, statement.span);
    case 'let':
      return checkLet(body, statement);
    case 'assign':
      return checkAssign(body, statement);
    case 'discard': {
      const expr = checkExpr(body, statement.value);
      return isUnknown(expr) ? [] : [{ kind: 'expr', at: statement.span, expr }];
    }
    case 'while':
      return checkWhile(body, statement);
    case 'unroll':
      return checkUnroll(body, statement);
    case 'for':
      return checkFor(body, statement);
    case 'break':
    case 'continue':
    case 'return':
      return checkJump(body, statement);
    case 'import':
      checkImport(body, statement.span);
      return [];
    default:
      return unreachable(statement);
  }
}

/** What it imports is part of the script already; whether it may stand here is a config value. */
function checkImport(body: Body, at: Span): void {
  const config = 'unstable_import_statement';
  if (body.program.settings.config[config] === 'error') report(body, 'statement-import', at, []);
  else isStable(body, { config, feature: 'import statements' }, at);
}

/** An expression for what it does. `if` and blocks are statements here. */
function checkExprStatement(body: Body, expr: Expr, at: Span): readonly TypedStatement[] {
  if (expr.kind === 'if') return checkIf(body, expr);
  if (expr.kind === 'block') return checkScope(body, expr, at);
  const typed = checkExpr(body, expr);
  if (isUnknown(typed)) return [];
  if (typed.kind === 'block' && !typed.value) return [{ kind: 'scope', at, body: typed.body }];
  if (expr.kind !== 'update' && typed.type.kind !== 'none' && typed.type.kind !== 'void') {
    report(body, 'discarded', at, []);
  }
  return [{ kind: 'expr', at, expr: typed }];
}

function checkScope(body: Body, block: Block, at: Span): readonly TypedStatement[] {
  const statements = checkBody(body, block, at);
  return statements.length === 0 ? [] : [{ kind: 'scope', at: block.span, body: statements }];
}

function checkIf(body: Body, node: If): readonly TypedStatement[] {
  const { otherwise } = node;
  const thenBranch = (): readonly TypedStatement[] => checkBody(body, node.then);
  const elseBranch = (): readonly TypedStatement[] => {
    if (!otherwise) return [];
    return otherwise.kind === 'if' ? checkIf(body, otherwise) : checkBody(body, otherwise);
  };
  const branch = comptimeBranch(body, node.condition);
  if (branch !== undefined) {
    return [{ kind: 'scope', at: node.span, body: branch ? thenBranch() : elseBranch() }];
  }
  // Which branch counts is not known yet: neither is looked at.
  if (node.condition.kind === 'comptime') return [];
  const condition = checkCondition(body, node.condition, { at: node.span });
  const [then, otherwiseStatements] = [thenBranch(), elseBranch()];
  if (isUnknown(condition)) return [];
  return [{ kind: 'if', at: node.span, condition, then, else: otherwiseStatements }];
}

function checkLet(body: Body, node: Let): readonly TypedStatement[] {
  const fixed = node.type ? resolveVariableType(body, node.type) : undefined;
  const value = node.value ? checkExpr(body, node.value) : undefined;
  if (reportTaken(body, 'variable-redeclared', node.variable.name, node.headSpan)) return [];
  const variable = declareVariable(body, {
    name: node.variable.name,
    declaration: node,
    at: node.headSpan,
    fixed: fixed && isOpen(fixed) ? undefined : fixed && inSpaceOf(body, fixed, value),
    origin: 'let',
    isAssigned: value !== undefined,
  });
  if (value) return setVariable(body, variable, value, node.span);
  const type = variableType(body, variable);
  if (!type) return [];
  const place = { at: node.span, local: variable.index };
  const zero = zeroOf(type, node.span);
  return [zero ? { kind: 'set-local', ...place, value: zero } : { kind: 'clear-local', ...place }];
}

/** A declared pointer does not say which memory it leads to: its first value does, or else what is usual for the probe. */
function inSpaceOf(body: Body, type: Type, value: TypedExpr | undefined): Type {
  if (type.kind !== 'pointer' || type.space !== 'none') return type;
  const space = value && !isUnknown(value) ? spaceOf(value.type) : undefined;
  return withSpace(type, space ?? defaultSpace(body));
}

/** `string` without a size takes it from what is assigned. */
function isOpen(type: Type): boolean {
  return (type.kind === 'string' && type.size === 0) || (type.kind === 'buffer' && type.capacity === 0);
}

/** What a variable holds before it is assigned, as a constant; undefined for types that have none. */
function zeroOf(type: Type, at: Span): TypedExpr | undefined {
  if (asIntType(type) || type.kind === 'bool' || type.kind === 'pointer') return constant(0n, type, at);
  return undefined;
}

function checkAssign(body: Body, node: Assign): readonly TypedStatement[] {
  const { target } = node;
  if (target.kind === 'index') return checkElementAssign(body, node, target);
  if (node.op !== undefined) return checkCompoundAssign(body, { ...node, target, op: node.op });
  if (target.kind !== 'variable') return checkMapAssign(body, node);
  const value = checkExpr(body, node.value);
  const variable =
    findVariable(body, target.name) ??
    declareVariable(body, {
      name: target.name,
      declaration: node,
      at: node.span,
      fixed: undefined,
      origin: 'assignment',
      isAssigned: true,
    });
  variable.isAssigned = true;
  return setVariable(body, variable, value, node.span);
}

function setVariable(body: Body, variable: Variable, value: TypedExpr, at: Span): readonly TypedStatement[] {
  if (isUnknown(value)) return [];
  const { type } = value;
  if (type.kind === 'none') {
    report(body, 'assignment-value', at, []);
    return [];
  }
  if (type.kind === 'void' || isAggregate(type)) {
    report(body, 'variable-value', at, [spellType(type)]);
    return [];
  }
  const place = variable.fixed
    ? fixedPlace(body, variable, value, at)
    : grownPlace(body, variable, value, at);
  if (!place) return [];
  return [{ kind: 'set-local', at, local: variable.index, value: convertTo(body, value, place) }];
}

function grownPlace(body: Body, variable: Variable, value: TypedExpr, at: Span): Type | undefined {
  const { type } = value;
  const place = body.program.inference.growVariable(body.id, variable.declaration, withoutTrust(type));
  if (place && literalFits(value, place)) return place;
  reportVariableType(body, variable, type, at);
  return undefined;
}

/** A declared type stays. */
function fixedPlace(body: Body, variable: Variable, value: TypedExpr, at: Span): Type | undefined {
  if (variable.fixed && acceptsFixed(value, variable.fixed)) return variable.fixed;
  reportVariableType(body, variable, value.type, at);
  return undefined;
}

function checkMapAssign(body: Body, node: Assign): readonly TypedStatement[] {
  const { target, span } = node;
  if (target.kind === 'variable' || target.kind === 'index') return [];
  const call = aggregateCall(node.value);
  if (call) return checkAggregateAssign(body, node, call);
  const value = checkRaw(body, node.value);
  const access = checkAccess(body, target);
  if (!access) return [];
  const { map, key } = access;
  map.isWritten = true;
  if (isUnknown(value)) return [];
  const converted = checkMapValue(body, map, value, span);
  if (!converted) return [];
  return [{ kind: 'set-map', at: span, map: map.index, ...(key ? { key } : {}), value: converted }];
}

/** The call of an aggregating function that a value is, alone or at the end of a block (a macro's body). */
function aggregateCall(value: Expr): { readonly call: Call; readonly block: Block | undefined } | undefined {
  if (value.kind === 'call' && findBuiltin(value.callee.text)?.aggregate)
    return { call: value, block: undefined };
  if (value.kind !== 'block' || !value.value) return undefined;
  const inner = aggregateCall(value.value);
  return inner && !inner.block ? { call: inner.call, block: value } : undefined;
}

function checkAggregateAssign(
  body: Body,
  node: Assign,
  { call, block }: { readonly call: Call; readonly block: Block | undefined },
): readonly TypedStatement[] {
  if (node.target.kind === 'variable' || node.target.kind === 'index') return [];
  const access = checkAccess(body, node.target);
  const assign = (use: AggregateUse | undefined): readonly TypedStatement[] => {
    if (!access) return [];
    const { map, key } = access;
    map.isWritten = true;
    if (!use || !holdsAggregate(body, map, use, call.span)) return [];
    const args = use.args.map((arg) => signedLike(arg, map.value));
    return [{ kind: 'aggregate', at: node.span, map: map.index, ...(key ? { key } : {}), args }];
  };
  if (!block) return assign(checkAggregate(body, call));
  return inScope(body, () => {
    const statements = checkStatements(body, block.statements);
    return [{ kind: 'scope', at: block.span, body: [...statements, ...assign(checkAggregate(body, call))] }];
  });
}

/** The argument with the sign of the map: one signed use makes all signed. */
function signedLike(arg: TypedExpr, value: Type | undefined): TypedExpr {
  return value && 'signed' in value && value.signed ? castTo(arg, int64) : arg;
}

const parameterMessages: Readonly<Record<string, string>> = {
  hist: 'Different bits in a single hist unsupported',
  lhist: 'Different lhist bounds in a single map unsupported',
  tseries: 'Different tseries bounds in a single map unsupported',
};

function holdsAggregate(body: Body, map: MapState, use: AggregateUse, at: Span): boolean {
  const before = map.value;
  const grown = body.program.inference.growAggregate(map, use.type);
  if (!grown) {
    report(body, 'map-value-type', at, [map.name, spellType(use.type), before ? spellType(before) : 'none']);
    return false;
  }
  const message = parameterMessages[use.type.kind];
  if (message !== undefined && !sameParameters(grown, use.type)) {
    report(body, 'map-parameters', at, [message]);
    return false;
  }
  return true;
}

function sameParameters(left: Type, right: Type): boolean {
  const parameters = (type: Type): string =>
    JSON.stringify({ ...type, signed: undefined }, (_name, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
  return parameters(left) === parameters(right);
}

function checkWhile(body: Body, node: While): readonly TypedStatement[] {
  report(body, 'while-deprecated', node.span, []);
  const condition = checkCondition(body, node.condition, { allowText: true });
  body.loops.push('while');
  const statements = checkBody(body, node.body);
  body.loops.pop();
  return isUnknown(condition) ? [] : [{ kind: 'while', at: node.span, condition, body: statements }];
}

const MAX_UNROLL = 100n;

function checkUnroll(body: Body, node: Unroll): readonly TypedStatement[] {
  const count = checkExpr(body, node.count);
  const statements = checkBody(body, node.body);
  if (isUnknown(count)) return [];
  if (count.kind !== 'int' || count.type.kind !== 'int' || count.value < 0n) {
    report(body, 'unroll-value', node.span, []);
    return [];
  }
  if (count.value > MAX_UNROLL || count.value < 1n) {
    report(body, count.value < 1n ? 'unroll-minimum' : 'unroll-maximum', node.span, []);
    return [];
  }
  return [{ kind: 'repeat', at: node.span, count: Number(count.value), body: statements }];
}

function checkJump(body: Body, node: Jump): readonly TypedStatement[] {
  if (node.kind === 'return') return checkReturn(body, node);
  if (body.loops.length === 0) {
    report(body, 'jump-place', node.span, [node.kind, body.fn ? 'function' : 'probe']);
    return [];
  }
  return [{ kind: node.kind, at: node.span }];
}

/** A function that has a result ends without one. */
export function reportNoResult(body: Body, { fn, result }: FnSignature, at: Span): void {
  report(body, 'fn-result', at, [fn.name.text, spellType(result), 'void']);
}

/** Whether every way through the statements ends in a `return`. Loops may run zero times. */
export function alwaysReturns(statements: readonly TypedStatement[]): boolean {
  return statements.some((statement) => {
    if (statement.kind === 'scope') return alwaysReturns(statement.body);
    if (statement.kind === 'if') return alwaysReturns(statement.then) && alwaysReturns(statement.else);
    return statement.kind === 'return';
  });
}

function checkReturn(body: Body, node: Jump): readonly TypedStatement[] {
  const { span } = node;
  if (!node.value) {
    if (body.fn && body.fn.result.kind !== 'void') reportNoResult(body, body.fn, span);
    return [{ kind: 'return', at: span }];
  }
  const value = checkExpr(body, node.value);
  if (isUnknown(value)) return [{ kind: 'return', at: span }];
  if (body.fn) {
    const { result, fn } = body.fn;
    if (result.kind === 'void' || !acceptsFixed(value, result)) {
      report(body, 'fn-result', span, [fn.name.text, spellType(result), spellType(value.type)]);
      return [{ kind: 'return', at: span }];
    }
    return [{ kind: 'return', at: span, value: convertTo(body, value, result) }];
  }
  if (!asIntType(value.type)) {
    report(body, 'return-type', span, [spellType(value.type)]);
    return [];
  }
  return [{ kind: 'return', at: span, value: castTo(value, int64) }];
}
