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

/**
 * A table of .debug_abbrev, by the number that entries begin with. It is read as far as has been asked: of most units only the first entry is ever
 * looked at, whose kind stands first. It is made for units of one set of sizes, so that entries of fixed size are skipped at once.
 *
 * Source: DWARF 5, section 7.5.3.
 */
export class AbbreviationTable {
  readonly #cursor: DwarfCursor;
  readonly #sizes: UnitSizes;
  readonly #work: Work;
  readonly #known = new Map<number, Abbreviation>();
  #isWhole = false;

  constructor(bytes: Uint8Array, offset: number, sizes: UnitSizes, work: Work) {
    this.#cursor = new DwarfCursor(bytes, '.debug_abbrev', offset);
    this.#sizes = sizes;
    this.#work = work;
  }

  /** @returns undefined when the table has no such number. @throws DwarfError when it is damaged. */
  get(code: number): Abbreviation | undefined {
    for (;;) {
      const known = this.#known.get(code);
      if (known !== undefined || this.#isWhole) return known;
      this.#readNext();
    }
  }

  #readNext(): void {
    const cursor = this.#cursor;
    // Some linkers leave the last table without its end.
    const code = cursor.at === cursor.end ? 0 : cursor.uleb();
    if (code === 0) {
      this.#isWhole = true;
      return;
    }
    const tag = cursor.uleb();
    const hasChildren = cursor.u8() !== 0;
    const attributes: Abbreviation['attributes'][number][] = [];
    let fixedSize: number | undefined = 0;
    for (;;) {
      this.#work.spend(1);
      const at = cursor.uleb();
      const form = cursor.uleb();
      const implicit = form === dw.DW_FORM_implicit_const ? cursor.bigSleb() : 0n;
      if (at === 0 && form === 0) break;
      attributes.push({ at, form, implicit });
      const size = fixedSizeOf(form, this.#sizes);
      fixedSize = fixedSize === undefined || size === undefined ? undefined : fixedSize + size;
    }
    if (!this.#known.has(code)) this.#known.set(code, { tag, hasChildren, attributes, fixedSize });
  }
}
