/**
 * Maps behind functions of their own: `@board[$i]` in a loop is a call that takes and gives numbers.
 *
 * In place, every look-up is two ways (found, not found) and every store a third (the map is full), and in a loop that the verifier follows
 * round by round it walks all of them in every round. A function that takes numbers and gives one is verified once, by itself, and a call is one
 * instruction to it with an unknown result. Code shrinks too. A call costs a few nanoseconds; outside such loops accesses stay in place.
 */
import type { ScriptMap } from '../../program/index.ts';
import { isAggregate } from '../../types/index.ts';
import type { ValueId } from '../ir/index.ts';
import { type MapIndex, type TypedExpr, type TypedStatement, walkStatements } from '../typed/index.ts';
import { branch } from './control.ts';
import { denseHasFunction, denseReadFunction, denseWriteFunction, isDense } from './dense-functions.ts';
import type { FuncContext } from './func-context.ts';
import { functionsAreCheap } from './function-cost.ts';
import { lowerScalar } from './lower-expr.ts';
import { keyTypes, storeKey, updateFromParams } from './map-function-params.ts';
import type { ProgContext, ProgramContext } from './program-context.ts';
import { failureRecord, reportMiss, reportsMisses } from './runtime-errors.ts';
import { subprogram } from './subprograms.ts';
import { isByValue, loadValue } from './values.ts';

/** The maps that a prog reaches inside loops the verifier follows round by round. */
export function mapsInCountedLoops(
  statements: readonly TypedStatement[],
  program: ProgramContext,
): ReadonlySet<MapIndex> {
  const found = new Set<MapIndex>();
  if (!functionsAreCheap(program.target)) return found;
  let loops = 0;
  const isCounted = (statement: TypedStatement): boolean =>
    (statement.kind === 'repeat' || statement.kind === 'for-range') &&
    program.loopForms.of(statement).kind === 'bounded';
  walkStatements(statements, {
    enter: (statement) => {
      if (isCounted(statement)) loops += 1;
      if (loops > 0 && statement.kind === 'set-map') found.add(statement.map);
    },
    leave: (statement) => {
      if (isCounted(statement)) loops -= 1;
    },
    expr: (expr) => {
      if (loops === 0) return;
      if (expr.kind === 'map') found.add(expr.map);
      if (expr.kind === 'modify' && expr.target.kind === 'map') found.add(expr.target.map);
    },
  });
  return new Set([...found].filter((map) => isSuited(program.maps[map])));
}

/** Plain numbers under keys that are one or a few numbers, in a hash. */
function isSuited(map: ScriptMap | undefined): boolean {
  if (!map?.key || map.storage.kind !== 'hash' || map.storage.perCpu) return false;
  return isByValue(map.value) && !isAggregate(map.value) && keyTypes(map.key) !== undefined;
}

/** A key as numbers, or undefined where the map or this way of writing the key is not suited. */
export function keyNumbers(
  f: FuncContext,
  map: MapIndex,
  key: TypedExpr | undefined,
): readonly ValueId[] | undefined {
  if (key === undefined) return undefined;
  const isBehind = isDense(f.prog, map) || (f.prog.mapsBehindFunctions.has(map) && !reportsMisses(f));
  if (!isBehind) return undefined;
  if (isByValue(key.type)) return [lowerScalar(f, key)];
  if (key.kind !== 'tuple') return undefined;
  return key.elements.map((element) => lowerScalar(f, element));
}

/** The value under a key; 0 where there is none. */
export function readThroughFunction(f: FuncContext, map: MapIndex, key: readonly ValueId[]): ValueId {
  if (!isDense(f.prog, map)) return f.b.callFunc(readFunction(f.prog, map), key);
  if (reportsMisses(f)) {
    const isThere = f.b.callFunc(denseHasFunction(f.prog, map), key);
    branch(f, f.b.compare('eq', isThere, f.b.const(0)), () => reportMiss(f));
  }
  return f.b.callFunc(denseReadFunction(f.prog, map), key);
}

/** Stores a value under a key; failure is reported as from here. */
export function writeThroughFunction(
  f: FuncContext,
  map: MapIndex,
  key: readonly ValueId[],
  value: ValueId,
): void {
  const report = failureRecord(f, 'map_update_elem');
  const make = isDense(f.prog, map) ? denseWriteFunction : writeFunction;
  const name = make(f.prog, map, report !== undefined);
  f.b.callFunc(name, [value, f.b.const(report ?? 0), ...key]);
}

function readFunction(prog: ProgContext, map: MapIndex): string {
  const { structs, maps } = prog.program;
  const { storage, value } = maps[map]!;
  return subprogram(prog, `read_${nameOf(prog, map)}`, keySize(prog, map), (b) => {
    const key = storeKey(b, prog, map, 0);
    const address = b.call('map_lookup_elem', [b.mapFd(storage.map), key]);
    const found = b.newBlock();
    const missing = b.newBlock();
    b.branch(b.compare('ne', address, b.const(0)), found, missing);
    b.enter(found);
    b.return(loadValue(b, { base: address, off: 0, align: 8 }, value, structs));
    b.enter(missing);
    b.return(b.const(0));
  });
}

function writeFunction(prog: ProgContext, map: MapIndex, reports: boolean): string {
  const { storage } = prog.program.maps[map]!;
  return subprogram(prog, `write_${nameOf(prog, map)}`, keySize(prog, map) + 2, (b) => {
    updateFromParams(b, prog, { map, bpfMap: storage.map, reports });
  });
}

/** The map's index keeps names apart that differ in what an identifier cannot hold. */
function nameOf(prog: ProgContext, map: MapIndex): string {
  return `map${map}_${(prog.program.maps[map]?.name ?? '').replace(/\W/g, '')}`;
}

function keySize(prog: ProgContext, map: MapIndex): number {
  const { key } = prog.program.maps[map]!;
  return (key && keyTypes(key)?.length) ?? 0;
}
