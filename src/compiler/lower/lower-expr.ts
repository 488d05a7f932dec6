/** An expression inside of another, or of a statement, whatever its kind: in a register, or in memory. */
import { invariant } from '../../base/index.ts';
import { sizeOf, spellType } from '../../types/index.ts';
import type { Fill, Place } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { directPlace } from './direct-place.ts';
import { at, type FuncContext } from './func-context.ts';
import { isByValue, storeValue } from './values.ts';

/** Lowers an expression whose value fits a register; see `isByValue` for its form. */
export function lowerScalar(f: FuncContext, expr: TypedExpr): ValueId {
  invariant(isByValue(expr.type), `a ${spellType(expr.type)} is handled by address`);
  return at(f, expr.at, () => f.byKind.scalar(f, expr));
}

/** Memory that holds the value of an expression in its stored form: where it lies, or a temporary. It is not to be written to. */
export function materialise(f: FuncContext, expr: TypedExpr): Place {
  return (isByValue(expr.type) ? undefined : directPlace(f, expr)) ?? materialiseCopy(f, expr);
}

/** The same in a temporary of its own. */
export function materialiseCopy(f: FuncContext, expr: TypedExpr): Place {
  const bytes = sizeOf(expr.type, f.prog.program.structs);
  const temporary: Place = { base: f.b.temporary(Math.max(1, bytes)), off: 0, align: 8 };
  lowerInto(f, expr, temporary, 'exact');
  return temporary;
}

/** Writes the value of an expression to memory, in the form its type is stored in. */
export function lowerInto(f: FuncContext, expr: TypedExpr, to: Place, fill: Fill): void {
  at(f, expr.at, () => {
    if (isByValue(expr.type)) storeValue(f.b, to, expr.type, lowerScalar(f, expr), f.prog.program.structs);
    else f.byKind.into(f, expr, to, fill);
  });
}
