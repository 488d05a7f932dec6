import { unreachable } from '../../base/index.ts';
import { layoutOf, type RecordType, sizeOf, type TupleType } from '../../types/index.ts';
import { copyPlace, type Fill, type Place, placeAfter, storeText } from '../builtins/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { readStatsInto } from './aggregate-reads.ts';
import { lowerStatements } from './blocks.ts';
import { lowerCallInto } from './calls.ts';
import { lowerCastInto } from './casts.ts';
import { lowerCondition } from './conditions.ts';
import { branch } from './control.ts';
import type { FuncContext } from './func-context.ts';
import { zeroGaps } from './gaps.ts';
import { inlineFunctionInto } from './inlining.ts';
import { placeOfLocal } from './locals.ts';
import { lowerInto, materialise } from './lower-expr.ts';
import { readInto } from './read-into.ts';

/** String literals longer than this are copied from the constants map rather than stored piece by piece. */
const MAX_STORED_TEXT = 64;

/** Writes the value of one expression to memory; `lowerInto` is what calls it. */
export function lowerIntoByKind(f: FuncContext, expr: TypedExpr, to: Place, fill: Fill): void {
  const { b } = f;
  const { structs } = f.prog.program;
  switch (expr.kind) {
    case 'string': {
      const bytes = sizeOf(expr.type, structs);
      if (expr.value.length <= MAX_STORED_TEXT) storeText(b, to, expr.value, bytes);
      else copyPlace(b, to, materialise(f, expr), bytes);
      return;
    }
    case 'local':
      copyPlace(b, to, placeOfLocal(f, expr.local), sizeOf(expr.type, structs));
      return;
    case 'named-param':
      copyPlace(b, to, materialise(f, expr), sizeOf(expr.type, structs));
      return;
    case 'map':
      if (expr.type.kind === 'stats') readStatsInto(f, expr.map, expr.key, expr.type, to);
      else readInto(f, expr, to, fill);
      return;
    case 'deref':
    case 'field':
    case 'index':
    case 'element':
      readInto(f, expr, to, fill);
      return;
    case 'arg':
      if (expr.source.kind === 'ctx-slot') copySlots(f, expr.source.index, to, sizeOf(expr.type, structs));
      else readInto(f, expr, to, fill);
      return;
    case 'tuple':
      if (expr.type.kind === 'tuple') lowerParts(f, expr.type, expr.elements, to, fill);
      return;
    case 'record':
      if (expr.type.kind === 'record') lowerParts(f, expr.type, expr.values, to, fill);
      return;
    case 'conditional':
      branch(
        f,
        lowerCondition(f, expr.condition),
        () => lowerInto(f, expr.then, to, fill),
        () => lowerInto(f, expr.else, to, fill),
      );
      return;
    case 'cast':
      lowerCastInto(f, expr, to, fill);
      return;
    case 'call':
      lowerCallInto(f, expr, to, fill);
      return;
    case 'call-fn':
      inlineFunctionInto(f, expr, to);
      return;
    case 'block':
      lowerStatements(f, expr.body);
      if (expr.value !== undefined) lowerInto(f, expr.value, to, fill);
      return;
    // What these give fits a register.
    case 'int':
    case 'modify':
    case 'negate':
    case 'complement':
    case 'not':
    case 'binary':
    case 'compare':
    case 'logical':
    case 'ctx':
    case 'address-of-local':
    case 'address-of-map':
    case 'call-kernel':
      return;
    default:
      unreachable(expr);
  }
}

/** A struct passed by value takes several u64 of ctx, which are read whole. */
function copySlots(f: FuncContext, first: number, to: Place, bytes: number): void {
  const { b } = f;
  for (let start = 0; start < bytes; start += 8) {
    const word: Place = { base: b.temporary(8), off: 0, align: 8 };
    b.store(8, word.base, b.load(8, f.ctx(), (first + start / 8) * 8));
    copyPlace(b, placeAfter(to, start), word, Math.min(8, bytes - start));
  }
}

function lowerParts(
  f: FuncContext,
  type: TupleType | RecordType,
  parts: readonly TypedExpr[],
  to: Place,
  fill: Fill,
): void {
  const { offsets } = layoutOf(type, f.prog.program.structs);
  zeroGaps(f, type, to);
  parts.forEach((part, index) => {
    lowerInto(f, part, placeAfter(to, offsets[index]!), fill);
  });
}
