import { AbbreviationTable } from './abbreviations.ts';
import type { UnitSizes } from './forms.ts';
import { readUnits, type Unit } from './unit.ts';
import type { Work } from './work.ts';

/** The sections of one file, decompressed. `name` is as in the file: `.debug_info`, `.debug_info.dwo`. Undefined: it has none. */
export interface DwarfSections {
  section(name: string): Uint8Array | undefined;
}

/** Sections, without `.debug_` and the suffix of split files. */
export type SectionName =
  | 'info'
  | 'types'
  | 'abbrev'
  | 'str'
  | 'line_str'
  | 'str_offsets'
  | 'addr'
  | 'line'
  | 'aranges'
  | 'ranges'
  | 'rnglists'
  | 'loc'
  | 'loclists'
  | 'cu_index'
  | 'tu_index';

const noBytes = new Uint8Array(0);

/** A section of units: .debug_info, or the .debug_types of DWARF 4. */
export class InfoSection {
  readonly file: DebugFile;
  readonly name: 'info' | 'types';
  /** Of all sections of units that one reader has seen: with an offset it makes the id of a type. */
  readonly number: number;
  readonly bytes: Uint8Array;
  #units: readonly Unit[] | undefined;
  #bySignature: ReadonlyMap<bigint, Unit> | undefined;

  constructor(file: DebugFile, name: 'info' | 'types', number: number) {
    this.file = file;
    this.name = name;
    this.number = number;
    this.bytes = file.section(name);
  }

  /** Ascending. */
  get units(): readonly Unit[] {
    this.#units ??= readUnits(this);
    return this.#units;
  }

  /** The unit of a type that other units name by its signature. */
  typeUnit(signature: bigint): Unit | undefined {
    this.#bySignature ??= new Map(
      this.units.flatMap((unit) =>
        unit.signature === undefined || unit.typeOffset === undefined
          ? []
          : [[unit.signature, unit] as const],
      ),
    );
    return this.#bySignature.get(signature);
  }

  /** The unit that an offset lies in. */
  unitAt(offset: number): Unit | undefined {
    const { units } = this;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const unit = units[middle];
      if (unit && unit.offset <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = units[low - 1];
    return unit && offset < unit.end ? unit : undefined;
  }
}

export interface DebugFileOptions {
  readonly sections: DwarfSections;
  readonly work: Work;
  /** `.dwo` for the sections of split files. */
  readonly suffix: '' | '.dwo';
  /** What dwz put into a file of its own (.gnu_debugaltlink). */
  readonly alternate?: DebugFile | undefined;
  readonly nextNumber: () => number;
}

/** The debug sections of one file. Each is fetched when first asked for. */
export class DebugFile {
  readonly alternate: DebugFile | undefined;
  readonly isSplit: boolean;
  readonly work: Work;
  readonly #options: DebugFileOptions;
  readonly #sections = new Map<SectionName, Uint8Array>();
  readonly #tables = new Map<string, AbbreviationTable>();
  #info: InfoSection | undefined;
  #types: InfoSection | undefined;

  constructor(options: DebugFileOptions) {
    this.#options = options;
    this.alternate = options.alternate;
    this.isSplit = options.suffix !== '';
    this.work = options.work;
  }

  /** No bytes where there is no such section. */
  section(name: SectionName): Uint8Array {
    const known = this.#sections.get(name);
    if (known) return known;
    // The indexes of a package and the addresses have no suffix.
    const suffix = name === 'cu_index' || name === 'tu_index' || name === 'addr' ? '' : this.#options.suffix;
    const bytes = this.#options.sections.section(`.debug_${name}${suffix}`) ?? noBytes;
    this.#sections.set(name, bytes);
    return bytes;
  }

  get info(): InfoSection {
    this.#info ??= new InfoSection(this, 'info', this.#options.nextNumber());
    return this.#info;
  }
  get types(): InfoSection {
    this.#types ??= new InfoSection(this, 'types', this.#options.nextNumber());
    return this.#types;
  }

  /** Tables are shared by units; each is read once. */
  abbreviations(offset: number, sizes: UnitSizes): AbbreviationTable {
    const key = `${offset}/${sizes.version < 3}/${sizes.offsetSize}/${sizes.addressSize}`;
    const known = this.#tables.get(key);
    if (known) return known;
    const table = new AbbreviationTable(this.section('abbrev'), offset, sizes, this.work);
    this.#tables.set(key, table);
    return table;
  }
}
