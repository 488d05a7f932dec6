/** `@m[k] = count()` and its relatives. */
import { unreachable } from '../../base/index.ts';
import type { AggregateType, SeriesAggregate, Type } from '../../types/index.ts';
import type { Place } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { TypedStatement } from '../typed/index.ts';
import { linearBucket, log2Bucket } from './buckets.ts';
import { readClock } from './clocks.ts';
import { branch, choose } from './control.ts';
import { currentRow } from './cpu-row.ts';
import type { FuncContext } from './func-context.ts';
import { lowerScalar } from './lower-expr.ts';
import { bucketKeyPlace, keyPlace, lookUpOrMake, scriptMap } from './map-access.ts';
import { isSigned } from './values.ts';

type AggregateStatement = Extract<TypedStatement, { readonly kind: 'aggregate' }>;

export function lowerAggregate(f: FuncContext, statement: AggregateStatement): void {
  const { value: type } = scriptMap(f, statement.map);
  const argument = statement.args[0];
  const number = argument === undefined ? f.b.const(1) : lowerScalar(f, argument);
  recordSample(f, statement, type, number, argument?.type);
}

function recordSample(
  f: FuncContext,
  statement: AggregateStatement,
  type: Type,
  number: ValueId,
  numberType: Type | undefined,
): void {
  const { b } = f;
  const signed = numberType !== undefined && isSigned(numberType);
  switch (type.kind) {
    case 'count':
    case 'sum':
      withCell(f, statement, (cell) => b.atomicAdd(8, cell.base, number, cell.off));
      return;
    case 'avg':
    case 'stats':
      withCell(f, statement, (cell) => {
        b.atomicAdd(8, cell.base, number, cell.off);
        b.atomicAdd(8, cell.base, b.const(1), cell.off + 8);
      });
      return;
    case 'min':
    case 'max':
      withCell(f, statement, (cell) => keepExtreme(f, type, cell, number));
      return;
    case 'hist':
      countBucket(f, statement, log2Bucket(f, number, type.bits));
      return;
    case 'lhist':
      countBucket(f, statement, linearBucket(f, number, type, signed));
      return;
    case 'tseries':
      recordInSeries(f, statement, type, number);
      return;
    default:
      throw new Error(`${type.kind} is no aggregate`);
  }
}

function countBucket(f: FuncContext, statement: AggregateStatement, bucket: ValueId): void {
  const key = bucketKeyPlace(f, statement.key, bucket);
  withHashCell(f, statement, key, (cell) => f.b.atomicAdd(8, cell.base, f.b.const(1), cell.off));
}

/** Finds this CPU's value, making it where there is none, and changes it in place. */
function withCell(f: FuncContext, statement: AggregateStatement, change: (cell: Place) => void): void {
  const { storage } = scriptMap(f, statement.map);
  if (storage.kind !== 'per-cpu-slot') {
    withHashCell(f, statement, keyPlace(f, statement.key), change);
    return;
  }
  const row = currentRow(f.b, f.prog.program, storage.offset);
  change(row);
  f.b.store(1, row.base, f.b.const(1), row.off + storage.presence);
}

/** The same for a key of a hash. */
function withHashCell(
  f: FuncContext,
  statement: AggregateStatement,
  key: Place,
  change: (cell: Place) => void,
): void {
  const { b } = f;
  const done = b.newBlock();
  const base = lookUpOrMake(f, statement.map, key, () => b.jump(done));
  change({ base, off: 0, align: 8 });
  b.jump(done);
  b.enter(done);
}

/** {value, set}: the first value always counts. */
function keepExtreme(
  f: FuncContext,
  type: { readonly kind: AggregateType['kind']; readonly signed: boolean },
  cell: Place,
  number: ValueId,
): void {
  const { b } = f;
  const op = type.kind === 'min' ? (type.signed ? 'slt' : 'ult') : type.signed ? 'sgt' : 'ugt';
  const isSet = b.load(8, cell.base, cell.off + 8);
  const best = b.load(8, cell.base, cell.off);
  const wins = choose(
    f,
    isSet,
    () => b.compare(op, number, best),
    () => b.const(1),
  );
  branch(f, wins, () => {
    b.store(8, cell.base, number, cell.off);
    b.store(8, cell.base, b.const(1), cell.off + 8);
  });
}

/** {value, weight, epoch}: a slot of an older epoch starts anew. */
function recordInSeries(
  f: FuncContext,
  statement: AggregateStatement,
  type: Extract<AggregateType, { readonly kind: 'tseries' }>,
  number: ValueId,
): void {
  const { b } = f;
  const now = readClock(f, 'sw_tai');
  const epoch = b.binary('udiv', now, b.const(type.intervalNs));
  const slot = b.binary('umod', epoch, b.const(type.slots));
  // The weight of a series that keeps the newest value is its time; else the number of samples.
  const weight = type.aggregate === undefined ? now : b.const(1);
  withHashCell(f, statement, bucketKeyPlace(f, statement.key, slot), (cell) => {
    const isCurrent = b.compare('eq', b.load(8, cell.base, cell.off + 16), epoch);
    branch(
      f,
      isCurrent,
      () => addToSeries(f, type.aggregate, type.signed, cell, number, weight),
      () => {
        b.store(8, cell.base, number, cell.off);
        b.store(8, cell.base, weight, cell.off + 8);
        b.store(8, cell.base, epoch, cell.off + 16);
      },
    );
  });
}

function addToSeries(
  f: FuncContext,
  aggregate: SeriesAggregate | undefined,
  signed: boolean,
  cell: Place,
  number: ValueId,
  weight: ValueId,
): void {
  const { b } = f;
  const before = b.load(8, cell.base, cell.off);
  switch (aggregate) {
    case undefined:
      b.store(8, cell.base, number, cell.off);
      b.store(8, cell.base, weight, cell.off + 8);
      return;
    case 'avg':
    case 'sum':
      b.atomicAdd(8, cell.base, number, cell.off);
      b.atomicAdd(8, cell.base, weight, cell.off + 8);
      return;
    case 'min':
      branch(f, b.compare(signed ? 'slt' : 'ult', number, before), () =>
        b.store(8, cell.base, number, cell.off),
      );
      return;
    case 'max':
      branch(f, b.compare(signed ? 'sgt' : 'ugt', number, before), () =>
        b.store(8, cell.base, number, cell.off),
      );
      return;
    default:
      unreachable(aggregate);
  }
}
