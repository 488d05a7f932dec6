import * as dw from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { fixedSizeOf, type UnitSizes } from './forms.ts';
import type { Work } from './work.ts';

/** What all entries of one kind have: their tag, and which attributes follow in which form. */
export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** DW_AT_* and DW_FORM_*, in the order of the values. */
  readonly attributes: readonly { readonly at: number; readonly form: number; readonly implicit: bigint }[];
  /** Bytes of all values together; undefined where they vary. */
  readonly fixedSize: number | undefined;
}

/** By the number that entries begin with. */
export type AbbreviationTable = ReadonlyMap<number, Abbreviation>;

/**
 * Reads a table of .debug_abbrev. It is made for units of one set of sizes, so that entries of fixed size are skipped at once.
 *
 * Source: DWARF 5, section 7.5.3.
 */
export function readAbbreviations(
  bytes: Uint8Array,
  offset: number,
  sizes: UnitSizes,
  work: Work,
): AbbreviationTable {
  const cursor = new DwarfCursor(bytes, '.debug_abbrev', offset);
  const table = new Map<number, Abbreviation>();
  for (;;) {
    // Some linkers leave the last table without its end.
    if (cursor.at === cursor.end) return table;
    const code = cursor.uleb();
    if (code === 0) return table;
    const tag = cursor.uleb();
    const hasChildren = cursor.u8() !== 0;
    const attributes: Abbreviation['attributes'][number][] = [];
    let fixedSize: number | undefined = 0;
    for (;;) {
      work.spend(1);
      const at = cursor.uleb();
      const form = cursor.uleb();
      const implicit = form === dw.DW_FORM_implicit_const ? cursor.bigSleb() : 0n;
      if (at === 0 && form === 0) break;
      attributes.push({ at, form, implicit });
      const size = fixedSizeOf(form, sizes);
      fixedSize = fixedSize === undefined || size === undefined ? undefined : fixedSize + size;
    }
    if (!table.has(code)) table.set(code, { tag, hasChildren, attributes, fixedSize });
  }
}
