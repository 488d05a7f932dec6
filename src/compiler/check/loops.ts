/** `for` over ranges and maps. */
import { isAggregate, isCastableAggregate, spellType, type TupleType, type Type } from '../../types/index.ts';
import type { For, MapName, Range } from '../language/index.ts';
import type { TypedExpr, TypedStatement } from '../typed/index.ts';
import { checkBody } from './blocks.ts';
import { type Body, inScope, report } from './body.ts';
import { castTo } from './cast-to.ts';
import { checkExpr } from './check-expr.ts';
import { isUnknown } from './literals.ts';
import { suggestMap, useMap } from './maps.ts';
import { asIntType, promoteInt, readAggregate } from './promotion.ts';
import { declareVariable, reportTaken } from './variables.ts';

export function checkFor(body: Body, node: For): readonly TypedStatement[] {
  const isTaken = reportTaken(body, 'loop-shadows', node.variable.name, node.variable.span);
  return node.over.kind === 'range'
    ? checkForRange(body, node, node.over, isTaken)
    : checkForMap(body, node, node.over, isTaken);
}

/** Checks the loop's body with its variable in scope. */
function walk(
  body: Body,
  node: For,
  type: Type | undefined,
): { local: number; statements: readonly TypedStatement[] } {
  return inScope(body, () => {
    if (type) body.program.inference.setVariable(body.id, node, type);
    const variable = declareVariable(body, {
      name: node.variable.name,
      declaration: node,
      at: node.variable.span,
      fixed: undefined,
      origin: 'loop',
      isAssigned: true,
    });
    body.loops.push('for');
    const statements = checkBody(body, node.body);
    body.loops.pop();
    return { local: variable.index, statements };
  });
}

/** The variable has the type that holds both bounds. */
function checkForRange(body: Body, node: For, range: Range, isTaken: boolean): readonly TypedStatement[] {
  const from = checkExpr(body, range.from);
  const to = checkExpr(body, range.to);
  const isFromWrong = isNoInteger(from);
  const isToWrong = isNoInteger(to);
  if (isFromWrong) report(body, 'range-start', range.span, []);
  if (isToWrong) report(body, 'range-end', range.span, []);
  const [fromType, toType] = [asIntType(from.type), asIntType(to.type)];
  const bounds = fromType && toType ? promoteInt(fromType, toType) : undefined;
  const grown = bounds && body.program.inference.growVariable(body.id, node, bounds);
  const { local, statements } = walk(body, node, undefined);
  const type = grown && body.program.inference.variable(body.id, node);
  if (!type || isTaken) return [];
  return [
    {
      kind: 'for-range',
      at: node.span,
      local,
      from: castTo(from, type),
      to: castTo(to, type),
      body: statements,
    },
  ];
}

function isNoInteger(bound: TypedExpr): boolean {
  return !isUnknown(bound) && asIntType(bound.type) === undefined;
}

function checkForMap(body: Body, node: For, name: MapName, isTaken: boolean): readonly TypedStatement[] {
  const map = useMap(body, name);
  if (!map) return [];
  if (map.scalar) report(body, 'map-iteration-scalar', name.span, [map.name]);
  else if (!map.key || !map.value) {
    report(body, 'undefined-map', name.span, [map.name], { hint: () => suggestMap(body, map) });
  } else if (isAggregate(map.value) && !isCastableAggregate(map.value)) {
    report(body, 'map-iteration-type', name.span, [spellType(map.value)]);
  }
  const type: TupleType | undefined =
    map.key && map.value && !map.scalar
      ? { kind: 'tuple', elements: [map.key, readAggregate(map.value)] }
      : undefined;
  const { local, statements } = walk(body, node, type);
  if (!type || isTaken) return [];
  return [{ kind: 'for-map', at: node.span, local, map: map.index, body: statements }];
}
