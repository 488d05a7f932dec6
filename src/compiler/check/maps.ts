/** Maps: reading, keys, and what they may hold. */
import { isAggregate, isCastableAggregate, spellType } from '../../types/index.ts';
import { type Expr, type MapAccess, type MapName, type Span, suggest } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { type Body, fail, report } from './body.ts';
import { readValue } from './cast-to.ts';
import { checkRaw } from './check-expr.ts';
import { convertTo } from './conversion.ts';
import { literalFits } from './fitting.ts';
import type { MapState } from './inference.ts';
import { isUnknown, unknownExpr } from './literals.ts';

/** The map of a name; every map that is mentioned anywhere is known before the bodies are walked. */
export function useMap(body: Body, map: MapName): MapState | undefined {
  return body.program.inference.map(map);
}

/** `@x`, `@x[key]` where a value is wanted. */
export function checkMapRead(body: Body, node: MapName | MapAccess): TypedExpr {
  const access = checkAccess(body, node);
  if (!access) return unknownExpr(node.span);
  const { map, key } = access;
  map.isRead = true;
  // Not known yet, or what it is given has been found wrong.
  if (!map.value) return unknownExpr(node.span);
  if (
    isCastableAggregate(map.value) &&
    !body.program.target.has('map-lookup-percpu-elem') &&
    body.metaDepth === 0
  ) {
    return fail(body, 'missing-feature', node.span, ['map_lookup_percpu_elem']);
  }
  return { kind: 'map', type: map.value, at: node.span, map: map.index, ...(key ? { key } : {}) };
}

export function suggestMap(body: Body, map: MapState): string | undefined {
  const written = body.program.inference.maps.filter((other) => other.isWritten).map((other) => other.name);
  return suggest(map.name, written);
}

/** A map with its key, if it has keys; undefined when something is wrong, which has been reported, or not known yet. */
export function checkAccess(
  body: Body,
  node: MapName | MapAccess,
): { readonly map: MapState; readonly key: TypedExpr | undefined } | undefined {
  const name = node.kind === 'map' ? node : node.map;
  const map = useMap(body, name);
  if (!map) return undefined;
  if (node.kind === 'map') {
    if (map.scalar) return { map, key: undefined };
    report(body, 'map-used-scalar', name.span, [map.name]);
    return undefined;
  }
  if (map.scalar) {
    report(body, 'map-used-keyed', node.span, [map.name]);
    return undefined;
  }
  const key = checkKey(body, map, node.key, node.span);
  return key && { map, key };
}

/** A key for a map, converted to the type that all its keys have. */
export function checkKey(body: Body, map: MapState, expr: Expr, at: Span): TypedExpr | undefined {
  const key = readValue(checkRaw(body, expr));
  if (isUnknown(key)) return undefined;
  if (!isKeyAllowed(body, key, at)) return undefined;
  const grown = body.program.inference.growKey(map, key.type);
  if (!grown || !literalFits(key, grown)) {
    report(body, 'map-key-type', at, [map.name, spellType(key.type), map.key ? spellType(map.key) : 'none']);
    return undefined;
  }
  return convertTo(body, key, grown);
}

function isKeyAllowed(body: Body, key: TypedExpr, at: Span): boolean {
  const { type } = key;
  if (type.kind === 'none') {
    report(body, 'map-key-none', key.at, [spellType(type)]);
    return false;
  }
  if (type.kind === 'void' || isAggregate(type)) {
    report(body, 'map-key-value', at, [spellType(type)]);
    return false;
  }
  const parts = key.kind === 'tuple' ? key.elements : [key];
  if (parts.some((part) => part.kind === 'ctx')) {
    report(body, 'map-key-ctx', key.at, []);
    return false;
  }
  return true;
}

/** A value for a map, converted to the type that all its values have; reports why it cannot be one. */
export function checkMapValue(body: Body, map: MapState, value: TypedExpr, at: Span): TypedExpr | undefined {
  const { type } = value;
  if (type.kind === 'none' || type.kind === 'void') {
    report(body, 'map-value', at, [spellType(type)]);
    return undefined;
  }
  if (isAggregate(type) && !(isCastableAggregate(type) && map.value?.kind === 'int')) {
    reportAggregateCopy(body, map, value, at);
    return undefined;
  }
  const grown = body.program.inference.growValue(map, type);
  if (!grown || !literalFits(value, grown)) {
    report(body, 'map-value-type', at, [
      map.name,
      spellType(type),
      map.value ? spellType(map.value) : 'none',
    ]);
    return undefined;
  }
  return convertTo(body, readValue(value), grown);
}

const aggregateExamples: Readonly<Record<string, string>> = {
  count: 'count()',
  sum: 'sum(retval)',
  min: 'min(retval)',
  max: 'max(retval)',
  avg: 'avg(retval)',
  hist: 'hist(retval)',
  lhist: 'lhist(rand %10, 0, 10, 1)',
  tseries: 'tseries(rand %10, 10s, 1)',
  stats: 'stats(arg2)',
};

function reportAggregateCopy(body: Body, map: MapState, value: TypedExpr, at: Span): void {
  const { type } = value;
  const from = value.kind === 'map' ? body.program.inference.maps[value.map]?.name : undefined;
  const hint =
    from !== undefined && isCastableAggregate(type)
      ? `Add a cast to integer if you want the value of the aggregate, e.g. \`${map.name} = (int64)${from};\`.`
      : undefined;
  const example = `${map.name} = ${aggregateExamples[type.kind] ?? type.kind}`;
  report(body, 'map-aggregate-copy', at, [spellType(type), example], { hint });
}
