import { BoundedCache } from '../base/index.ts';
import {
  basesOf,
  hasAttribute,
  isFlagSet,
  numberOf,
  referenceOf,
  sectionPlaceOf,
  textOf,
} from './attributes.ts';
import * as dw from './constants.ts';
import { DebugFile, type DwarfSections, type InfoSection } from './debug-file.ts';
import { childrenOf, type Entry, entryAt, readEntry, rootOf, skipValues } from './entry.ts';
import {
  entriesWithin,
  FunctionIndex,
  functionEntries,
  inlinedAt,
  isInlined,
  linkageNameOf,
  nameOf,
  originWith,
} from './functions.ts';
import { type LineRow, type LineTable, readLineTable, type SourcePlace, upperBound } from './line-table.ts';
import { placeAt, type ValuePlace } from './locations.ts';
import { rangesOf } from './ranges.ts';
import { readType } from './read-type.ts';
import { type DwarfType, type DwarfTypeId, VOID_TYPE } from './type.ts';
import type { Unit } from './unit.ts';
import { Work } from './work.ts';

/** Units whose functions and lines are remembered. */
const MAX_CACHED_UNITS = 256;
/** Typedefs and qualifiers followed before it is called a loop. */
const MAX_DEPTH = 64;
/** Ids of types are numbers of entries: this times the number of their section, plus their offset. */
const ID_STRIDE = 2 ** 40;
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

export interface DwarfOptions {
  readonly sections: DwarfSections;
  /** What dwz put into a file of its own; undefined when there is none, or it is missing. */
  readonly alternate?: DwarfSections | undefined;
  /** Finds the split file that belongs to a unit of the binary. */
  readonly split?: (wanted: SplitFile) => DwarfSections | undefined;
}

/** A split file, as the binary names it. */
export interface SplitFile {
  /** DW_AT_dwo_name; may be relative to `directory`. */
  readonly name: string;
  readonly directory: string;
}

/** Why a line has no address. */
export type LineSearch =
  | { readonly kind: 'found'; readonly rows: readonly LineRow[] }
  /** No unit has a file whose path ends like that. */
  | { readonly kind: 'no-file' }
  | { readonly kind: 'ambiguous'; readonly files: readonly string[] }
  /** `near`: lines of the file that have code, closest first. */
  | { readonly kind: 'no-line'; readonly file: string; readonly near: readonly number[] };

/**
 * The debug information of a binary: functions, types and lines, versions 2 to 5, in the binary itself, in split files and in what dwz
 * made. Nothing is read before a question needs it; what was read is kept for the next.
 *
 * Addresses are those of the binary. Every defect of the bytes is a DwarfError, and every question ends: its steps are counted.
 */
export class Dwarf {
  readonly #options: DwarfOptions;
  readonly #work = new Work();
  readonly #main: DebugFile;
  readonly #infos: InfoSection[] = [];
  readonly #types = new Map<DwarfTypeId, DwarfType>();
  readonly #splits = new Map<string, DebugFile | undefined>();
  readonly #splitUnits = new Map<Unit, Unit | undefined>();
  readonly #functions = new BoundedCache<Unit, FunctionIndex>(MAX_CACHED_UNITS);
  readonly #lines = new BoundedCache<Unit, LineTable | undefined>(MAX_CACHED_UNITS);
  #byAddress: readonly UnitRange[] | undefined;
  #infoCount = 0;

  constructor(options: DwarfOptions) {
    this.#options = options;
    const alternate = options.alternate && this.#fileOf(options.alternate, '', undefined);
    this.#main = this.#fileOf(options.sections, '', alternate);
  }

  /** Whether the binary has debug information at all. */
  static isIn(sections: DwarfSections): boolean {
    return (sections.section('.debug_info')?.length ?? 0) > 0;
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
    const unit = this.#unitAt(address);
    if (!unit) return [];
    let place = this.#linesOf(unit)?.at(address);
    const fn = this.#indexOf(this.#fullUnit(unit)).at(address);
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
    const unit = this.#unitAt(address);
    return unit && this.#linesOf(unit)?.at(address);
  }

  /** Where the code of a line begins; `file` may be the end of a path. @param column 0 for any @throws DwarfError */
  linesOf(file: string, line: number, column: number): LineSearch {
    this.#work.reset();
    const tables: { readonly table: LineTable; readonly numbers: ReadonlySet<number> }[] = [];
    const paths = new Set<string>();
    for (const unit of this.#codeUnits()) {
      const table = this.#linesOf(unit);
      if (!table) continue;
      const numbers = new Set<number>();
      for (const [number, path] of table.files.entries()) {
        if (path === undefined || !pathEndsWith(path, file)) continue;
        numbers.add(number);
        paths.add(normalPath(path));
      }
      if (numbers.size > 0) tables.push({ table, numbers });
    }
    const [path] = paths;
    if (path === undefined) return { kind: 'no-file' };
    if (paths.size > 1) return { kind: 'ambiguous', files: [...paths] };
    const rowsOf = (wanted: number): readonly LineRow[] =>
      tables.flatMap(({ table, numbers }) => table.rowsOf(numbers, wanted, column));
    const rows = rowsOf(line).toSorted((a, b) => a.address - b.address);
    if (rows.length > 0) return { kind: 'found', rows };
    const near = [1, -1, 2, -2, 3, -3].map((step) => line + step).filter((each) => rowsOf(each).length > 0);
    return { kind: 'no-line', file: path, near };
  }

  /** Whether a function of this name (plain or linkage) was inlined somewhere, and where: the lines of the calls. @throws DwarfError */
  inlinedPlaces(name: string): readonly SourcePlace[] | undefined {
    this.#work.reset();
    let known = false;
    const places: SourcePlace[] = [];
    for (const unit of this.#allUnits()) {
      const full = this.#fullUnit(unit);
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
    const known = this.#types.get(id);
    if (known) return known;
    this.#work.reset();
    const entry = this.#entryOf(id);
    const type: DwarfType = entry ? readType(entry, (inner) => this.#idOf(inner)) : { kind: 'void' };
    this.#types.set(id, type);
    return type;
  }

  /** Follows typedefs and qualifiers to the type they stand for. @throws DwarfError */
  resolve(id: DwarfTypeId): DwarfTypeId {
    let current = id;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const type = this.type(current);
      if (type.kind !== 'typedef' && !isQualifier(type)) return current;
      current = type.to;
    }
    return VOID_TYPE;
  }

  /** Bytes of a value; undefined when that is not known (a struct that is only declared). @throws DwarfError */
  sizeOf(id: DwarfTypeId, depth = 0): number | undefined {
    const type = this.type(this.resolve(id));
    if (type.kind === 'array') {
      const element = depth < MAX_DEPTH ? this.sizeOf(type.of, depth + 1) : undefined;
      return element === undefined
        ? undefined
        : type.lengths.reduce((size, length) => size * length, element);
    }
    return 'size' in type && !('isDeclaration' in type && type.isDeclaration) ? type.size : undefined;
  }

  /**
   * The definition of a struct, union, enum or typedef by its name. The unit that holds `near` is searched first.
   *
   * @throws DwarfError
   */
  typeNamed(
    kind: 'struct' | 'union' | 'enum' | 'typedef' | 'int',
    name: string,
    near?: number,
  ): DwarfTypeId | undefined {
    this.#work.reset();
    const first = near === undefined ? undefined : this.#unitAt(near);
    const seen = new Set<Unit>();
    for (const unit of [...(first ? [first] : []), ...this.#allUnits()]) {
      if (seen.has(unit)) continue;
      seen.add(unit);
      const found = findType(this.#fullUnit(unit), typeTags[kind], name);
      if (found) return this.#idOf(found);
    }
    return undefined;
  }

  #fileOf(sections: DwarfSections, suffix: '' | '.dwo', alternate: DebugFile | undefined): DebugFile {
    const file: DebugFile = new DebugFile({
      sections,
      work: this.#work,
      suffix,
      alternate,
      nextNumber: () => ++this.#infoCount,
    });
    return file;
  }

  #idOf(entry: Entry | undefined): DwarfTypeId {
    if (!entry) return VOID_TYPE;
    // What stands for a type that has a unit of its own.
    const { unit, offset } = referenceOf(entry, dw.DW_AT_signature) ?? entry;
    this.#infos[unit.info.number] = unit.info;
    return (unit.info.number * ID_STRIDE + offset) as DwarfTypeId; // the one place that numbers types
  }

  #entryOf(id: DwarfTypeId): Entry | undefined {
    const info = this.#infos[Math.floor(id / ID_STRIDE)];
    const offset = id % ID_STRIDE;
    const unit = info?.unitAt(offset);
    return unit && entryAt(unit, offset);
  }

  /** Units that have code of their own: not those of types, nor what dwz made of several. */
  *#codeUnits(): Generator<Unit> {
    for (const unit of this.#main.info.units) {
      if (unit.kind === dw.DW_UT_compile || unit.kind === dw.DW_UT_skeleton) yield unit;
    }
  }

  *#allUnits(): Generator<Unit> {
    yield* this.#main.info.units;
    yield* this.#main.types.units;
    if (this.#main.alternate) yield* this.#main.alternate.info.units;
  }

  /** The unit with everything that was split off, which is itself when nothing was. */
  #fullUnit(unit: Unit): Unit {
    if (!this.#splitUnits.has(unit)) this.#splitUnits.set(unit, this.#findSplit(unit));
    return this.#splitUnits.get(unit) ?? unit;
  }

  #findSplit(unit: Unit): Unit | undefined {
    const root = rootOf(unit);
    if (unit.kind !== dw.DW_UT_skeleton && !hasAttribute(root, dw.DW_AT_GNU_dwo_name)) return undefined;
    const name = textOf(root, dw.DW_AT_dwo_name) ?? textOf(root, dw.DW_AT_GNU_dwo_name);
    if (name === undefined) return undefined;
    const directory = textOf(root, dw.DW_AT_comp_dir) ?? '';
    const key = `${directory}\n${name}`;
    if (!this.#splits.has(key)) {
      const sections = this.#options.split?.({ name, directory });
      this.#splits.set(key, sections && this.#fileOf(sections, '.dwo', undefined));
    }
    const file = this.#splits.get(key);
    const id = unit.signature ?? integerId(root);
    for (const other of file?.info.units ?? []) {
      if (other.kind === dw.DW_UT_split_type) continue;
      const otherId = other.signature ?? integerId(rootOf(other));
      if (id !== undefined && otherId !== undefined && id !== otherId) continue;
      other.skeleton = unit;
      return other;
    }
    return undefined;
  }

  #unitAt(address: number): Unit | undefined {
    this.#byAddress ??= this.#readUnitRanges();
    const rows = this.#byAddress;
    const row = rows[upperBound(rows.length, (i) => (rows[i]?.low ?? 0) <= address) - 1];
    return row && address < row.high ? row.unit : undefined;
  }

  #readUnitRanges(): readonly UnitRange[] {
    const rows: UnitRange[] = [];
    for (const unit of this.#codeUnits()) {
      basesOf(unit);
      for (const { low, high } of rangesOf(rootOf(unit))) rows.push({ low, high, unit });
    }
    return rows.sort((a, b) => a.low - b.low);
  }

  #indexOf(unit: Unit): FunctionIndex {
    return this.#functions.getOrMake(unit, () => new FunctionIndex(unit));
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
    const unit = this.#unitAt(address);
    return unit && this.#indexOf(this.#fullUnit(unit)).at(address);
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
        type: this.#idOf(typed && referenceOf(typed, dw.DW_AT_type)),
        isArtificial: originWith(param, dw.DW_AT_artificial) !== undefined,
        place: placeAt(param, at),
      };
    });
    const typed = originWith(entry, dw.DW_AT_type);
    return {
      name: nameOf(entry) ?? '',
      address: range?.low ?? 0,
      params,
      returns: this.#idOf(typed && referenceOf(typed, dw.DW_AT_type)),
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

interface UnitRange {
  readonly low: number;
  readonly high: number;
  readonly unit: Unit;
}

const typeTags: Readonly<Record<'struct' | 'union' | 'enum' | 'typedef' | 'int', readonly number[]>> = {
  struct: [dw.DW_TAG_structure_type, dw.DW_TAG_class_type],
  union: [dw.DW_TAG_union_type],
  enum: [dw.DW_TAG_enumeration_type],
  typedef: [dw.DW_TAG_typedef],
  int: [dw.DW_TAG_base_type],
};

/** Entries that types are found below. */
const typeContainers: ReadonlySet<number> = new Set([dw.DW_TAG_namespace, dw.DW_TAG_module]);

/** The first definition of a type in a unit, in its namespaces as well. */
function findType(unit: Unit, tags: readonly number[], name: string): Entry | undefined {
  for (const entry of entriesWithin(unit, typeContainers)) {
    if (
      tags.includes(entry.abbreviation.tag) &&
      textOf(entry, dw.DW_AT_name) === name &&
      !isFlagSet(entry, dw.DW_AT_declaration)
    )
      return entry;
  }
  return undefined;
}

function isParam({ abbreviation }: Entry): boolean {
  return abbreviation.tag === dw.DW_TAG_formal_parameter;
}

function originOf(entry: Entry): Entry | undefined {
  return referenceOf(entry, dw.DW_AT_abstract_origin) ?? referenceOf(entry, dw.DW_AT_specification);
}

function isQualifier(type: DwarfType): type is Extract<DwarfType, { kind: 'const' }> {
  return (
    type.kind === 'const' || type.kind === 'volatile' || type.kind === 'restrict' || type.kind === 'atomic'
  );
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

/** The id that DWARF 4 keeps in an attribute. */
function integerId(root: Entry): bigint | undefined {
  const id = numberOf(root, dw.DW_AT_GNU_dwo_id);
  return id === undefined ? undefined : BigInt(id);
}

/** `a/./b//c` as `a/b/c`; `..` stays, since what it leads past may be a link. */
function normalPath(path: string): string {
  return path.replace(/\/(?:\.?\/)+/g, '/').replace(/^\.\//, '');
}

/** Whether the last parts of a path are those of `end`. */
function pathEndsWith(path: string, end: string): boolean {
  const whole = normalPath(path).split('/');
  const wanted = normalPath(end).split('/');
  return (
    wanted.length <= whole.length &&
    wanted.every((part, i) => part === whole[whole.length - wanted.length + i])
  );
}
