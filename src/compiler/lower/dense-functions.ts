/**
 * The code of maps that have a table for small keys and a hash for all others (`MapStorage`, dense). It stands in functions that take and
 * give numbers:
 *
 *     read(key):  if (key < slots) return table[key]; entry = lookup(hash, key); return entry ? *entry : 0
 */
import { invariant } from '../../base/index.ts';
import type { MapStorage, ScriptMap } from '../../program/index.ts';
import type { FuncBuilder, ValueId } from '../ir/index.ts';
import type { MapIndex } from '../typed/index.ts';
import { storeKey, updateFromParams } from './map-function-params.ts';
import type { ProgContext } from './program-context.ts';
import { subprogram } from './subprograms.ts';
import { isSigned, storedSize, storeValue } from './values.ts';

type DenseStorage = Extract<MapStorage, { readonly kind: 'dense' }>;

/** A presence byte is 0 or 1, so the product of eight of them with this has their sum in its top byte. */
const BYTE_SUM = 0x0101_0101_0101_0101n;

interface DenseMap {
  readonly map: ScriptMap;
  readonly storage: DenseStorage;
  readonly index: MapIndex;
}

function denseMap(prog: ProgContext, index: MapIndex): DenseMap {
  const map = prog.program.maps[index];
  invariant(map?.storage.kind === 'dense', 'only a map with a table is read through it');
  return { map, storage: map.storage, index };
}

export function isDense(prog: ProgContext, map: MapIndex): boolean {
  return prog.program.maps[map]?.storage.kind === 'dense';
}

/** Goes on in `inside` where the key has a slot, else in a new current block. */
function splitByKey(b: FuncBuilder, storage: DenseStorage, key: ValueId, inside: () => void): void {
  const slot = b.newBlock();
  const other = b.newBlock();
  b.branch(b.compare('ult', key, b.const(storage.slots)), slot, other, { cold: 'ifFalse' });
  b.enter(slot);
  inside();
  b.enter(other);
}

function valueAddress(b: FuncBuilder, { map, offset, stride }: DenseStorage, key: ValueId): ValueId {
  return b.binary('add', b.mapValue(map, offset), stride === 1 ? key : b.binary('mul', key, b.const(stride)));
}

function presenceAddress(b: FuncBuilder, { map, presence }: DenseStorage, key: ValueId): ValueId {
  return b.binary('add', b.mapValue(map, presence), key);
}

/** The entry of a key in the hash, or 0. */
function lookUp(b: FuncBuilder, prog: ProgContext, { storage, index }: DenseMap, firstKey: number): ValueId {
  return b.call('map_lookup_elem', [b.mapFd(storage.hash), storeKey(b, prog, index, firstKey)]);
}

/** Returns `found` of the entry where there is one, 0 elsewhere. */
function returnFound(b: FuncBuilder, entry: ValueId, found: () => ValueId): void {
  const there = b.newBlock();
  const missing = b.newBlock();
  b.branch(b.compare('ne', entry, b.const(0)), there, missing);
  b.enter(there);
  b.return(found());
  b.enter(missing);
  b.return(b.const(0));
}

/** read(key): the value, 0 where there is none. */
export function denseReadFunction(prog: ProgContext, index: MapIndex): string {
  const dense = denseMap(prog, index);
  const { storage } = dense;
  const { value } = dense.map;
  const size = storedSize(value, prog.program.structs);
  return subprogram(prog, `read_map${index}`, 1, (b) => {
    splitByKey(b, storage, b.param(0), () => {
      b.return(b.load(size, valueAddress(b, storage, b.param(0)), 0, isSigned(value)));
    });
    const entry = lookUp(b, prog, dense, 0);
    returnFound(b, entry, () => b.load(size, entry, 0, isSigned(value)));
  });
}

/** write(value, record, key): `record` reports that the hash is full, where such reports are wanted. */
export function denseWriteFunction(prog: ProgContext, index: MapIndex, reports: boolean): string {
  const dense = denseMap(prog, index);
  const { storage } = dense;
  const { value } = dense.map;
  const { structs } = prog.program;
  return subprogram(prog, `write_map${index}`, 3, (b) => {
    splitByKey(b, storage, b.param(2), () => {
      const address = valueAddress(b, storage, b.param(2));
      storeValue(b, { base: address, off: 0, align: 1 }, value, b.param(0), structs);
      b.store(1, presenceAddress(b, storage, b.param(2)), b.const(1));
      b.return(b.const(0));
    });
    updateFromParams(b, prog, { map: index, bpfMap: storage.hash, reports });
  });
}

/** has(key): 1 or 0. */
export function denseHasFunction(prog: ProgContext, index: MapIndex): string {
  const dense = denseMap(prog, index);
  return subprogram(prog, `has_map${index}`, 1, (b) => {
    splitByKey(b, dense.storage, b.param(0), () => {
      b.return(b.load(1, presenceAddress(b, dense.storage, b.param(0))));
    });
    returnFound(b, lookUp(b, prog, dense, 0), () => b.const(1));
  });
}

/** delete(key): 1 if it was there. The value of an absent key is 0: reads do not look at the presence. */
export function denseDeleteFunction(prog: ProgContext, index: MapIndex): string {
  const dense = denseMap(prog, index);
  const { storage } = dense;
  const size = storedSize(dense.map.value, prog.program.structs);
  return subprogram(prog, `delete_map${index}`, 1, (b) => {
    splitByKey(b, storage, b.param(0), () => {
      const presence = presenceAddress(b, storage, b.param(0));
      const was = b.load(1, presence);
      b.store(size, valueAddress(b, storage, b.param(0)), b.const(0));
      b.store(1, presence, b.const(0));
      b.return(was);
    });
    const key = storeKey(b, prog, index, 0);
    const result = b.call('map_delete_elem', [b.mapFd(storage.hash), key]);
    b.return(b.compare('eq', result, b.const(0)));
  });
}

/** The number of keys in the table: eight presence bytes are added up at once. */
export function denseCountFunction(prog: ProgContext, index: MapIndex): string {
  const { storage } = denseMap(prog, index);
  return subprogram(prog, `count_map${index}`, 0, (b) => {
    const total = b.declareVariable(b.const(0));
    const word = b.declareVariable(b.const(0));
    const head = b.newBlock();
    const body = b.newBlock();
    const done = b.newBlock();
    b.jump(head);
    b.moveTo(head);
    const at = b.readVariable(word);
    b.branch(b.compare('ult', at, b.const(storage.slots)), body, done);
    b.enter(body);
    const bytes = b.load(8, presenceAddress(b, storage, at));
    const sum = b.binary('lshr', b.binary('mul', bytes, b.const(BYTE_SUM)), b.const(56));
    b.writeVariable(total, b.binary('add', b.readVariable(total), sum));
    b.writeVariable(word, b.addConst(at, 8));
    b.jump(head);
    b.sealBlock(head);
    b.enter(done);
    b.return(b.readVariable(total));
  });
}
