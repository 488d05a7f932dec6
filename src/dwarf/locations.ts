/** Where the value of a parameter is at an address. Source: DWARF 5, sections 2.5, 2.6 and 7.7.3; before version 5 .debug_loc. */
import {
  addressNumbered,
  basesOf,
  blockOf,
  integerOf,
  type SectionPlace,
  sectionPlaceOf,
} from './attributes.ts';
import * as dw from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import type { Entry } from './entry.ts';
import { baseAddressOf, listOffset } from './ranges.ts';
import type { Unit } from './unit.ts';

/** Where a value is. Registers have the numbers of the architecture's DWARF table. */
export type ValuePlace =
  | { readonly kind: 'register'; readonly register: number }
  /** In memory, `offset` bytes behind the address in a register. */
  | { readonly kind: 'memory'; readonly register: number; readonly offset: number }
  | { readonly kind: 'constant'; readonly value: bigint }
  /** Nothing is said about this address, or not in a way that is understood. */
  | { readonly kind: 'unknown' };

const unknown: ValuePlace = { kind: 'unknown' };

/** Where the value of a parameter or variable is when the instruction at `address` is about to run. */
export function placeAt(entry: Entry, address: number): ValuePlace {
  const constant = integerOf(entry, dw.DW_AT_const_value);
  if (constant !== undefined) return { kind: 'constant', value: constant };
  const expression = blockOf(entry, dw.DW_AT_location);
  if (expression) return placeOfExpression(expression);
  const list = sectionPlaceOf(entry, dw.DW_AT_location);
  if (!list) return unknown;
  const found = findInList(entry.unit, list, address);
  return found ? placeOfExpression(found) : unknown;
}

/** The expression of the list's first range that holds an address. */
function findInList(unit: Unit, place: SectionPlace, address: number): Uint8Array | undefined {
  return unit.version >= 5 ? findInNewList(unit, place, address) : findInOldList(unit, place, address);
}

function findInNewList(unit: Unit, place: SectionPlace, address: number): Uint8Array | undefined {
  const bytes = unit.file.section('loclists');
  const cursor = new DwarfCursor(
    bytes,
    '.debug_loclists',
    listOffset(unit, place, bytes, basesOf(unit).loclists),
  );
  let base = baseAddressOf(unit);
  let fallback: Uint8Array | undefined;
  for (;;) {
    unit.file.work.spend(1);
    const kind = cursor.u8();
    let low: number | undefined;
    let high: number | undefined;
    switch (kind) {
      case dw.DW_LLE_end_of_list:
        return fallback;
      case dw.DW_LLE_base_addressx:
        base = addressNumbered(unit, cursor.uleb()) ?? 0;
        continue;
      case dw.DW_LLE_base_address:
        base = cursor.unsigned(unit.addressSize);
        continue;
      case dw.DW_LLE_GNU_view_pair:
        cursor.skipLeb();
        cursor.skipLeb();
        continue;
      case dw.DW_LLE_startx_endx:
        low = addressNumbered(unit, cursor.uleb());
        high = addressNumbered(unit, cursor.uleb());
        break;
      case dw.DW_LLE_startx_length: {
        low = addressNumbered(unit, cursor.uleb());
        const length = cursor.uleb();
        high = low === undefined ? undefined : low + length;
        break;
      }
      case dw.DW_LLE_offset_pair:
        low = base + cursor.uleb();
        high = base + cursor.uleb();
        break;
      case dw.DW_LLE_start_end:
        low = cursor.unsigned(unit.addressSize);
        high = cursor.unsigned(unit.addressSize);
        break;
      case dw.DW_LLE_start_length:
        low = cursor.unsigned(unit.addressSize);
        high = low + cursor.uleb();
        break;
      case dw.DW_LLE_default_location:
        fallback = cursor.view(cursor.uleb());
        continue;
      default:
        throw cursor.error(`has an entry of the unknown kind ${kind} at ${cursor.at}`);
    }
    const expression = cursor.view(cursor.uleb());
    if (low !== undefined && high !== undefined && low <= address && address < high) return expression;
  }
}

/** As .debug_ranges, each pair followed by two bytes of length and an expression. */
function findInOldList(unit: Unit, place: SectionPlace, address: number): Uint8Array | undefined {
  // The lists of split files of DWARF 4 have another form, with kinds as in version 5.
  if (place.kind !== 'offset' || unit.isSplit) return undefined;
  const cursor = new DwarfCursor(unit.file.section('loc'), '.debug_loc', place.offset);
  const greatest = unit.addressSize === 4 ? 0xffff_ffff : 0xffff_ffff + 0xffff_ffff * 2 ** 32;
  let base = baseAddressOf(unit);
  for (;;) {
    unit.file.work.spend(1);
    const low = cursor.unsigned(unit.addressSize);
    const high = cursor.unsigned(unit.addressSize);
    if (low === 0 && high === 0) return undefined;
    if (low === greatest) {
      base = high;
      continue;
    }
    const expression = cursor.view(cursor.u16());
    if (base + low <= address && address < base + high) return expression;
  }
}

/** What one-step expressions say; longer ones are `unknown`. */
function placeOfExpression(expression: Uint8Array): ValuePlace {
  if (expression.length === 0) return unknown;
  const cursor = new DwarfCursor(expression, 'a location');
  const place = firstStep(cursor, cursor.u8());
  if (cursor.at === cursor.end) return place.kind === 'constant' ? unknown : place;
  // A number that is the value itself, not an address.
  const isValue = cursor.at === cursor.end - 1 && cursor.u8() === dw.DW_OP_stack_value;
  return isValue && place.kind === 'constant' ? place : unknown;
}

function firstStep(cursor: DwarfCursor, op: number): ValuePlace {
  if (op >= dw.DW_OP_reg0 && op <= dw.DW_OP_reg31) return { kind: 'register', register: op - dw.DW_OP_reg0 };
  if (op >= dw.DW_OP_breg0 && op <= dw.DW_OP_breg31)
    return { kind: 'memory', register: op - dw.DW_OP_breg0, offset: cursor.sleb() };
  if (op >= dw.DW_OP_lit0 && op <= dw.DW_OP_lit31)
    return { kind: 'constant', value: BigInt(op - dw.DW_OP_lit0) };
  switch (op) {
    case dw.DW_OP_regx:
      return { kind: 'register', register: cursor.uleb() };
    case dw.DW_OP_const1u:
      return { kind: 'constant', value: BigInt(cursor.u8()) };
    case dw.DW_OP_const1s:
      return { kind: 'constant', value: BigInt(cursor.i8()) };
    case dw.DW_OP_const2u:
      return { kind: 'constant', value: BigInt(cursor.u16()) };
    case dw.DW_OP_const2s:
      return { kind: 'constant', value: BigInt.asIntN(16, BigInt(cursor.u16())) };
    case dw.DW_OP_const4u:
      return { kind: 'constant', value: BigInt(cursor.u32()) };
    case dw.DW_OP_const4s:
      return { kind: 'constant', value: BigInt.asIntN(32, BigInt(cursor.u32())) };
    case dw.DW_OP_constu:
      return { kind: 'constant', value: cursor.bigUleb() };
    case dw.DW_OP_consts:
      return { kind: 'constant', value: cursor.bigSleb() };
    default:
      return unknown;
  }
}
