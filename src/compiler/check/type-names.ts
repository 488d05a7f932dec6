/** Types as a script writes them. */
import { unreachable } from '../../base/index.ts';
import {
  bool,
  int8,
  int16,
  int32,
  int64,
  isAggregate,
  pointerTo,
  spellType,
  type Type,
  uint8,
  uint16,
  uint32,
  uint64,
  voidType,
} from '../../types/index.ts';
import {
  builtinTypeNames,
  childrenOf,
  type Expr,
  type NamedType,
  type Node,
  type Span,
  suggest,
  type TaggedType,
  type TypeExpr,
} from '../language/index.ts';
import { type Body, report } from './body.ts';
import { checkRaw } from './check-expr.ts';
import { isUnknown } from './literals.ts';

/** `string` and `buffer` get their size from the array suffix, or from what is assigned: 0 says that it is open. */
const builtinTypes: Readonly<Record<string, Type>> = {
  bool,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  void: voidType,
  string: { kind: 'string', size: 0 },
  buffer: { kind: 'buffer', capacity: 0 },
  inet: { kind: 'inet' },
  macaddr_t: { kind: 'mac' },
  username_t: { kind: 'username' },
  cgroup_path_t: { kind: 'cgroupPath', filter: '' },
  timestamp: { kind: 'timestamp', clock: 'boot', format: '%H:%M:%S' },
  count_t: { kind: 'count' },
  min_t: { kind: 'min', signed: true },
  max_t: { kind: 'max', signed: true },
  sum_t: { kind: 'sum', signed: true },
  avg_t: { kind: 'avg', signed: true },
  stats_t: { kind: 'stats', signed: true },
  umin_t: { kind: 'min', signed: false },
  umax_t: { kind: 'max', signed: false },
  usum_t: { kind: 'sum', signed: false },
  uavg_t: { kind: 'avg', signed: false },
  ustats_t: { kind: 'stats', signed: false },
};

/**
 * The type behind a spelling; reports and gives undefined when there is none, or when it is not known yet (`typeof`).
 *
 * @param at where a message points, if not at the whole type.
 */
export function resolveType(body: Body, type: TypeExpr, at: Span = type.span): Type | undefined {
  switch (type.kind) {
    case 'named-type':
      return resolveNamed(body, type, at);
    case 'tagged-type':
      return resolveTagged(body, type, at);
    case 'pointer-type': {
      const to = resolveType(body, type.pointee, at);
      return to && pointerTo(to, 'none');
    }
    case 'array-type': {
      const of = resolveType(body, type.element, at);
      return of && arrayOf(of, Number(type.size?.value ?? 0n));
    }
    case 'typeof-type':
      return assignsMap(body, type.of) ? undefined : typeOf(body, type.of);
    default:
      return unreachable(type);
  }
}

/** Maps cannot be assigned in what is not evaluated. @returns whether one is, after a message. */
export function assignsMap(body: Body, node: Node, where = 'typeof or typeinfo'): boolean {
  if (node.kind === 'assign' && node.target.kind !== 'variable') {
    report(body, 'map-in-meta', node.span, [where]);
    return true;
  }
  return childrenOf(node).some((child) => assignsMap(body, child, where));
}

/** `string[8]` is a string, not an array of them. */
function arrayOf(of: Type, length: number): Type {
  if (of.kind === 'string' && of.size === 0) return { kind: 'string', size: length };
  if (of.kind === 'buffer' && of.capacity === 0) return { kind: 'buffer', capacity: length };
  if (of.kind === 'inet') return of;
  return { kind: 'array', of, length };
}

/** A name that is a type by itself, reporting nothing. */
function findNamedType(body: Body, name: string): Type | undefined {
  if (Object.hasOwn(builtinTypes, name)) return builtinTypes[name];
  return body.program.types.named(name, 'none');
}

function resolveNamed(body: Body, type: NamedType, at: Span): Type | undefined {
  const found = findNamedType(body, type.name);
  if (!found) {
    report(body, 'unknown-type', at, [type.name], {
      hint: () => suggest(type.name, builtinTypeNames) ?? body.program.types.kernelHint(),
    });
  }
  return found;
}

function resolveTagged(body: Body, type: TaggedType, at: Span): Type | undefined {
  const { types } = body.program;
  const name = `${type.tag} ${type.name}`;
  const found = type.tag === 'enum' || types.struct(name) ? types.tagged(name) : undefined;
  if (found) return found;
  if (type.tag === 'enum') report(body, 'unknown-enum', at, [type.name], { hint: () => types.kernelHint() });
  else report(body, 'unknown-type', at, [name], { hint: () => types.structHint(name) });
  return undefined;
}

/** The type of a type or of an expression that is not evaluated. */
export function typeOf(body: Body, of: TypeExpr | Expr): Type | undefined {
  if (isTypeExpr(of)) return resolveType(body, of);
  if (of.kind === 'identifier' && !body.program.types.enumerator(of.name)) {
    const named = findNamedType(body, of.name);
    if (named) return named;
  }
  // A bare map stands for its keys, if it has any.
  if (of.kind === 'map') {
    const map = body.program.inference.map(of);
    if (map && !map.scalar) return map.key;
  }
  body.metaDepth++;
  const expr = checkRaw(body, of);
  body.metaDepth--;
  return isUnknown(expr) ? undefined : expr.type;
}

export function isTypeExpr(node: TypeExpr | Expr): node is TypeExpr {
  switch (node.kind) {
    case 'named-type':
    case 'tagged-type':
    case 'pointer-type':
    case 'array-type':
    case 'typeof-type':
      return true;
    default:
      return false;
  }
}

/** The type of a `let`; aggregations live in maps only. */
export function resolveVariableType(body: Body, type: TypeExpr): Type | undefined {
  const resolved = resolveType(body, type);
  if (resolved && (isAggregate(resolved) || resolved.kind === 'void')) {
    report(body, 'variable-declaration', type.span, [spellType(resolved)]);
    return undefined;
  }
  return resolved;
}
