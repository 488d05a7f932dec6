/** Keys of maps: delete, has_key, find, len. */

import { sameType, type Type } from '../../types/index.ts';
import { addressOf, type Place } from '../builtins/index.ts';
import { FuncBuilder, type ValueId, type VariableId } from '../ir/index.ts';
import type { Span } from '../language/index.ts';
import type { LocalIndex, MapIndex, TypedExpr } from '../typed/index.ts';
import { convert, convertPlace } from './casts.ts';
import { branch, choose, repeat } from './control.ts';
import { rowOf } from './cpu-row.ts';
import {
  denseCountFunction,
  denseDeleteFunction,
  denseHasFunction,
  denseReadFunction,
  isDense,
} from './dense-functions.ts';
import { refuse } from './failure.ts';
import type { FuncContext } from './func-context.ts';
import { copyToLocal, localOf, placeOfLocal, writeLocal } from './locals.ts';
import { lowerScalar } from './lower-expr.ts';
import { bucketKeyTemplate, keyPlace, lookUp, scriptMap } from './map-access.ts';
import { freshFuncName } from './program-context.ts';
import { checkHelper } from './runtime-errors.ts';
import { type BucketedType, bucketCount, isBucketed } from './storage.ts';
import { isByValue, loadValue } from './values.ts';

/** Buckets are visited one by one up to this many. */
const MAX_VISITED_BUCKETS = 4096;

/** Removes a key; 1 if it was there. */
export function deleteKey(f: FuncContext, map: MapIndex, key: TypedExpr | undefined, at: Span): ValueId {
  const { b } = f;
  const { storage, value } = scriptMap(f, map);
  switch (storage.kind) {
    case 'slot': {
      const base = b.mapValue(storage.map, storage.offset);
      const presence = storage.presence - storage.offset;
      const was = b.load(1, base, presence);
      // An absent value is 0: reads do not look at the presence.
      b.store(8, base, b.const(0));
      b.store(1, base, b.const(0), presence);
      return was;
    }
    case 'per-cpu-slot': {
      const found = b.declareVariable(b.const(0));
      repeat(f, f.prog.program.target.possibleCpus, ({ index }) => {
        const row = rowOf(b, f.prog.program, index, storage.offset);
        collect(b, found, b.load(1, row.base, storage.presence));
        for (let off = 0; off <= storage.presence; off += 8) b.store(8, row.base, b.const(0), off);
      });
      return b.readVariable(found);
    }
    case 'dense':
      return b.callFunc(denseDeleteFunction(f.prog, map), [lowerScalar(f, key!)]);
    case 'hash':
      if (isBucketed(value)) {
        return eachBucket(f, map, key, value, at, (bucketKey) => deleteAt(f, storage.map, bucketKey));
      }
      return deleteAt(f, storage.map, keyPlace(f, key));
  }
}

function deleteAt(f: FuncContext, bpfMap: number, key: Place): ValueId {
  const { b } = f;
  const result = b.call('map_delete_elem', [b.mapFd(bpfMap), addressOf(b, key)]);
  return b.compare('eq', result, b.const(0));
}

/** 1 if the map has the key. */
export function hasKey(f: FuncContext, map: MapIndex, key: TypedExpr | undefined, at: Span): ValueId {
  const { b } = f;
  const { storage, value } = scriptMap(f, map);
  if (storage.kind === 'dense') return b.callFunc(denseHasFunction(f.prog, map), [lowerScalar(f, key!)]);
  if (storage.kind === 'hash' && isBucketed(value)) {
    return eachBucket(f, map, key, value, at, (bucketKey) =>
      b.compare('ne', b.call('map_lookup_elem', [b.mapFd(storage.map), addressOf(b, bucketKey)]), b.const(0)),
    );
  }
  return b.compare('ne', lookUp(f, map, key), b.const(0));
}

/** Does something with every bucket a key can have; 1 if any gave 1. */
function eachBucket(
  f: FuncContext,
  map: MapIndex,
  key: TypedExpr | undefined,
  type: BucketedType,
  at: Span,
  visit: (key: Place) => ValueId,
): ValueId {
  const { b } = f;
  const count = bucketCount(type);
  if (count > MAX_VISITED_BUCKETS) {
    refuse(
      at,
      `${scriptMap(f, map).name} has ${count} slots per key, too many to visit in a probe`,
      'clear(@map) removes all keys at once',
    );
  }
  const found = b.declareVariable(b.const(0));
  const { whole, bucketAt } = bucketKeyTemplate(f, key);
  repeat(f, count, ({ index }) => {
    b.store(8, whole.base, index, bucketAt);
    collect(b, found, visit(whole));
  });
  return b.readVariable(found);
}

function collect(b: FuncBuilder, found: VariableId, more: ValueId): void {
  b.writeVariable(found, b.binary('or', b.readVariable(found), more));
}

/** Looks a key up; on a hit its value goes to a local. 1 on a hit. */
export function findKey(
  f: FuncContext,
  map: MapIndex,
  key: TypedExpr | undefined,
  local: LocalIndex,
): ValueId {
  const { b } = f;
  if (isDense(f.prog, map)) return findDense(f, map, key!, local);
  const address = lookUp(f, map, key);
  return choose(
    f,
    b.compare('ne', address, b.const(0)),
    () => {
      const found: Place = { base: address, off: 0, align: 8 };
      storeInLocal(f, local, found, scriptMap(f, map).value);
      return b.const(1);
    },
    () => b.const(0),
  );
}

function findDense(f: FuncContext, map: MapIndex, key: TypedExpr, local: LocalIndex): ValueId {
  const { b } = f;
  const { value } = scriptMap(f, map);
  const number = lowerScalar(f, key);
  const isThere = b.callFunc(denseHasFunction(f.prog, map), [number]);
  branch(f, isThere, () => {
    const found = b.callFunc(denseReadFunction(f.prog, map), [number]);
    writeLocal(f, local, convert(f, found, value, localOf(f, local).type));
  });
  return isThere;
}

/** Copies a stored value into a local, whose type may be a wider one of its kind. */
function storeInLocal(f: FuncContext, local: LocalIndex, from: Place, type: Type): void {
  const wanted = localOf(f, local).type;
  if (sameType(type, wanted)) copyToLocal(f, local, from);
  else if (isByValue(wanted)) {
    writeLocal(f, local, convert(f, loadValue(f.b, from, type, f.prog.program.structs), type, wanted));
  } else convertPlace(f, from, type, placeOfLocal(f, local), wanted);
}

/** Number of entries. */
export function countKeys(f: FuncContext, map: MapIndex, at: Span): ValueId {
  const { b } = f;
  const { storage } = scriptMap(f, map);
  if (storage.kind !== 'dense') return countEntries(f, storage.map, at);
  const inTable = b.callFunc(denseCountFunction(f.prog, map), []);
  return b.binary('add', inTable, countEntries(f, storage.hash, at));
}

/** Number of entries of a BPF map. */
function countEntries(f: FuncContext, bpfMap: number, at: Span): ValueId {
  const { b } = f;
  const { target } = f.prog.program;
  if (target.has('map-sum-elem-count')) return b.callKfunc('bpf_map_sum_elem_count', [b.mapFd(bpfMap)]);
  if (!target.has('for-each-map-elem')) {
    refuse(
      at,
      'len() of a map needs bpf_for_each_map_elem (Linux 5.13) or bpf_map_sum_elem_count (Linux 6.6)',
    );
  }
  const name = freshFuncName(f.prog, 'count_key');
  const callback = new FuncBuilder({ name, role: 'callback', params: 4 });
  const total = callback.param(3);
  callback.store(8, total, callback.addConst(callback.load(8, total), 1));
  callback.return(callback.const(0));
  f.prog.funcs.push(callback.finish());

  const counter = b.temporary(8);
  b.store(8, counter, b.const(0));
  const visited = b.call('for_each_map_elem', [b.mapFd(bpfMap), b.funcAddr(name), counter, b.const(0)]);
  checkHelper(f, 'for_each_map_elem', visited, 'default');
  return b.load(8, counter);
}
