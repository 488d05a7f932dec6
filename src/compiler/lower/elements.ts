/** `array[i] = value`: a store into the array where it lies. */
import { invariant } from '../../base/index.ts';
import type { Place } from '../builtins/index.ts';
import type { TypedExpr, TypedExprOf, TypedStatement } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import { placeOfLocal } from './locals.ts';
import { elementAt, type Location, type Missing } from './locations.ts';
import { lowerScalar } from './lower-expr.ts';
import { keyPlace, lookUpOrMake } from './map-access.ts';
import { storeValue } from './values.ts';

type SetElement = Extract<TypedStatement, { readonly kind: 'set-element' }>;

/** Out of bounds, or in a map that is full, nothing is stored. */
export function setElement(f: FuncContext, { place, value }: SetElement): void {
  const { b } = f;
  const scalar = lowerScalar(f, value);
  const join = b.newBlock();
  const location = locateTarget(f, place, () => b.jump(join));
  invariant(location.kind === 'place', 'an element that is assigned lies in the memory of the prog');
  storeValue(b, location.place, place.type, scalar, f.prog.program.structs);
  b.jump(join);
  b.enter(join);
}

function locateTarget(f: FuncContext, expr: TypedExpr, missing: Missing): Location {
  switch (expr.kind) {
    case 'index':
      return elementAt(f, locateTarget(f, expr.base, missing), expr, missing);
    case 'local':
      return { kind: 'place', place: placeOfLocal(f, expr.local) };
    default:
      invariant(expr.kind === 'map', 'elements are assigned in variables and maps');
      return { kind: 'place', place: madeMapValue(f, expr, missing) };
  }
}

/** The value of a map; where there is none yet, it is made of zeros. */
function madeMapValue(f: FuncContext, expr: TypedExprOf<'map'>, missing: Missing): Place {
  return { base: lookUpOrMake(f, expr.map, keyPlace(f, expr.key), missing), off: 0, align: 8 };
}
