/**
 * Arrays of the script's own: declared, read and assigned element by element.
 *
 *     let @board : int8[240];            a map that is one array: @board[i] is an element, @board the whole
 *     begin {
 *       let $row : int8[10];             zeros
 *       $row[3] = 1;  $row[3] += 1;
 *       @rows[pid] = $row;               one value of a map with keys
 *       @rows[pid][4] = 2;               its elements; a missing value starts as zeros
 *     }
 */
import { spellType, type Type } from '../../types/index.ts';
import type { Assign, Expr, Fn, Index, MapTypeDeclaration, Node, Probe } from '../language/index.ts';
import type { TypedExpr, TypedExprOf, TypedStatement } from '../typed/index.ts';
import { type Body, report } from './body.ts';
import { castTo } from './cast-to.ts';
import { checkExpr } from './check-expr.ts';
import { convertTo } from './conversion.ts';
import { acceptsFixed } from './fitting.ts';
import { checkIndex } from './indexing.ts';
import { isUnknown } from './literals.ts';
import { checkAccess } from './maps.ts';
import { binary } from './operators.ts';
import { resolveType } from './type-names.ts';
import { declareTemporary, findVariable } from './variables.ts';

const elementKinds: ReadonlySet<Type['kind']> = new Set(['int', 'bool', 'enum', 'pointer']);

/** The type of a map declared with one: an array, of arrays perhaps, of what fits a register. Reports everything else. */
export function declaredArray(body: Body, declaration: MapTypeDeclaration): Type | undefined {
  const type = resolveType(body, declaration.type);
  if (!type) return undefined;
  let element = type;
  while (element.kind === 'array' && element.length > 0) element = element.of;
  if (type.kind === 'array' && elementKinds.has(element.kind)) return type;
  report(body, 'map-array', declaration.span, [spellType(type)]);
  return undefined;
}

/** `@board[i]` of a map that is an array means an element, not a key: such accesses become indexes. */
export function indexArrayMaps<T extends Probe | Fn>(node: T, arrays: ReadonlySet<string>): T {
  return arrays.size === 0 ? node : rewrite(node, arrays);
}

function rewrite<T>(value: T, arrays: ReadonlySet<string>): T {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, arrays)) as T; // as many, of the same kind
  if (typeof value !== 'object' || value === null || !('kind' in value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) copy[name] = rewrite(part, arrays);
  const node = copy as unknown as Node; // a node of the tree with rewritten parts
  if (node.kind !== 'map-access' || !arrays.has(node.map.name)) return copy as T;
  const index: Index = { kind: 'index', span: node.span, object: node.map, index: node.key };
  return index as T; // an expression stands where one stood
}

/** `array[i] = value`, `array[i] op= value` */
export function checkElementAssign(body: Body, node: Assign, target: Index): readonly TypedStatement[] {
  const { span } = node;
  markWritten(body, target);
  const place = checkIndex(body, target);
  const value = checkExpr(body, node.value);
  if (isUnknown(place) || isUnknown(value)) return [];
  if (place.kind !== 'index') {
    const type = place.kind === 'element' ? place.base.type : place.type;
    report(body, 'element-target', target.span, [spellType(type)]);
    return [];
  }
  if (!elementKinds.has(place.type.kind)) {
    report(body, 'element-type', target.span, [spellType(place.type)]);
    return [];
  }
  const before: TypedStatement[] = [];
  const kept = keepOperands(body, place, before);
  if (!kept) {
    report(body, 'element-target', target.span, [spellType(place.base.type)]);
    return [];
  }
  const result = node.op === undefined ? value : binary(body, node.op, kept, value, span);
  if (isUnknown(result)) return [];
  if (!acceptsElement(node, result, place.type)) {
    report(body, 'element-value', span, [spellType(result.type), spellType(place.type)]);
    return [];
  }
  const stored = node.op === undefined ? convertTo(body, result, place.type) : castTo(result, place.type);
  return [...before, { kind: 'set-element', at: span, place: kept, value: stored }];
}

/** What was computed from the element itself is cut to its size, as with every `op=`. */
function acceptsElement(node: Assign, value: TypedExpr, type: Type): boolean {
  if (node.op === undefined) return acceptsFixed(value, type);
  return value.type.kind === 'int' || value.type.kind === type.kind;
}

function markWritten(body: Body, target: Expr): void {
  if (target.kind === 'index') markWritten(body, target.object);
  else if (target.kind === 'variable') {
    const variable = findVariable(body, target.name);
    if (variable) variable.isAssigned = true;
  } else if (target.kind === 'map' || target.kind === 'map-access') {
    const access = checkAccess(body, target);
    if (access) access.map.isWritten = true;
  }
}

/** The place with keys and indexes that are evaluated once; undefined when it is no element of an array variable or map. */
function keepOperands(
  body: Body,
  place: TypedExprOf<'index'>,
  before: TypedStatement[],
): TypedExprOf<'index'> | undefined {
  const { base } = place;
  if (base.type.kind !== 'array') return undefined;
  const index = keptValue(body, place.index, before);
  if (base.kind === 'local') return { ...place, index };
  if (base.kind === 'map') {
    const key = base.key && keptValue(body, base.key, before);
    return { ...place, index, base: key ? { ...base, key } : base };
  }
  const inner = base.kind === 'index' ? keepOperands(body, base, before) : undefined;
  return inner && { ...place, index, base: inner };
}

function keptValue(body: Body, value: TypedExpr, before: TypedStatement[]): TypedExpr {
  if (value.kind === 'int' || value.kind === 'local' || value.kind === 'string') return value;
  const { index } = declareTemporary(body, value.at, value.type);
  before.push({ kind: 'set-local', at: value.at, local: index, value });
  return { kind: 'local', type: value.type, at: value.at, local: index };
}
