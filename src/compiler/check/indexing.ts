/** `object[index]` on arrays, strings, pointers and tuples. */
import { asU64 } from '../../base/index.ts';
import { int8, spellType, type Type, uint64 } from '../../types/index.ts';
import type { Index } from '../language/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { isFlexible, spaceOf, withSpace } from './annotations.ts';
import { type Body, fail, report } from './body.ts';
import { castTo } from './cast-to.ts';
import { checkExpr } from './check-expr.ts';
import { elementOf } from './fields.ts';
import { intLiteral, isUnknown, unknownExpr } from './literals.ts';

export function checkIndex(body: Body, node: Index): TypedExpr {
  const base = checkExpr(body, node.object);
  const index = checkExpr(body, node.index);
  if (isUnknown(base) || isUnknown(index)) return unknownExpr(node.span);
  if (base.type.kind === 'tuple') {
    if (index.kind !== 'int') return fail(body, 'tuple-index', node.span, []);
    return elementOf(body, base, index.value, node.span);
  }
  const element = elementType(body, base.type, node);
  if (!element || !isIndexAllowed(body, base.type, index, node)) return unknownExpr(node.span);
  if (base.kind === 'string' && index.kind === 'int') {
    // A character has a sign, which a literal is too wide to show: bpftrace gives "é"[0] as 18446744073709551555.
    const character = BigInt(base.value.charCodeAt(Number(index.value)) || 0);
    return intLiteral(asU64(BigInt.asIntN(8, character)), node.span);
  }
  return { kind: 'index', type: element, at: node.span, base, index: castTo(index, uint64) };
}

function elementType(body: Body, type: Type, node: Index): Type | undefined {
  switch (type.kind) {
    case 'array':
      return withSpace(type.of, spaceOf(type));
    case 'string':
      return int8;
    case 'pointer':
      if (type.to.kind !== 'void' && type.to.kind !== 'none') return withSpace(type.to, type.space);
      report(body, 'index-unsized', node.span, []);
      return undefined;
    default:
      report(body, 'index-on', node.span, [spellType(type)]);
      return undefined;
  }
}

function isIndexAllowed(body: Body, type: Type, index: TypedExpr, node: Index): boolean {
  if (index.type.kind !== 'int' || (index.type.signed && !isFlexible(index.type))) {
    report(body, 'index-type', node.span, [spellType(index.type)]);
    return false;
  }
  const size = type.kind === 'array' ? type.length : type.kind === 'string' ? type.size : 0;
  if (index.kind === 'int' && size > 0 && index.value >= BigInt(size)) {
    report(body, 'index-range', node.span, [index.value, size]);
    return false;
  }
  return true;
}
