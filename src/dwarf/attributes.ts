/** The values of entries, by attribute: what is asked for is looked for among the values, the others are skipped. */
import * as dw from './constants.ts';
import { DwarfCursor, textAt } from './cursor.ts';
import type { InfoSection } from './debug-file.ts';
import { type Entry, entryAt, rootOf } from './entry.ts';
import { skipForm } from './forms.ts';
import type { Unit, UnitBases } from './unit.ts';

/** An attribute's form, and a cursor at its value. */
interface Found {
  readonly form: number;
  readonly implicit: bigint;
  readonly cursor: DwarfCursor;
}

function find(entry: Entry, wanted: number): Found | undefined {
  const { attributes } = entry.abbreviation;
  if (!attributes.some(({ at }) => at === wanted)) return undefined;
  const cursor = entry.unit.cursor(entry.valuesAt);
  for (const { at, form, implicit } of attributes) {
    if (at !== wanted) {
      skipForm(cursor, form, entry.unit);
      continue;
    }
    return { form: form === dw.DW_FORM_indirect ? cursor.uleb() : form, implicit, cursor };
  }
  return undefined;
}

export function hasAttribute(entry: Entry, wanted: number): boolean {
  return entry.abbreviation.attributes.some(({ at }) => at === wanted);
}

export function isFlagSet(entry: Entry, wanted: number): boolean {
  const found = find(entry, wanted);
  return found !== undefined && (found.form === dw.DW_FORM_flag_present || found.cursor.u8() !== 0);
}

const indexSizes: Readonly<Record<number, number>> = {
  [dw.DW_FORM_strx1]: 1,
  [dw.DW_FORM_strx2]: 2,
  [dw.DW_FORM_strx3]: 3,
  [dw.DW_FORM_strx4]: 4,
  [dw.DW_FORM_addrx1]: 1,
  [dw.DW_FORM_addrx2]: 2,
  [dw.DW_FORM_addrx3]: 3,
  [dw.DW_FORM_addrx4]: 4,
};

/** A number of a form that has as many bytes as it says, or is a LEB128. */
function readIndex({ form, cursor }: Pick<Found, 'form' | 'cursor'>): number {
  const size = indexSizes[form];
  return size === undefined ? cursor.uleb() : cursor.unsigned(size);
}

/** A text; undefined also when it lies in a file that is not there. */
export function textOf(entry: Entry, wanted: number): string | undefined {
  const found = find(entry, wanted);
  return found && readText(entry.unit, found.form, found.cursor);
}

/**
 * Source: DWARF 5, section 7.5.5, string class.
 *
 * @param offsetSize that of the table the value stands in: assemblers write line tables in a format of their own
 */
export function readText(
  unit: Unit,
  form: number,
  cursor: DwarfCursor,
  offsetSize: 4 | 8 = unit.offsetSize,
): string | undefined {
  const { file } = unit;
  switch (form) {
    case dw.DW_FORM_string:
      return cursor.text();
    case dw.DW_FORM_strp:
      return textAt(file.section('str'), cursor.unsigned(offsetSize));
    case dw.DW_FORM_line_strp:
      return textAt(file.section('line_str'), cursor.unsigned(offsetSize));
    case dw.DW_FORM_strp_sup:
    case dw.DW_FORM_GNU_strp_alt:
      return textAt(file.alternate?.section('str'), cursor.unsigned(offsetSize));
    case dw.DW_FORM_strx:
    case dw.DW_FORM_strx1:
    case dw.DW_FORM_strx2:
    case dw.DW_FORM_strx3:
    case dw.DW_FORM_strx4:
    case dw.DW_FORM_GNU_str_index: {
      const at = basesOf(unit).strOffsets + readIndex({ form, cursor }) * unit.offsetSize;
      const offsets = file.section('str_offsets');
      if (at + unit.offsetSize > offsets.length) return undefined;
      const offset = new DwarfCursor(offsets, '.debug_str_offsets', at).unsigned(unit.offsetSize);
      return textAt(file.section('str'), offset);
    }
    default:
      return undefined;
  }
}

/** A constant, all of its 64 bits. Undefined for other classes (an expression in place of a constant). */
export function integerOf(entry: Entry, wanted: number): bigint | undefined {
  const found = find(entry, wanted);
  if (!found) return undefined;
  const { form, cursor } = found;
  switch (form) {
    case dw.DW_FORM_data1:
      return BigInt(cursor.u8());
    case dw.DW_FORM_data2:
      return BigInt(cursor.u16());
    case dw.DW_FORM_data4:
      return BigInt(cursor.u32());
    case dw.DW_FORM_data8:
      return cursor.big64();
    case dw.DW_FORM_udata:
      return cursor.bigUleb();
    case dw.DW_FORM_sdata:
      return cursor.bigSleb();
    case dw.DW_FORM_implicit_const:
      return found.implicit;
    default:
      return undefined;
  }
}

/** A constant that is small. */
export function numberOf(entry: Entry, wanted: number): number | undefined {
  const value = integerOf(entry, wanted);
  return value === undefined ? undefined : Number(value);
}

/** An expression, or bytes of another meaning; a view. */
export function blockOf(entry: Entry, wanted: number): Uint8Array | undefined {
  const found = find(entry, wanted);
  if (!found) return undefined;
  const { form, cursor } = found;
  switch (form) {
    case dw.DW_FORM_block:
    case dw.DW_FORM_exprloc:
      return cursor.view(cursor.uleb());
    case dw.DW_FORM_block1:
      return cursor.view(cursor.u8());
    case dw.DW_FORM_block2:
      return cursor.view(cursor.u16());
    case dw.DW_FORM_block4:
      return cursor.view(cursor.u32());
    default:
      return undefined;
  }
}

/** Where a list or table lies: an offset of its section, or the number of a list that a table there leads to. */
export type SectionPlace =
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'index'; readonly index: number };

export function sectionPlaceOf(entry: Entry, wanted: number): SectionPlace | undefined {
  const found = find(entry, wanted);
  if (!found) return undefined;
  const { form, cursor } = found;
  switch (form) {
    case dw.DW_FORM_sec_offset:
      return { kind: 'offset', offset: cursor.unsigned(entry.unit.offsetSize) };
    // Before DWARF 4 offsets looked like constants.
    case dw.DW_FORM_data4:
      return { kind: 'offset', offset: cursor.u32() };
    case dw.DW_FORM_data8:
      return { kind: 'offset', offset: cursor.u64() };
    case dw.DW_FORM_rnglistx:
    case dw.DW_FORM_loclistx:
      return { kind: 'index', index: cursor.uleb() };
    default:
      return undefined;
  }
}

/** An address. Undefined also for one that only an index gives, when the table is missing. */
export function addressOf(entry: Entry, wanted: number): number | undefined {
  const found = find(entry, wanted);
  if (!found) return undefined;
  const { form, cursor } = found;
  switch (form) {
    case dw.DW_FORM_addr:
      return cursor.unsigned(entry.unit.addressSize);
    case dw.DW_FORM_addrx:
    case dw.DW_FORM_addrx1:
    case dw.DW_FORM_addrx2:
    case dw.DW_FORM_addrx3:
    case dw.DW_FORM_addrx4:
    case dw.DW_FORM_GNU_addr_index:
      return addressNumbered(entry.unit, readIndex(found));
    default:
      return undefined;
  }
}

/** The address with a number in .debug_addr, which is the binary's even for split units. */
export function addressNumbered(unit: Unit, index: number): number | undefined {
  const owner = unit.skeleton ?? unit;
  const table = owner.file.section('addr');
  const at = basesOf(owner).addr + index * unit.addressSize;
  if (at + unit.addressSize > table.length) return undefined;
  return new DwarfCursor(table, '.debug_addr', at).unsigned(unit.addressSize);
}

/** The entry that an attribute refers to; undefined when there is none, or it lies in a file that is not there. */
export function referenceOf(entry: Entry, wanted: number): Entry | undefined {
  const found = find(entry, wanted);
  if (!found) return undefined;
  const { unit } = entry;
  const { form, cursor } = found;
  switch (form) {
    case dw.DW_FORM_ref1:
      return entryAt(unit, unit.offset + cursor.u8());
    case dw.DW_FORM_ref2:
      return entryAt(unit, unit.offset + cursor.u16());
    case dw.DW_FORM_ref4:
      return entryAt(unit, unit.offset + cursor.u32());
    case dw.DW_FORM_ref8:
      return entryAt(unit, unit.offset + cursor.u64());
    case dw.DW_FORM_ref_udata:
      return entryAt(unit, unit.offset + cursor.uleb());
    case dw.DW_FORM_ref_addr:
      return anywhere(unit.file.info, cursor.unsigned(unit.version < 3 ? unit.addressSize : unit.offsetSize));
    case dw.DW_FORM_ref_sup4:
      return anywhere(unit.file.alternate?.info, cursor.u32());
    case dw.DW_FORM_ref_sup8:
      return anywhere(unit.file.alternate?.info, cursor.u64());
    case dw.DW_FORM_GNU_ref_alt:
      return anywhere(unit.file.alternate?.info, cursor.unsigned(unit.offsetSize));
    case dw.DW_FORM_ref_sig8:
      return typeSigned(unit, cursor.big64());
    default:
      return undefined;
  }
}

function anywhere(info: InfoSection | undefined, offset: number): Entry | undefined {
  const unit = info?.unitAt(offset);
  return unit && entryAt(unit, offset);
}

function typeSigned(unit: Unit, signature: bigint): Entry | undefined {
  const other = unit.file.info.typeUnit(signature) ?? unit.file.types.typeUnit(signature);
  if (other?.typeOffset === undefined) return undefined;
  if (unit.skeleton) other.skeleton ??= unit.skeleton;
  return entryAt(other, other.offset + other.typeOffset);
}

/** Where the unit's tables begin: its first entry says so, and where it does not they begin behind the header of the section. */
export function basesOf(unit: Unit): UnitBases {
  if (unit.bases) return unit.bases;
  const afterHeader = unit.version >= 5 ? (unit.offsetSize === 8 ? 16 : 8) : 0;
  const afterListHeader = unit.version >= 5 ? afterHeader + 4 : 0;
  const split = unit.isSplit;
  // Needed while the first entry's own values are read.
  unit.bases = {
    strOffsets: split ? afterHeader + part('str_offsets') : 0,
    addr: 0,
    rnglists: 0,
    loclists: 0,
  };
  const root = rootOf(unit);
  const offset = (...attributes: readonly number[]): number | undefined => {
    for (const attribute of attributes) {
      const place = sectionPlaceOf(root, attribute);
      if (place?.kind === 'offset') return place.offset;
    }
    return undefined;
  };
  unit.bases = {
    strOffsets:
      (offset(dw.DW_AT_str_offsets_base) ?? (split || unit.version >= 5 ? afterHeader : 0)) +
      part('str_offsets'),
    addr: offset(dw.DW_AT_addr_base, dw.DW_AT_GNU_addr_base) ?? afterHeader,
    rnglists: (offset(dw.DW_AT_rnglists_base) ?? afterListHeader) + part('rnglists'),
    loclists: (offset(dw.DW_AT_loclists_base) ?? afterListHeader) + part('loclists'),
  };
  return unit.bases;

  function part(name: string): number {
    return unit.contributions[name] ?? 0;
  }
}
