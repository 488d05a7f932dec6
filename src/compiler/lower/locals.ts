import { present } from '../../base/index.ts';
import { sizeOf } from '../../types/index.ts';
import { addressOf, copyPlace, type Place, zeroPlace } from '../builtins/index.ts';
import type { ValueId } from '../ir/index.ts';
import type { LocalIndex, TypedLocal } from '../typed/index.ts';
import { cellOf } from './cells.ts';
import type { FuncContext, Home } from './func-context.ts';
import { isByValue, loadValue, storeValue } from './values.ts';

export function localOf(f: FuncContext, local: LocalIndex): TypedLocal {
  return present(f.body.typed.locals[local], 'a local that is mentioned is declared');
}

/** The home of a local, made when it is first mentioned in the function it belongs to. */
function homeOf(f: FuncContext, local: LocalIndex): Home {
  const known = f.body.homes.get(local);
  if (known !== undefined) return known;
  const { type } = localOf(f, local);
  const home: Home = f.body.captures.inCells.has(local)
    ? { kind: 'memory', place: cellOf(f, local) }
    : isByValue(type) && !f.body.captures.inMemory.has(local)
      ? { kind: 'variable', variable: f.b.declareVariable() }
      : slotHome(f, sizeOf(type, f.prog.program.structs));
  f.body.homes.set(local, home);
  return home;
}

function slotHome(f: FuncContext, bytes: number): Home {
  const slot = f.b.newSlot(Math.max(1, bytes));
  return { kind: 'memory', place: () => ({ base: f.b.slot(slot), off: 0, align: 8 }) };
}

/** What a declaration without a value does, wherever somebody may see it. */
export function clearLocal(f: FuncContext, local: LocalIndex): void {
  if (!f.body.readEarly.has(local)) return;
  const home = homeOf(f, local);
  if (home.kind === 'variable') f.b.writeVariable(home.variable, f.b.const(0));
  else zeroPlace(f.b, home.place(), sizeOf(localOf(f, local).type, f.prog.program.structs));
}

/** The value of a by-value local. */
export function readLocal(f: FuncContext, local: LocalIndex): ValueId {
  const home = homeOf(f, local);
  if (home.kind === 'variable') return f.b.readVariable(home.variable);
  return loadValue(f.b, home.place(), localOf(f, local).type, f.prog.program.structs);
}

export function writeLocal(f: FuncContext, local: LocalIndex, value: ValueId): void {
  const home = homeOf(f, local);
  if (home.kind === 'variable') f.b.writeVariable(home.variable, value);
  else storeValue(f.b, home.place(), localOf(f, local).type, value, f.prog.program.structs);
}

/** Copies a value that lies in memory into a local. */
export function copyToLocal(f: FuncContext, local: LocalIndex, from: Place): void {
  const { type } = localOf(f, local);
  if (isByValue(type)) writeLocal(f, local, loadValue(f.b, from, type, f.prog.program.structs));
  else copyPlace(f.b, placeOfLocal(f, local), from, sizeOf(type, f.prog.program.structs));
}

/** The memory of a local that lives there. */
export function placeOfLocal(f: FuncContext, local: LocalIndex): Place {
  const home = homeOf(f, local);
  return present(
    home.kind === 'memory' ? home.place() : undefined,
    'a local with an address lives in memory',
  );
}

export function addressOfLocal(f: FuncContext, local: LocalIndex): ValueId {
  return addressOf(f.b, placeOfLocal(f, local));
}
