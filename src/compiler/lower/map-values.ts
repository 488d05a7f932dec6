import { unreachable } from '../../base/index.ts';
import { isAggregate } from '../../types/index.ts';
import type { Place } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { MapIndex, ModifyTarget, TypedExpr, TypedExprOf } from '../typed/index.ts';
import { readAggregate } from './aggregate-reads.ts';
import { modified } from './arithmetic.ts';
import { choose } from './control.ts';
import type { FuncContext } from './func-context.ts';
import { lowerScalar } from './lower-expr.ts';
import { keyPlace, lookUp, lookUpAt, scriptMap, storeInHash, updateAt } from './map-access.ts';
import { keyNumbers, readThroughFunction, writeThroughFunction } from './map-functions.ts';
import { reportMiss } from './runtime-errors.ts';
import { loadValue, storeValue } from './values.ts';

/** The value of a map under a key; 0 where there is none. An aggregate is put together over all CPUs. */
export function readMapScalar(f: FuncContext, expr: TypedExprOf<'map'>): ValueId {
  const { b } = f;
  const { structs } = f.prog.program;
  const { storage, value } = scriptMap(f, expr.map);
  if (isAggregate(value)) return readAggregate(f, expr.map, expr.key, value);
  if (storage.kind === 'slot') return loadValue(b, slotPlace(f, storage.map, storage.offset), value, structs);
  const numbers = keyNumbers(f, expr.map, expr.key);
  if (numbers) return readThroughFunction(f, expr.map, numbers);
  const address = lookUp(f, expr.map, expr.key);
  return choose(
    f,
    b.compare('ne', address, b.const(0)),
    () => loadValue(b, { base: address, off: 0, align: 8 }, value, structs),
    () => {
      reportMiss(f);
      return b.const(0);
    },
  );
}

/** `@m[k] = value`. */
export function setMap(f: FuncContext, map: MapIndex, key: TypedExpr | undefined, value: TypedExpr): void {
  const { storage } = scriptMap(f, map);
  switch (storage.kind) {
    case 'slot':
      writeSlot(f, map, lowerScalar(f, value));
      return;
    case 'dense':
    case 'hash':
      storeInHash(f, map, key, value);
      return;
    case 'per-cpu-slot':
      throw new Error('only aggregates are kept per CPU');
    default:
      unreachable(storage);
  }
}

/** `@m[k]++`, `@m[k] += n`: a missing key starts at 0. Not atomic. */
export function modifyMap(
  f: FuncContext,
  expr: TypedExprOf<'modify'>,
  target: Extract<ModifyTarget, { readonly kind: 'map' }>,
): ValueId {
  const { b } = f;
  const { structs } = f.prog.program;
  const { storage, value: type } = scriptMap(f, target.map);
  const operand = lowerScalar(f, expr.operand);
  if (storage.kind === 'slot') {
    const before = loadValue(b, slotPlace(f, storage.map, storage.offset), type, structs);
    const after = modified(f, expr, before, operand);
    writeSlot(f, target.map, after);
    return expr.result === 'old' ? before : after;
  }
  const numbers = keyNumbers(f, target.map, target.key);
  if (numbers) {
    const before = readThroughFunction(f, target.map, numbers);
    const after = modified(f, expr, before, operand);
    writeThroughFunction(f, target.map, numbers, after);
    return expr.result === 'old' ? before : after;
  }
  const key = keyPlace(f, target.key);
  const address = lookUpAt(f, target.map, key);
  return choose(
    f,
    b.compare('ne', address, b.const(0)),
    () => {
      const place: Place = { base: address, off: 0, align: 8 };
      const before = loadValue(b, place, type, structs);
      const after = modified(f, expr, before, operand);
      storeValue(b, place, type, after, structs);
      return expr.result === 'old' ? before : after;
    },
    () => {
      const before = b.const(0);
      const after = modified(f, expr, before, operand);
      const place: Place = { base: b.temporary(8), off: 0, align: 8 };
      storeValue(b, place, type, after, structs);
      updateAt(f, target.map, key, place);
      return expr.result === 'old' ? before : after;
    },
    'otherwise',
  );
}

function slotPlace(f: FuncContext, map: number, offset: number): Place {
  return { base: f.b.mapValue(map, offset), off: 0, align: 8 };
}

function writeSlot(f: FuncContext, map: MapIndex, value: ValueId): void {
  const { b } = f;
  const { storage, value: type } = scriptMap(f, map);
  if (storage.kind !== 'slot') return;
  const place = slotPlace(f, storage.map, storage.offset);
  storeValue(b, place, type, value, f.prog.program.structs);
  b.store(1, place.base, b.const(1), storage.presence - storage.offset);
}
