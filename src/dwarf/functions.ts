/** Functions of a unit: where their code is, and what they are called. */
import { hasAttribute, numberOf, referenceOf, textOf } from './attributes.ts';
import * as dw from './constants.ts';
import { childrenOf, type Entry, entryAt, readEntry, rootOf, skipTree, skipValues } from './entry.ts';
import { upperBound } from './line-table.ts';
import { type AddressRange, hasCode, rangesOf } from './ranges.ts';
import type { Unit } from './unit.ts';

/** References followed from an entry to the one that has a name: an inlined function, its abstract form, its declaration in a class. */
const MAX_ORIGINS = 8;

/** Nested functions and blocks followed on the way to an address. */
const MAX_NESTING = 256;

/** Entries that functions are found below. */
const containers: ReadonlySet<number> = new Set([
  dw.DW_TAG_namespace,
  dw.DW_TAG_module,
  dw.DW_TAG_structure_type,
  dw.DW_TAG_class_type,
  dw.DW_TAG_union_type,
]);

/** The entries of a unit, in the order of the file: those at its top, and what lies in entries of the tags `inside`. */
export function* entriesWithin(unit: Unit, inside: ReadonlySet<number>): Generator<Entry> {
  const root = rootOf(unit);
  if (!root.abbreviation.hasChildren) return;
  const cursor = unit.cursor(root.valuesAt);
  skipValues(root, cursor);
  for (let depth = 1; depth > 0 && cursor.at < cursor.end; ) {
    const entry = readEntry(unit, cursor);
    if (!entry) {
      depth -= 1;
      continue;
    }
    yield entry;
    const { tag, hasChildren } = entry.abbreviation;
    if (hasChildren && inside.has(tag)) {
      skipValues(entry, cursor);
      depth += 1;
    } else skipTree(entry, cursor);
  }
}

/** The functions of a unit, wherever they are declared; not those inside others. */
export function* functionEntries(unit: Unit): Generator<Entry> {
  for (const entry of entriesWithin(unit, containers))
    if (entry.abbreviation.tag === dw.DW_TAG_subprogram) yield entry;
}

/** Code of a unit by address: where each function's ranges are, ascending. */
export class FunctionIndex {
  readonly #unit: Unit;
  readonly #rows: readonly (AddressRange & { readonly offset: number })[];

  constructor(unit: Unit) {
    this.#unit = unit;
    const rows: (AddressRange & { readonly offset: number })[] = [];
    for (const entry of functionEntries(unit)) {
      if (!hasCode(entry)) continue;
      for (const { low, high } of rangesOf(entry)) rows.push({ low, high, offset: entry.offset });
    }
    this.#rows = rows.sort((a, b) => a.low - b.low);
  }

  /** The function whose code holds an address. */
  at(address: number): Entry | undefined {
    const rows = this.#rows;
    const row = rows[upperBound(rows.length, (i) => (rows[i]?.low ?? 0) <= address) - 1];
    return row && address < row.high ? entryAt(this.#unit, row.offset) : undefined;
  }
}

/** The inlined functions that an address of a function lies in, the outermost first. */
export function inlinedAt(fn: Entry, address: number): readonly Entry[] {
  const found: Entry[] = [];
  let current: Entry | undefined = fn;
  for (let depth = 0; current && depth < MAX_NESTING; depth++) {
    let next: Entry | undefined;
    for (const child of childrenOf(current)) {
      const { tag } = child.abbreviation;
      if (tag !== dw.DW_TAG_inlined_subroutine && tag !== dw.DW_TAG_lexical_block) continue;
      if (!rangesOf(child).some(({ low, high }) => low <= address && address < high)) continue;
      next = child;
      break;
    }
    if (next?.abbreviation.tag === dw.DW_TAG_inlined_subroutine) found.push(next);
    current = next;
  }
  return found;
}

/** An entry and those it refers to for what it does not say itself. */
function* withOrigins(entry: Entry): Generator<Entry> {
  let current: Entry | undefined = entry;
  for (let i = 0; current && i < MAX_ORIGINS; i++) {
    yield current;
    current = referenceOf(current, dw.DW_AT_abstract_origin) ?? referenceOf(current, dw.DW_AT_specification);
  }
}

export function nameOf(entry: Entry): string | undefined {
  for (const each of withOrigins(entry)) {
    const name = textOf(each, dw.DW_AT_name);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The symbol's name, where it is not the plain one. */
export function linkageNameOf(entry: Entry): string | undefined {
  for (const each of withOrigins(entry)) {
    const name = textOf(each, dw.DW_AT_linkage_name) ?? textOf(each, dw.DW_AT_MIPS_linkage_name);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The first of an entry and its origins that has an attribute. */
export function originWith(entry: Entry, attribute: number): Entry | undefined {
  for (const each of withOrigins(entry)) {
    if (hasAttribute(each, attribute)) return each;
  }
  return undefined;
}

/** Whether a function's entry is the abstract form of one that was inlined. */
export function isInlined(entry: Entry): boolean {
  const inline = numberOf(entry, dw.DW_AT_inline);
  return inline === dw.DW_INL_inlined || inline === dw.DW_INL_declared_inlined;
}
