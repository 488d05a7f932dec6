import { unreachable } from '../../base/index.ts';
import { layoutOf, type RecordType, sizeOf, type TupleType } from '../../types/index.ts';
import {
  addressOf,
  copyPlace,
  type Fill,
  type Place,
  placeAfter,
  storeText,
  zeroPlace,
} from '../builtins/index.ts';
import type { TypedExpr } from '../typed/index.ts';
import { readStatsInto } from './aggregate-reads.ts';
import { lowerCallInto } from './calls.ts';
import { lowerCastInto } from './casts.ts';
import { lowerCondition } from './conditions.ts';
import { branch } from './control.ts';
import { lowerScalar } from './expressions.ts';
import { at, type FuncContext } from './func-context.ts';
import { inlineFunctionInto } from './inlining.ts';
import { placeOfLocal } from './locals.ts';
import { copyFrom, directPlace, isTextOfStruct, type Location, locate } from './locations.ts';
import { lowerStatements } from './statements.ts';
import { isByValue, storeValue } from './values.ts';

/** String literals longer than this are copied from the constants map rather than stored piece by piece. */
const MAX_STORED_TEXT = 64;

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
    else lowerKindInto(f, expr, to, fill);
  });
}

function lowerKindInto(f: FuncContext, expr: TypedExpr, to: Place, fill: Fill): void {
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
function readInto(f: FuncContext, expr: TypedExpr, to: Place, fill: Fill, room?: number): void {
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

/** Clears the bytes between and behind the elements of a tuple or record, so that equal values have equal bytes. */
export function zeroGaps(f: FuncContext, type: TupleType | RecordType, to: Place): void {
  const { structs } = f.prog.program;
  const types = type.kind === 'tuple' ? type.elements : type.fields.map((field) => field.type);
  const { offsets, size } = layoutOf(type, structs);
  let end = 0;
  [...offsets, size].forEach((offset, index) => {
    if (offset > end) zeroPlace(f.b, placeAfter(to, end), offset - end);
    const element = types[index];
    end = offset + (element === undefined ? 0 : sizeOf(element, structs));
  });
}
