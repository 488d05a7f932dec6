/** Values that lie somewhere already, copied. */
import { sizeOf } from '../../types/index.ts';
import { addressOf, type Fill, type Place, placeAfter, zeroPlace } from '../builtins/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { isTextOfStruct } from './direct-place.ts';
import { at, type FuncContext } from './func-context.ts';
import { copyFrom, type Location, locate } from './locations.ts';
import { lowerInto } from './lower-expr.ts';

/** Writes a text where there is more room than its type takes: one without an end in its own memory gets one there. */
export function lowerTextInto(f: FuncContext, expr: TypedExpr, to: Place, fill: Fill, room: number): void {
  const { b } = f;
  const bytes = sizeOf(expr.type, f.prog.program.structs);
  zeroPlace(b, placeAfter(to, bytes), fill === 'exact' ? room - bytes : Math.min(1, room - bytes));
  const reads: readonly TypedExpr['kind'][] = ['map', 'deref', 'field', 'index', 'element'];
  if (reads.includes(expr.kind)) at(f, expr.at, () => readInto(f, expr, to, fill, room));
  else lowerInto(f, expr, to, fill);
}

/** Copies what an expression names; zeros where there is no such value. `room` is that of `copyFrom`. */
export function readInto(f: FuncContext, expr: TypedExpr, to: Place, fill: Fill, room?: number): void {
  const { b } = f;
  const join = b.newBlock();
  const found = locate(f, expr, () => {
    zeroPlace(b, to, sizeOf(expr.type, f.prog.program.structs));
    b.jump(join);
  });
  const location: Location =
    fill === 'exact' && found.kind === 'place' && isTextOfStruct(expr)
      ? { kind: 'foreign', base: addressOf(b, found.place), off: 0, space: 'kernel' }
      : found;
  copyFrom(f, location, expr.type, to, fill, room);
  b.jump(join);
  b.enter(join);
}
