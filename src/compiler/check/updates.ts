/** Changing a variable or map in place: `x++`, `--x`, `x op= e`. */
import { int64, isAggregate, spellType, type Type, uint64 } from '../../types/index.ts';
import type { Assign, AssignOp, AssignTarget, Span, Update } from '../language/index.ts';
import {
  type BinaryOp,
  type ModifyTarget,
  someExpr,
  type TypedExpr,
  type TypedStatement,
} from '../typed/index.ts';
import { type Body, fail, report, type Variable } from './body.ts';
import { castTo, readValue } from './cast-to.ts';
import { checkExpr } from './check-expr.ts';
import { convertTo } from './conversion.ts';
import { warnOfLoss } from './fitting.ts';
import type { MapState } from './inference.ts';
import { constant, isUnknown, unknownExpr } from './literals.ts';
import { shownName } from './macros.ts';
import { checkAccess } from './maps.ts';
import { binary, stepOf } from './operators.ts';
import { asIntType } from './promotion.ts';
import { declareTemporary, findVariable, reportVariableType, variableType } from './variables.ts';

/** What can be changed, its type so far, and how the type grows. */
interface Place {
  readonly target: ModifyTarget;
  readonly type: Type | undefined;
  readonly name: string;
  /** @returns the type afterwards; undefined, after a message, when the place cannot hold it. */
  grow(type: Type): Type | undefined;
}

function placeOf(body: Body, target: AssignTarget, at: Span): Place | undefined {
  if (target.kind !== 'variable') {
    const access = checkAccess(body, target);
    return access && mapPlace(body, access.map, access.key, at);
  }
  const variable = findVariable(body, target.name);
  if (!variable) {
    report(body, 'undefined-variable', target.span, [shownName(target.name)]);
    return undefined;
  }
  if (!variable.isAssigned) report(body, 'variable-unassigned-use', target.span, [shownName(target.name)]);
  return variablePlace(body, variable, at);
}

function mapPlace(body: Body, map: MapState, key: TypedExpr | undefined, at: Span): Place {
  map.isWritten = true;
  map.isCounted = true;
  return {
    target: { kind: 'map', map: map.index, ...(key ? { key } : {}) },
    type: map.value,
    name: map.name,
    grow(type) {
      const grown = body.program.inference.growValue(map, type);
      if (!grown && map.value) {
        report(body, 'map-value-type', at, [map.name, spellType(type), spellType(map.value)]);
      }
      return grown;
    },
  };
}

function variablePlace(body: Body, variable: Variable, at: Span): Place {
  return {
    target: { kind: 'local', local: variable.index },
    type: variableType(body, variable),
    name: variable.name,
    grow(type) {
      if (variable.fixed) return variable.fixed;
      const grown = body.program.inference.growVariable(body.id, variable.declaration, type);
      if (!grown) reportVariableType(body, variable, type, at);
      return grown;
    },
  };
}

/** `x++`, `++x`, `x--`, `--x` */
export function checkUpdate(body: Body, node: Update): TypedExpr {
  const place = placeOf(body, node.target, node.span);
  if (!place?.type) return unknownExpr(node.span);
  const result = node.position === 'prefix' ? 'new' : 'old';
  const op: BinaryOp = node.op === '++' ? '+' : '-';
  const { type } = place;
  if (type.kind === 'pointer') {
    const operand = constant(BigInt(stepOf(body, type.to)), int64, node.span);
    return { kind: 'modify', type, at: node.span, target: place.target, op, operand, result };
  }
  const int = asIntType(type);
  if (!int && !isAggregate(type)) return fail(body, 'operator-type', node.span, [node.op, spellType(type)]);
  const stored = place.grow(int?.signed || node.op === '--' ? int64 : uint64);
  if (!stored) return unknownExpr(node.span);
  const operand = constant(1n, stored, node.span);
  return { kind: 'modify', type: stored, at: node.span, target: place.target, op, operand, result };
}

/** Operators that give the same low bits at any width, so that a narrow place can be changed in place. */
const widthless: ReadonlySet<AssignOp> = new Set(['+', '-', '*', '&', '|', '^', '<<']);

type CompoundAssign = Assign & { readonly target: AssignTarget; readonly op: AssignOp };

/** `target op= value` */
export function checkCompoundAssign(body: Body, node: CompoundAssign): TypedStatement[] {
  const { op, span, opSpan } = node;
  const value = checkExpr(body, node.value);
  const place = placeOf(body, node.target, span);
  if (!place || isUnknown(value)) return [];
  if (!place.type) {
    // What is never assigned starts at 0: the type comes from the operand alone.
    if (place.target.kind === 'map')
      place.grow(resultOf(body, op, constant(0n, int64, span), value, opSpan)?.type ?? int64);
    return [];
  }
  const current = readPlace(place, place.type, node.target.span);
  const computed = resultOf(body, op, current, value, opSpan);
  if (!computed) return [];
  const stored = place.grow(computed.type);
  if (!stored) return [];
  const change = changed(body, node, place, stored, computed);
  return change ? [{ kind: 'expr', at: span, expr: change }] : assigned(body, node, place, stored, op, value);
}

function readPlace(place: Place, type: Type, at: Span): TypedExpr {
  const { target } = place;
  if (target.kind === 'local') return { kind: 'local', type, at, local: target.local };
  return readValue({ kind: 'map', type, at, map: target.map, ...(target.key ? { key: target.key } : {}) });
}

function resultOf(
  body: Body,
  op: AssignOp,
  left: TypedExpr,
  right: TypedExpr,
  at: Span,
): TypedExpr | undefined {
  const result = binary(body, op, left, right, at);
  return isUnknown(result) ? undefined : result;
}

/** The change as one `modify`, where that means the same as computing at 64 bits and storing. */
function changed(
  body: Body,
  node: Assign & { readonly op: AssignOp },
  place: Place,
  stored: Type,
  computed: TypedExpr,
): TypedExpr | undefined {
  if (computed.kind !== 'binary' || someExpr(computed.right, hasEffect)) return undefined;
  const int = asIntType(stored);
  const isWhole = stored.kind === 'pointer' || int?.size === 8;
  if (!isWhole && !(int && widthless.has(node.op))) return undefined;
  warnOfLoss(body, computed, stored);
  const operand = stored.kind === 'pointer' ? computed.right : castTo(computed.right, stored);
  return {
    kind: 'modify',
    type: stored,
    at: node.span,
    target: place.target,
    op: node.op,
    operand,
    result: 'new',
  };
}

/** Whether something may change the target on the way to its value: what the target held before that is what counts. */
function hasEffect(expr: TypedExpr): boolean {
  switch (expr.kind) {
    case 'modify':
    case 'block':
    case 'call-fn':
      return true;
    case 'call':
      return expr.attrs.map !== undefined || expr.attrs.local !== undefined;
    default:
      return false;
  }
}

/** The change as an assignment of what was computed; a key is evaluated once. */
function assigned(
  body: Body,
  node: Assign,
  place: Place,
  stored: Type,
  op: AssignOp,
  value: TypedExpr,
): TypedStatement[] {
  const at = node.span;
  const before: TypedStatement[] = [];
  let { target } = place;
  if (target.kind === 'map' && target.key && target.key.kind !== 'int' && target.key.kind !== 'local') {
    const temporary = declareTemporary(body, at, target.key.type);
    before.push({ kind: 'set-local', at, local: temporary.index, value: target.key });
    target = { ...target, key: { kind: 'local', type: target.key.type, at, local: temporary.index } };
  }
  const current = readPlace({ ...place, target }, place.type ?? stored, node.target.span);
  const computed = resultOf(body, op, current, value, node.opSpan);
  if (!computed) return before;
  const result = convertTo(body, computed, stored);
  if (target.kind === 'local')
    return [...before, { kind: 'set-local', at, local: target.local, value: result }];
  return [
    ...before,
    { kind: 'set-map', at, map: target.map, ...(target.key ? { key: target.key } : {}), value: result },
  ];
}
