import { BoundedCache } from '../base/index.ts';
import { numberOf, referenceOf, sectionPlaceOf, textOf } from './attributes.ts';
import * as dw from './constants.ts';
import { childrenOf, type Entry, readEntry, rootOf, skipValues } from './entry.ts';
import {
  FunctionIndex,
  functionEntries,
  inlinedAt,
  isInlined,
  linkageNameOf,
  nameOf,
  originWith,
} from './functions.ts';
import { type LineSearch, searchLines } from './line-search.ts';
import { type LineTable, readLineTable, type SourcePlace } from './line-table.ts';
import { placeAt, type ValuePlace } from './locations.ts';
import { rangesOf } from './ranges.ts';
import type { DwarfType, DwarfTypeId } from './type.ts';
import { findType, type NamedTypeKind, TypeStore } from './type-store.ts';
import type { Unit } from './unit.ts';
import { type DwarfOptions, Units } from './units.ts';
import { Work } from './work.ts';

/** Units whose functions and lines are remembered. */
const MAX_CACHED_UNITS = 256;
/** Places of inlined functions that are gathered. */
const MAX_INLINED_PLACES = 64;

/** A parameter of a function. */
export interface DwarfParam {
  readonly name: string;
  readonly type: DwarfTypeId;
  /** The compiler's own, as `this`. */
  readonly isArtificial: boolean;
  /** Where it is at the address that was asked about, as far as that is said. */
  readonly place: ValuePlace;
}

export interface DwarfFunction {
  readonly name: string;
  /** Where its code begins. */
  readonly address: number;
  readonly params: readonly DwarfParam[];
  readonly returns: DwarfTypeId;
  /** Takes more arguments than it names. */
  readonly variadic: boolean;
}

/** A function that an address lies in, and the line in it; the innermost of several comes first. */
export interface DwarfFrame {
  readonly name: string;
  readonly inlined: boolean;
  readonly place: SourcePlace | undefined;
}

/**
 * The debug information of a binary: functions, types and lines, versions 2 to 5, in the binary itself, in split files and in what dwz
 * made. Nothing is read before a question needs it; what was read is kept for the next.
 *
 * Addresses are those of the binary. Every defect of the bytes is a DwarfError, and every question ends: its steps are counted.
 */
export class Dwarf {
  readonly #work = new Work();
  readonly #units: Units;
  readonly #types: TypeStore;
  readonly #functions = new BoundedCache<Unit, FunctionIndex>(MAX_CACHED_UNITS);
  readonly #lines = new BoundedCache<Unit, LineTable | undefined>(MAX_CACHED_UNITS);

  constructor(options: DwarfOptions) {
    this.#units = new Units(options, this.#work);
    this.#types = new TypeStore(this.#work);
  }

  /** The function whose code holds an address. @throws DwarfError */
  functionAt(address: number): DwarfFunction | undefined {
    this.#work.reset();
    const entry = this.#functionEntryAt(address);
    return entry && this.#readFunction(entry, address);
  }

  /** The functions that an address lies in: inlined ones first, the one that has the code last. [] when nothing is known. @throws DwarfError */
  framesAt(address: number): readonly DwarfFrame[] {
    this.#work.reset();
    const unit = this.#units.at(address);
    if (!unit) return [];
    let place = this.#linesOf(unit)?.at(address);
    const fn = this.#indexOf(this.#units.full(unit)).at(address);
    if (!fn) return place ? [{ name: '', inlined: false, place }] : [];
    const frames: DwarfFrame[] = [];
    for (const inlined of inlinedAt(fn, address).toReversed()) {
      frames.push({ name: nameForFrame(inlined), inlined: true, place });
      place = this.#callPlace(unit, inlined);
    }
    return [...frames, { name: nameForFrame(fn), inlined: false, place }];
  }

  /** The line behind the instruction at an address. @throws DwarfError */
  sourceAt(address: number): SourcePlace | undefined {
    this.#work.reset();
    const unit = this.#units.at(address);
    return unit && this.#linesOf(unit)?.at(address);
  }

  /** Where the code of a line begins; `file` may be the end of a path. @param column 0 for any @throws DwarfError */
  linesOf(file: string, line: number, column: number): LineSearch {
    this.#work.reset();
    return searchLines(this.#lineTables(), file, line, column);
  }

  /** Whether a function of this name (plain or linkage) was inlined somewhere, and where: the lines of the calls. @throws DwarfError */
  inlinedPlaces(name: string): readonly SourcePlace[] | undefined {
    this.#work.reset();
    let known = false;
    const places: SourcePlace[] = [];
    for (const unit of this.#units.all()) {
      const full = this.#units.full(unit);
      for (const fn of functionEntries(full)) {
        if (isInlined(fn) && hasName(fn, name)) known = true;
        for (const inlined of inlinedBelow(fn)) {
          if (places.length >= MAX_INLINED_PLACES) break;
          if (!hasName(inlined, name)) continue;
          const [range] = rangesOf(inlined);
          const place = range && this.#linesOf(unit)?.at(range.low);
          if (place) places.push(place);
        }
      }
    }
    return known || places.length > 0 ? places : undefined;
  }

  /** The type of an id. @throws DwarfError */
  type(id: DwarfTypeId): DwarfType {
    return this.#types.type(id);
  }

  /** Follows typedefs and qualifiers to the type they stand for. @throws DwarfError */
  resolve(id: DwarfTypeId): DwarfTypeId {
    return this.#types.resolve(id);
  }

  /** Bytes of a value; undefined when that is not known (a struct that is only declared). @throws DwarfError */
  sizeOf(id: DwarfTypeId): number | undefined {
    return this.#types.sizeOf(id);
  }

  /**
   * The definition of a struct, union, enum or typedef by its name. The unit that holds `near` is searched first.
   *
   * @throws DwarfError
   */
  typeNamed(kind: NamedTypeKind, name: string, near?: number): DwarfTypeId | undefined {
    this.#work.reset();
    const first = near === undefined ? undefined : this.#units.at(near);
    const seen = new Set<Unit>();
    for (const unit of [...(first ? [first] : []), ...this.#units.all()]) {
      if (seen.has(unit)) continue;
      seen.add(unit);
      const found = findType(this.#units.full(unit), kind, name);
      if (found) return this.#types.idOf(found);
    }
    return undefined;
  }

  #indexOf(unit: Unit): FunctionIndex {
    return this.#functions.getOrMake(unit, () => new FunctionIndex(unit));
  }

  *#lineTables(): Generator<LineTable> {
    for (const unit of this.#units.codeUnits()) {
      const table = this.#linesOf(unit);
      if (table) yield table;
    }
  }

  #linesOf(unit: Unit): LineTable | undefined {
    return this.#lines.getOrMake(unit, () => {
      const root = rootOf(unit);
      const place = sectionPlaceOf(root, dw.DW_AT_stmt_list);
      if (place?.kind !== 'offset') return undefined;
      return readLineTable(unit, place.offset, textOf(root, dw.DW_AT_comp_dir) ?? '');
    });
  }

  #functionEntryAt(address: number): Entry | undefined {
    const unit = this.#units.at(address);
    return unit && this.#indexOf(this.#units.full(unit)).at(address);
  }

  #readFunction(entry: Entry, at: number): DwarfFunction {
    const [range] = rangesOf(entry);
    // A function that was also inlined has its parameters twice: with their places here, with names and types in the abstract form.
    const own = [...childrenOf(entry)];
    const origin = own.some(isParam) ? undefined : originOf(entry);
    const children = origin ? [...childrenOf(origin)] : own;
    const params = children.filter(isParam).map((param): DwarfParam => {
      const typed = originWith(param, dw.DW_AT_type);
      return {
        name: nameOf(param) ?? '',
        type: this.#types.idOf(typed && referenceOf(typed, dw.DW_AT_type)),
        isArtificial: originWith(param, dw.DW_AT_artificial) !== undefined,
        place: placeAt(param, at),
      };
    });
    const typed = originWith(entry, dw.DW_AT_type);
    return {
      name: nameOf(entry) ?? '',
      address: range?.low ?? 0,
      params,
      returns: this.#types.idOf(typed && referenceOf(typed, dw.DW_AT_type)),
      variadic: children.some((child) => child.abbreviation.tag === dw.DW_TAG_unspecified_parameters),
    };
  }

  /** Where an inlined function was called. Files are numbered as in the line table of the unit. */
  #callPlace(unit: Unit, inlined: Entry): SourcePlace | undefined {
    const line = numberOf(inlined, dw.DW_AT_call_line);
    const file = this.#linesOf(unit)?.files[numberOf(inlined, dw.DW_AT_call_file) ?? -1];
    return line === undefined || file === undefined ? undefined : { file, line, column: 0 };
  }
}

function isParam({ abbreviation }: Entry): boolean {
  return abbreviation.tag === dw.DW_TAG_formal_parameter;
}

function originOf(entry: Entry): Entry | undefined {
  return referenceOf(entry, dw.DW_AT_abstract_origin) ?? referenceOf(entry, dw.DW_AT_specification);
}

function hasName(entry: Entry, name: string): boolean {
  return nameOf(entry) === name || linkageNameOf(entry) === name;
}

/** The mangled name where there is one: it says more than the plain one. */
function nameForFrame(entry: Entry): string {
  return linkageNameOf(entry) ?? nameOf(entry) ?? '';
}

function* inlinedBelow(entry: Entry): Generator<Entry> {
  const { unit } = entry;
  if (!entry.abbreviation.hasChildren) return;
  const cursor = unit.cursor(entry.valuesAt);
  skipValues(entry, cursor);
  for (let depth = 1; depth > 0 && cursor.at < cursor.end; ) {
    const inner = readEntry(unit, cursor);
    if (!inner) {
      depth -= 1;
      continue;
    }
    if (inner.abbreviation.tag === dw.DW_TAG_inlined_subroutine) yield inner;
    skipValues(inner, cursor);
    if (inner.abbreviation.hasChildren) depth += 1;
  }
}
