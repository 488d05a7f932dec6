import { errnos, present } from '../../base/index.ts';
import { updateFlags } from '../../bpf/index.ts';
import type { ScriptMap } from '../../program/index.ts';
import { sizeOf } from '../../types/index.ts';
import { addressOf, type Place, placeAfter, zeroPlace } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { MapIndex, TypedExpr } from '../typed/index.ts';
import type { FuncContext } from './func-context.ts';
import { lowerInto, lowerScalar, materialise } from './lower-expr.ts';
import { keyNumbers, writeThroughFunction } from './map-functions.ts';
import { checkHelper, helperResult, reportNegative } from './runtime-errors.ts';
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
  checkHelper(f, 'map_update_elem', putAt(f, map, key, value, 'BPF_ANY'), 'default');
}

/** What the helper returned. */
function putAt(
  f: FuncContext,
  map: MapIndex,
  key: Place,
  value: Place,
  flag: 'BPF_ANY' | 'BPF_NOEXIST',
): ValueId {
  const { b } = f;
  return b.call('map_update_elem', [
    b.mapFd(scriptMap(f, map).storage.map),
    addressOf(b, key),
    addressOf(b, value),
    b.const(updateFlags[flag]),
  ]);
}

/**
 * The address of a key's value in a hash. Where there is none, zeros are put in, which any CPU may do first, and found again: what others have
 * done with the value since is not written over.
 *
 * Not found again is what does not fit, which is reported, and what another CPU put in first (EEXIST) and then deleted. For that the zeros are
 * put in once more, over whatever is there now.
 *
 * @param failed ends the block where there is no value.
 */
export function lookUpOrMake(f: FuncContext, map: MapIndex, key: Place, failed: () => void): ValueId {
  const { b } = f;
  const found = b.newBlock();
  const address = b.blockParam(found);
  const refused = b.newBlock();
  const result = b.blockParam(refused);
  const goOnWhereAbsent = (candidate: ValueId): void => {
    const absent = b.newBlock();
    const isThere = b.compare('ne', candidate, b.const(0));
    b.branch(isThere, found, absent, { trueArgs: [candidate], cold: 'ifFalse' });
    b.enter(absent);
  };
  goOnWhereAbsent(lookUpAt(f, map, key));
  const size = sizeOf(scriptMap(f, map).value, f.prog.program.structs);
  const zeros = temporary(f, size);
  zeroPlace(b, zeros, size);
  const putZeros = (flag: 'BPF_ANY' | 'BPF_NOEXIST'): ValueId =>
    helperResult(b, 'map_update_elem', putAt(f, map, key, zeros, flag));
  const first = putZeros('BPF_NOEXIST');
  goOnWhereAbsent(lookUpAt(f, map, key));
  const again = b.newBlock();
  const wasThere = b.compare('eq', first, b.const(-errnos.EEXIST.number));
  b.branch(wasThere, again, refused, { falseArgs: [first], cold: 'ifTrue' });
  b.enter(again);
  const second = putZeros('BPF_ANY');
  goOnWhereAbsent(lookUpAt(f, map, key));
  b.jump(refused, [second]);
  b.enter(refused);
  reportNegative(f, 'map_update_elem', result, 'default');
  failed();
  b.enter(found);
  return address;
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
