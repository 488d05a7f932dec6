/** How many bytes an attribute's value takes. Source: DWARF 5, section 7.5.6. */
import * as dw from './constants.ts';
import type { DwarfCursor } from './cursor.ts';

/** What a unit's header says of the sizes of its values. */
export interface UnitSizes {
  readonly version: number;
  /** 4, or 8 in the 64-bit format. */
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
}

const fixedSizes: ReadonlyMap<number, number> = new Map([
  [dw.DW_FORM_flag_present, 0],
  [dw.DW_FORM_implicit_const, 0],
  [dw.DW_FORM_data1, 1],
  [dw.DW_FORM_flag, 1],
  [dw.DW_FORM_ref1, 1],
  [dw.DW_FORM_strx1, 1],
  [dw.DW_FORM_addrx1, 1],
  [dw.DW_FORM_data2, 2],
  [dw.DW_FORM_ref2, 2],
  [dw.DW_FORM_strx2, 2],
  [dw.DW_FORM_addrx2, 2],
  [dw.DW_FORM_strx3, 3],
  [dw.DW_FORM_addrx3, 3],
  [dw.DW_FORM_data4, 4],
  [dw.DW_FORM_ref4, 4],
  [dw.DW_FORM_ref_sup4, 4],
  [dw.DW_FORM_strx4, 4],
  [dw.DW_FORM_addrx4, 4],
  [dw.DW_FORM_data8, 8],
  [dw.DW_FORM_ref8, 8],
  [dw.DW_FORM_ref_sup8, 8],
  [dw.DW_FORM_ref_sig8, 8],
  [dw.DW_FORM_data16, 16],
]);

const offsetForms: ReadonlySet<number> = new Set([
  dw.DW_FORM_strp,
  dw.DW_FORM_line_strp,
  dw.DW_FORM_strp_sup,
  dw.DW_FORM_sec_offset,
  dw.DW_FORM_GNU_ref_alt,
  dw.DW_FORM_GNU_strp_alt,
]);

/** Bytes of every value of a form; undefined where each value says itself. */
export function fixedSizeOf(form: number, sizes: UnitSizes): number | undefined {
  const size = fixedSizes.get(form);
  if (size !== undefined) return size;
  if (form === dw.DW_FORM_addr) return sizes.addressSize;
  if (offsetForms.has(form)) return sizes.offsetSize;
  // DWARF 2 took an address's place for it.
  if (form === dw.DW_FORM_ref_addr) return sizes.version < 3 ? sizes.addressSize : sizes.offsetSize;
  return undefined;
}

/** Moves past a value. @throws DwarfError for a form that is not known: nothing behind it can be found. */
export function skipForm(cursor: DwarfCursor, form: number, sizes: UnitSizes): void {
  const size = fixedSizeOf(form, sizes);
  if (size !== undefined) {
    cursor.take(size);
    return;
  }
  switch (form) {
    case dw.DW_FORM_string:
      cursor.skipText();
      return;
    case dw.DW_FORM_udata:
    case dw.DW_FORM_sdata:
    case dw.DW_FORM_ref_udata:
    case dw.DW_FORM_strx:
    case dw.DW_FORM_addrx:
    case dw.DW_FORM_loclistx:
    case dw.DW_FORM_rnglistx:
    case dw.DW_FORM_GNU_addr_index:
    case dw.DW_FORM_GNU_str_index:
      cursor.skipLeb();
      return;
    case dw.DW_FORM_block:
    case dw.DW_FORM_exprloc:
      cursor.take(cursor.uleb());
      return;
    case dw.DW_FORM_block1:
      cursor.take(cursor.u8());
      return;
    case dw.DW_FORM_block2:
      cursor.take(cursor.u16());
      return;
    case dw.DW_FORM_block4:
      cursor.take(cursor.u32());
      return;
    case dw.DW_FORM_indirect: {
      const inner = cursor.uleb();
      if (inner === dw.DW_FORM_indirect || inner === dw.DW_FORM_implicit_const)
        throw cursor.error(`has an indirect form of form 0x${inner.toString(16)} at ${cursor.at}`);
      skipForm(cursor, inner, sizes);
      return;
    }
    default:
      throw cursor.error(`has a value of the unknown form 0x${form.toString(16)} at ${cursor.at}`);
  }
}
