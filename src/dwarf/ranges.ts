/** The addresses that an entry covers. Source: DWARF 5, sections 2.17 and 7.25; before version 5 .debug_ranges. */
import {
  addressNumbered,
  addressOf,
  basesOf,
  hasAttribute,
  integerOf,
  type SectionPlace,
  sectionPlaceOf,
} from './attributes.ts';
import * as dw from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { type Entry, rootOf } from './entry.ts';
import type { Unit } from './unit.ts';

export interface AddressRange {
  readonly low: number;
  /** The first address behind it. */
  readonly high: number;
}

/** The ranges of an entry, in the order given; none for one that has no code. */
export function rangesOf(entry: Entry): readonly AddressRange[] {
  const place = sectionPlaceOf(entry, dw.DW_AT_ranges);
  if (place) return readRanges(entry.unit, place);
  const low = addressOf(entry, dw.DW_AT_low_pc);
  if (low === undefined) return [];
  // An address, or since DWARF 4 the distance from the lower end.
  const high = addressOf(entry, dw.DW_AT_high_pc);
  const length = high === undefined ? Number(integerOf(entry, dw.DW_AT_high_pc) ?? 0n) : high - low;
  // What a linker threw away begins at 0.
  return low > 0 && length > 0 ? [{ low, high: low + length }] : [];
}

/** Whether an entry says that it has code, without reading its ranges. */
export function hasCode(entry: Entry): boolean {
  return hasAttribute(entry, dw.DW_AT_low_pc) || hasAttribute(entry, dw.DW_AT_ranges);
}

/** Where the offsets of lists count from. */
export function baseAddressOf(unit: Unit): number {
  return addressOf(rootOf(unit.skeleton ?? unit), dw.DW_AT_low_pc) ?? 0;
}

function readRanges(unit: Unit, place: SectionPlace): readonly AddressRange[] {
  if (unit.version < 5) return place.kind === 'offset' ? readOldRanges(unit, place.offset) : [];
  const bytes = unit.file.section('rnglists');
  const cursor = new DwarfCursor(
    bytes,
    '.debug_rnglists',
    listOffset(unit, place, bytes, basesOf(unit).rnglists),
  );
  const ranges: AddressRange[] = [];
  let base = baseAddressOf(unit);
  const add = (low: number | undefined, high: number | undefined): void => {
    if (low !== undefined && high !== undefined && low < high && low > 0) ranges.push({ low, high });
  };
  for (;;) {
    unit.file.work.spend(1);
    const kind = cursor.u8();
    switch (kind) {
      case dw.DW_RLE_end_of_list:
        return ranges;
      case dw.DW_RLE_base_addressx:
        base = addressNumbered(unit, cursor.uleb()) ?? 0;
        break;
      case dw.DW_RLE_startx_endx:
        add(addressNumbered(unit, cursor.uleb()), addressNumbered(unit, cursor.uleb()));
        break;
      case dw.DW_RLE_startx_length: {
        const low = addressNumbered(unit, cursor.uleb());
        const length = cursor.uleb();
        add(low, low === undefined ? undefined : low + length);
        break;
      }
      case dw.DW_RLE_offset_pair:
        add(base + cursor.uleb(), base + cursor.uleb());
        break;
      case dw.DW_RLE_base_address:
        base = cursor.unsigned(unit.addressSize);
        break;
      case dw.DW_RLE_start_end:
        add(cursor.unsigned(unit.addressSize), cursor.unsigned(unit.addressSize));
        break;
      case dw.DW_RLE_start_length: {
        const low = cursor.unsigned(unit.addressSize);
        add(low, low + cursor.uleb());
        break;
      }
      default:
        throw cursor.error(`has an entry of the unknown kind ${kind} at ${cursor.at}`);
    }
  }
}

/** An offset as it stands, or the one that the table at the unit's base has at an index. */
export function listOffset(unit: Unit, place: SectionPlace, bytes: Uint8Array, base: number): number {
  if (place.kind === 'offset') return place.offset;
  const cursor = new DwarfCursor(
    bytes,
    'a table of lists',
    Math.min(base + place.index * unit.offsetSize, bytes.length),
  );
  return base + cursor.unsigned(unit.offsetSize);
}

/** Pairs of offsets from a base; a pair that starts with the greatest address sets the base, two zeros end the list. */
function readOldRanges(unit: Unit, offset: number): readonly AddressRange[] {
  // GNU's split files of DWARF 4 leave the ranges in the binary.
  const owner = unit.skeleton ?? unit;
  const base = unit.skeleton
    ? (sectionPlaceOf(rootOf(unit.skeleton), dw.DW_AT_GNU_ranges_base) ?? undefined)
    : undefined;
  const start = offset + (base?.kind === 'offset' ? base.offset : 0);
  const bytes = owner.file.section('ranges');
  const cursor = new DwarfCursor(bytes, '.debug_ranges', start);
  const greatest = unit.addressSize === 4 ? 0xffff_ffff : 0xffff_ffff + 0xffff_ffff * 2 ** 32;
  const ranges: AddressRange[] = [];
  let baseAddress = baseAddressOf(unit);
  for (;;) {
    unit.file.work.spend(1);
    const low = cursor.unsigned(unit.addressSize);
    const high = cursor.unsigned(unit.addressSize);
    if (low === 0 && high === 0) return ranges;
    if (low === greatest) baseAddress = high;
    else if (low < high && baseAddress + low > 0)
      ranges.push({ low: baseAddress + low, high: baseAddress + high });
  }
}
