/**
 * Which maps are worth a table, and how large: those whose keys are one integer that the script itself makes from constants and loop
 * counters, like a game board's
 *
 *     unroll(20) { $j = $i * 12; unroll(12) { @board[$j] = -1; @board[$j + 240] = -1; $j += 1; } $i += 1; }
 *
 * Nothing has to be proven about a key: one past the table goes to the hash beside it. So a guess will do: the rounds of the loops around
 * an access, times each other, plus the constants in the key. Keys that come from outside (pid, args, …) say nothing, and a map that has
 * such a key somewhere stays a hash.
 */

import { isScalar } from '../../types/index.ts';
import {
  type MapIndex,
  someExpr,
  type TypedBody,
  type TypedExpr,
  type TypedMap,
  type TypedProgram,
  type TypedStatement,
  walkExpr,
  walkStatements,
} from '../typed/index.ts';
import { constantRounds } from './loop-form.ts';

/** Most slots of a table. */
const MAX_SLOTS = 4096;

/** What a key is made from when it comes from outside the script. */
const foreign: ReadonlySet<TypedExpr['kind']> = new Set([
  'call',
  'arg',
  'ctx',
  'deref',
  'field',
  'named-param',
]);

/** The tables that maps get: slots by map. */
export function denseSlots(typed: TypedProgram): ReadonlyMap<MapIndex, number> {
  const bounds = new Map<MapIndex, number>();
  const excluded = new Set<MapIndex>();
  const note = (map: MapIndex, key: TypedExpr | undefined, rounds: number): void => {
    if (key === undefined || isForeign(key)) excluded.add(map);
    else bounds.set(map, Math.max(bounds.get(map) ?? 0, guessBound(key, rounds)));
  };
  const bodies: readonly TypedBody[] = [...typed.probes, ...typed.fns];
  for (const body of bodies) {
    noteAccesses(body.statements, note, (map) => excluded.add(map));
  }
  const slots = new Map<MapIndex, number>();
  typed.maps.forEach((map, index) => {
    const bound = Math.ceil((bounds.get(index) ?? 0) / 8) * 8;
    const fits = bound > 0 && bound <= MAX_SLOTS && bound <= map.maxEntries;
    if (fits && !excluded.has(index) && isSuited(map)) slots.set(index, bound);
  });
  return slots;
}

/** One integer, undeclared, and a value that is replaced whole in place. */
function isSuited({ declared, key, value }: TypedMap): boolean {
  return declared === undefined && key?.kind === 'int' && isScalar(value);
}

function isForeign(key: TypedExpr): boolean {
  return someExpr(key, (expr) => foreign.has(expr.kind));
}

/** One more than a key may come to; 0: nothing is known. */
function guessBound(key: TypedExpr, rounds: number): number {
  let sum = rounds > 1 ? rounds : 0;
  let constants = 0;
  walkExpr(key, {
    expr: (expr) => {
      if (expr.kind !== 'int' || expr.value < 0n || expr.value > BigInt(MAX_SLOTS)) return;
      sum += Number(expr.value);
      constants += 1;
    },
  });
  return key.kind === 'int' && constants === 1 ? Number(key.value) + 1 : sum;
}

function noteAccesses(
  statements: readonly TypedStatement[],
  note: (map: MapIndex, key: TypedExpr | undefined, rounds: number) => void,
  exclude: (map: MapIndex) => void,
): void {
  const nested = [1];
  const rounds = (): number => nested[nested.length - 1]!;
  walkStatements(statements, {
    enter: (statement) => {
      if (statement.kind === 'set-map') note(statement.map, statement.key, rounds());
      if (statement.kind === 'for-map') exclude(statement.map);
      const factor = roundsOf(statement);
      if (factor !== undefined) nested.push(rounds() * Math.max(1, factor));
    },
    leave: (statement) => {
      if (roundsOf(statement) !== undefined) nested.pop();
    },
    expr: (expr) => {
      if (expr.kind === 'map') note(expr.map, expr.key, rounds());
      if (expr.kind === 'modify' && expr.target.kind === 'map')
        note(expr.target.map, expr.target.key, rounds());
      if (expr.kind === 'address-of-map') exclude(expr.map);
      // delete, has_key, find; a map without a key is one that is printed or counted.
      if (expr.kind === 'call' && expr.attrs.map !== undefined && expr.args[0] !== undefined) {
        note(expr.attrs.map, expr.args[0], rounds());
      }
    },
  });
}

function roundsOf(statement: TypedStatement): number | undefined {
  if (statement.kind === 'repeat') return statement.count;
  return statement.kind === 'for-range' ? (constantRounds(statement.from, statement.to) ?? 1) : undefined;
}
