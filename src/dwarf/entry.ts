/** Entries (DIEs): one after another in a unit, a tree by nesting; a 0 ends each list of children. Source: DWARF 5, section 2.3. */
import type { Abbreviation } from './abbreviations.ts';
import * as dw from './constants.ts';
import type { DwarfCursor } from './cursor.ts';
import { skipForm } from './forms.ts';
import type { Unit } from './unit.ts';

export interface Entry {
  readonly unit: Unit;
  /** In the section of the unit. */
  readonly offset: number;
  readonly abbreviation: Abbreviation;
  /** Where its values begin. */
  readonly valuesAt: number;
}

/** The entry where the cursor stands, which moves to its values; undefined for the end of a list. @throws DwarfError */
export function readEntry(unit: Unit, cursor: DwarfCursor): Entry | undefined {
  unit.file.work.spend(1);
  const offset = cursor.at;
  const code = cursor.uleb();
  if (code === 0) return undefined;
  const abbreviation = unit.abbreviations.get(code);
  if (!abbreviation)
    throw cursor.error(`has an entry at ${offset} with the abbreviation ${code}, which there is none of`);
  return { unit, offset, abbreviation, valuesAt: cursor.at };
}

/** Moves a cursor past the values of an entry. */
export function skipValues(entry: Entry, cursor: DwarfCursor): void {
  const { unit, abbreviation, valuesAt } = entry;
  cursor.at = valuesAt;
  if (abbreviation.fixedSize !== undefined) {
    cursor.take(abbreviation.fixedSize);
    return;
  }
  for (const { form } of abbreviation.attributes) skipForm(cursor, form, unit);
}

/** Moves a cursor past an entry and everything below it. */
export function skipTree(entry: Entry, cursor: DwarfCursor): void {
  const { unit, abbreviation } = entry;
  if (!abbreviation.hasChildren) {
    skipValues(entry, cursor);
    return;
  }
  const sibling = siblingOf(entry);
  if (sibling !== undefined) {
    cursor.at = sibling;
    return;
  }
  skipValues(entry, cursor);
  for (let depth = 1; depth > 0; ) {
    const inner = readEntry(unit, cursor);
    if (!inner) {
      depth -= 1;
      continue;
    }
    const next = inner.abbreviation.hasChildren ? siblingOf(inner) : undefined;
    if (next !== undefined) {
      cursor.at = next;
      continue;
    }
    skipValues(inner, cursor);
    if (inner.abbreviation.hasChildren) depth += 1;
  }
}

/** Where an entry says the next one of its list lies; undefined also for one that leads back or out of the unit. */
function siblingOf(entry: Entry): number | undefined {
  const { unit, abbreviation, valuesAt } = entry;
  if (!abbreviation.attributes.some(({ at }) => at === dw.DW_AT_sibling)) return undefined;
  const cursor = unit.cursor(valuesAt);
  for (const { at, form } of abbreviation.attributes) {
    if (at !== dw.DW_AT_sibling) {
      skipForm(cursor, form, unit);
      continue;
    }
    const size = { [dw.DW_FORM_ref1]: 1, [dw.DW_FORM_ref2]: 2, [dw.DW_FORM_ref4]: 4, [dw.DW_FORM_ref8]: 8 }[
      form
    ];
    const relative =
      size === undefined ? (form === dw.DW_FORM_ref_udata ? cursor.uleb() : 0) : cursor.unsigned(size);
    const target = unit.offset + relative;
    return target > cursor.at && target <= unit.end ? target : undefined;
  }
  return undefined;
}

/** The entry that a unit is. @throws DwarfError when it has none. */
export function rootOf(unit: Unit): Entry {
  const cursor = unit.cursor(unit.rootAt);
  const root = readEntry(unit, cursor);
  if (!root) throw cursor.error(`has an empty unit at ${unit.offset}`);
  return root;
}

/** The entry at an offset of the unit's section; undefined when none begins there. */
export function entryAt(unit: Unit, offset: number): Entry | undefined {
  return offset >= unit.rootAt && offset < unit.end ? readEntry(unit, unit.cursor(offset)) : undefined;
}

/** The entries directly below one. */
export function* childrenOf(entry: Entry): Generator<Entry> {
  if (!entry.abbreviation.hasChildren) return;
  const { unit } = entry;
  const cursor = unit.cursor(entry.valuesAt);
  skipValues(entry, cursor);
  // A unit whose end is missing ends with its bytes.
  while (cursor.at < cursor.end) {
    const child = readEntry(unit, cursor);
    if (!child) return;
    yield child;
    skipTree(child, cursor);
  }
}
