import { invariant } from '../../base/index.ts';
import { layoutOf, type RecordType, sizeOf, type TupleType, type Type } from '../../types/index.ts';
import { copyPlace, type Fill, type Place, placeAfter, zeroPlace } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { TypedExpr, TypedExprOf } from '../typed/index.ts';
import { isCountable, lowerCountedComparison } from './counted-comparison.ts';
import { asNumber, isFollowed } from './followed-pointers.ts';
import type { FuncContext } from './func-context.ts';
import { zeroGaps } from './gaps.ts';
import { lowerInto, lowerScalar, materialise } from './lower-expr.ts';
import { lowerArg } from './probe-args.ts';
import { lowerTextInto } from './read-into.ts';
import { extend, isByValue, isSigned, loadValue, storedSize, storeValue } from './values.ts';

export function lowerScalarCast(f: FuncContext, expr: TypedExprOf<'cast'>): ValueId {
  const { operand, type } = expr;
  if (type.kind === 'int' && isCountable(operand)) return lowerCountedComparison(f, operand);
  if (isByValue(operand.type)) return convert(f, numberOf(f, operand, type), operand.type, type);
  if (type.kind === 'bool') return firstByteIsSet(f, operand);
  return arrayAsInteger(f, operand, type);
}

/** The value of what is cast; a pointer the verifier follows becomes a number when it is cast to one. */
function numberOf(f: FuncContext, operand: TypedExpr, to: Type): ValueId {
  // An untyped argument that is cast to a pointer stays what it is.
  if (to.kind === 'pointer' && operand.kind === 'arg') return lowerArg(f, operand);
  const value = lowerScalar(f, operand);
  const isPointer = operand.type.kind === 'pointer' && (operand.type.trusted || isFollowed(f, operand));
  return isPointer && to.kind !== 'pointer' && to.kind !== 'bool' ? asNumber(f, value) : value;
}

/** Brings a value of one by-value type into the form of another. */
export function convert(f: FuncContext, value: ValueId, from: Type, to: Type): ValueId {
  const { b } = f;
  const { structs } = f.prog.program;
  if (to.kind === 'bool') return from.kind === 'bool' ? value : b.compare('ne', value, b.const(0));
  const fromSize = storedSize(from, structs);
  const toSize = storedSize(to, structs);
  if (toSize === 8) return value;
  const fits = isSigned(from) === isSigned(to) ? fromSize <= toSize : isSigned(to) && fromSize < toSize;
  return fits ? value : extend(b, value, toSize, isSigned(to));
}

/** A string is true when it is not empty. */
function firstByteIsSet(f: FuncContext, text: TypedExpr): ValueId {
  const { base, off } = materialise(f, text);
  return f.b.compare('ne', f.b.load(1, base, off), f.b.const(0));
}

/** The bytes of an integer array as one little-endian number. */
function arrayAsInteger(f: FuncContext, array: TypedExpr, type: Type): ValueId {
  const { b } = f;
  const { structs } = f.prog.program;
  const bytes = sizeOf(array.type, structs);
  const word: Place = { base: b.temporary(8), off: 0, align: 8 };
  const source = materialise(f, array);
  if (bytes < 8) zeroPlace(b, word, 8);
  copyPlace(b, word, source, Math.min(8, bytes));
  return extend(b, b.load(8, word.base), storedSize(type, structs), isSigned(type));
}

/** Lowers a cast whose result is handled by address. */
export function lowerCastInto(f: FuncContext, expr: TypedExprOf<'cast'>, to: Place, fill: Fill): void {
  const { operand, type } = expr;
  const { structs } = f.prog.program;
  if (isByValue(operand.type)) {
    integerAsArray(f, operand, type, to);
    return;
  }
  if (operand.kind === 'tuple' && type.kind === 'tuple') {
    const { offsets } = layoutOf(type, structs);
    zeroGaps(f, type, to);
    operand.elements.forEach((element, index) => {
      const elementType = type.elements[index]!;
      const place = placeAfter(to, offsets[index]!);
      lowerInto(f, { kind: 'cast', type: elementType, at: expr.at, operand: element }, place, fill);
    });
    return;
  }
  if (operand.type.kind === 'string' && operand.type.size <= sizeOf(type, structs)) {
    lowerTextInto(f, operand, to, fill, sizeOf(type, structs));
    return;
  }
  convertPlace(f, materialise(f, operand), operand.type, to, type);
}

/** The bytes of an integer, little-endian; an array that is larger gets the sign or zeros. */
function integerAsArray(f: FuncContext, operand: TypedExpr, type: Type, to: Place): void {
  const { b } = f;
  const bytes = sizeOf(type, f.prog.program.structs);
  const word: Place = { base: b.temporary(8), off: 0, align: 8 };
  b.store(8, word.base, lowerScalar(f, operand));
  copyPlace(b, to, word, Math.min(8, bytes));
  if (bytes > 8) zeroPlace(b, placeAfter(to, 8), bytes - 8);
}

/** Converts a stored value into another stored form of its kind. */
export function convertPlace(f: FuncContext, from: Place, fromType: Type, to: Place, toType: Type): void {
  const { b } = f;
  const { structs } = f.prog.program;
  if (isByValue(toType)) {
    const value = loadValue(b, from, fromType, structs);
    storeValue(b, to, toType, convert(f, value, fromType, toType), structs);
  } else if (fromType.kind === 'tuple' && toType.kind === 'tuple') {
    const places = layoutOf(fromType, structs).offsets;
    convertParts(f, fromType.elements, places, from, toType, toType.elements, to);
  } else if (fromType.kind === 'record' && toType.kind === 'record') {
    // Fields go by name: two records may have them in different orders.
    const offsets = layoutOf(fromType, structs).offsets;
    const order = toType.fields.map(({ name }) => fromType.fields.findIndex((field) => field.name === name));
    invariant(!order.includes(-1), 'a record is cast to one with the same field names');
    convertParts(
      f,
      order.map((index) => fromType.fields[index]!.type),
      order.map((index) => offsets[index]!),
      from,
      toType,
      toType.fields.map((field) => field.type),
      to,
    );
  } else if (fromType.kind === 'array' && toType.kind === 'array' && isByValue(toType.of)) {
    const fromSize = sizeOf(fromType.of, structs);
    const toSize = sizeOf(toType.of, structs);
    for (let i = 0; i < toType.length; i++) {
      const source = placeAfter(from, i * fromSize);
      const target = placeAfter(to, i * toSize);
      if (i < fromType.length) convertPlace(f, source, fromType.of, target, toType.of);
      else zeroPlace(b, target, toSize);
    }
  } else {
    const size = sizeOf(toType, structs);
    const used = Math.min(size, sizeOf(fromType, structs));
    copyPlace(b, to, from, used);
    zeroPlace(b, placeAfter(to, used), size - used);
  }
}

function convertParts(
  f: FuncContext,
  fromTypes: readonly Type[],
  fromOffsets: readonly number[],
  from: Place,
  whole: TupleType | RecordType,
  toTypes: readonly Type[],
  to: Place,
): void {
  const { offsets } = layoutOf(whole, f.prog.program.structs);
  zeroGaps(f, whole, to);
  toTypes.forEach((type, index) => {
    const source = placeAfter(from, fromOffsets[index]!);
    convertPlace(f, source, fromTypes[index]!, placeAfter(to, offsets[index]!), type);
  });
}
