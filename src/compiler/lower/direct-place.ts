import { layoutOf, sizeOf } from '../../types/index.ts';
import { type Place, placeAfter } from '../builtins/index.ts';
import type { TypedExpr, TypedExprOf } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import { placeOfLocal } from './locals.ts';

/** Where an expression that needs no code of its own lies: a local, a constant, or a part of one. */
export function directPlace(f: FuncContext, expr: TypedExpr): Place | undefined {
  const { constants, mapTable, structs } = f.prog.program;
  switch (expr.kind) {
    case 'local':
      return placeOfLocal(f, expr.local);
    case 'string': {
      const text = expr.value.padEnd(sizeOf(expr.type, structs), '\0');
      return { base: f.b.mapValue(mapTable.constants, constants.textOffset(text)), off: 0, align: 8 };
    }
    case 'named-param':
      return { base: f.b.mapValue(mapTable.constants, constants.paramOffset(expr.param)), off: 0, align: 8 };
    case 'field': {
      const base = isTextOfStruct(expr) ? undefined : directPlace(f, expr.base);
      return base && placeAfter(base, expr.offset);
    }
    case 'element': {
      const base = directPlace(f, expr.base);
      return base && placeAfter(base, elementOffset(f, expr));
    }
    case 'index': {
      if (expr.index.kind !== 'int' || expr.base.type.kind === 'pointer' || isTextOfStruct(expr))
        return undefined;
      const base = directPlace(f, expr.base);
      return base && placeAfter(base, Number(expr.index.value) * sizeOf(expr.type, structs));
    }
    default:
      return undefined;
  }
}

/** Whether an expression is text in a struct, where anything may stand behind the NUL. The prog's other texts are filled with zeros. */
export function isTextOfStruct(expr: TypedExpr): boolean {
  if (expr.type.kind !== 'string') return false;
  let inner = expr;
  while (inner.kind === 'index') inner = inner.base;
  return inner.kind === 'field';
}

/** Where an element lies in its tuple or record. */
export function elementOffset(f: FuncContext, { base, index }: TypedExprOf<'element'>): number {
  if (base.type.kind !== 'tuple' && base.type.kind !== 'record') return 0;
  return layoutOf(base.type, f.prog.program.structs).offsets[index] ?? 0;
}
