import { present } from '../../base/index.ts';
import { updateFlags } from '../../bpf/index.ts';
import type { ScriptMap } from '../../program/index.ts';
import { sizeOf } from '../../types/index.ts';
import { addressOf, type Place, placeAfter, zeroPlace } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { MapIndex, TypedExpr } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import { lowerInto, lowerScalar, materialise } from './lower-expr.ts';
import { keyNumbers, writeThroughFunction } from './map-functions.ts';
import { checkHelper } from './runtime-errors.ts';
import { bucketOffset } from './storage.ts';
import { isByValue, storeValue } from './values.ts';

export function scriptMap(f: FuncContext, map: MapIndex): ScriptMap {
  return present(f.prog.program.maps[map], 'a map that is mentioned is declared');
}

function temporary(f: FuncContext, bytes: number): Place {
  return { base: f.b.temporary(bytes), off: 0, align: 8 };
}

/** The bytes of a hash's key. A scalar map kept in a hash has the key u64 0. */
export function keyPlace(f: FuncContext, key: TypedExpr | undefined): Place {
  if (key !== undefined) return materialise(f, key);
  const place = temporary(f, 8);
  zeroPlace(f.b, place, 8);
  return place;
}

/** The key of one bucket: the script's key, then the u64 bucket. */
export function bucketKeyPlace(f: FuncContext, key: TypedExpr | undefined, bucket: ValueId): Place {
  const place = bucketKeyTemplate(f, key);
  f.b.store(8, place.whole.base, bucket, place.bucketAt);
  return place.whole;
}

/** A bucket key whose bucket is still to be written. */
export function bucketKeyTemplate(
  f: FuncContext,
  key: TypedExpr | undefined,
): { readonly whole: Place; readonly bucketAt: number } {
  const { structs } = f.prog.program;
  const bucketAt = bucketOffset(key?.type, structs);
  const whole = temporary(f, bucketAt + 8);
  if (key !== undefined) {
    lowerInto(f, key, whole, 'exact');
    const used = sizeOf(key.type, structs);
    zeroPlace(f.b, placeAfter(whole, used), bucketAt - used);
  }
  return { whole, bucketAt };
}

/** The address of a key's value in a hash, or 0. */
export function lookUp(f: FuncContext, map: MapIndex, key: TypedExpr | undefined): ValueId {
  return lookUpAt(f, map, keyPlace(f, key));
}

export function lookUpAt(f: FuncContext, map: MapIndex, key: Place): ValueId {
  const { storage } = scriptMap(f, map);
  return f.b.call('map_lookup_elem', [f.b.mapFd(storage.map), addressOf(f.b, key)]);
}

/** Stores a whole value in a hash; failure (the map is full) is reported. */
export function updateAt(f: FuncContext, map: MapIndex, key: Place, value: Place): void {
  const { b } = f;
  const { storage } = scriptMap(f, map);
  const result = b.call('map_update_elem', [
    b.mapFd(storage.map),
    addressOf(b, key),
    addressOf(b, value),
    b.const(updateFlags.BPF_ANY),
  ]);
  checkHelper(f, 'map_update_elem', result, 'default');
}

/** Stores the value of an expression under a key. */
export function storeInHash(
  f: FuncContext,
  map: MapIndex,
  key: TypedExpr | undefined,
  value: TypedExpr,
): void {
  // The value comes first, as an assignment's right side does.
  if (isByValue(value.type)) {
    const scalar = lowerScalar(f, value);
    const numbers = keyNumbers(f, map, key);
    if (numbers) {
      writeThroughFunction(f, map, numbers, scalar);
      return;
    }
    const keyBytes = keyPlace(f, key);
    const valueBytes = temporary(f, 8);
    storeValue(f.b, valueBytes, value.type, scalar, f.prog.program.structs);
    updateAt(f, map, keyBytes, valueBytes);
    return;
  }
  const valueBytes = materialise(f, value);
  updateAt(f, map, keyPlace(f, key), valueBytes);
}
