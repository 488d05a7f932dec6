/** The units of a binary: its own, those in split files, those that dwz put apart. */
import { readAddressTable } from './address-table.ts';
import { hasAttribute, numberOf, textOf } from './attributes.ts';
import * as dw from './constants.ts';
import { DebugFile, type DwarfSections } from './debug-file.ts';
import { type Entry, rootOf } from './entry.ts';
import { upperBound } from './line-table.ts';
import { rangesOf } from './ranges.ts';
import type { Unit } from './unit.ts';
import type { Work } from './work.ts';

export interface DwarfOptions {
  readonly sections: DwarfSections;
  /** Finds what dwz put into a file of its own; undefined when there is none, or it is missing. */
  readonly alternate?: () => DwarfSections | undefined;
  /** Finds the split file that belongs to a unit of the binary. */
  readonly split?: (wanted: SplitFile) => DwarfSections | undefined;
}

/** A split file, as the binary names it. */
export interface SplitFile {
  /** DW_AT_dwo_name; may be relative to `directory`. */
  readonly name: string;
  readonly directory: string;
}

interface UnitRange {
  readonly low: number;
  readonly high: number;
  readonly unit: Unit;
}

export class Units {
  readonly #options: DwarfOptions;
  readonly #work: Work;
  readonly #main: DebugFile;
  readonly #splits = new Map<string, DebugFile | undefined>();
  readonly #splitUnits = new Map<Unit, Unit | undefined>();
  #byAddress: readonly UnitRange[] | undefined;
  #infoCount = 0;

  /** @param work counts the steps of whatever is read. */
  constructor(options: DwarfOptions, work: Work) {
    this.#options = options;
    this.#work = work;
    const shared = options.alternate?.();
    const alternate = shared && this.#fileOf(shared, '', undefined);
    this.#main = this.#fileOf(options.sections, '', alternate);
  }

  /** Units that have code of their own: not those of types, nor what dwz made of several. */
  *codeUnits(): Generator<Unit> {
    for (const unit of this.#main.info.units) {
      if (unit.kind === dw.DW_UT_compile || unit.kind === dw.DW_UT_skeleton) yield unit;
    }
  }

  /** All of the binary and of what dwz made. */
  *all(): Generator<Unit> {
    yield* this.#main.info.units;
    yield* this.#main.types.units;
    if (this.#main.alternate) yield* this.#main.alternate.info.units;
  }

  /** The unit with everything that was split off, which is itself when nothing was. */
  full(unit: Unit): Unit {
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

  /** The unit whose code holds an address. @throws DwarfError */
  at(address: number): Unit | undefined {
    this.#byAddress ??= this.#readUnitRanges();
    const rows = this.#byAddress;
    const row = rows[upperBound(rows.length, (i) => (rows[i]?.low ?? 0) <= address) - 1];
    return row && address < row.high ? row.unit : undefined;
  }

  #readUnitRanges(): readonly UnitRange[] {
    const rows: UnitRange[] = [];
    const told = readAddressTable(this.#main);
    for (const unit of this.codeUnits()) {
      for (const { low, high } of told.get(unit) ?? rangesOf(rootOf(unit))) rows.push({ low, high, unit });
    }
    return rows.sort((a, b) => a.low - b.low);
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
}

/** The id that DWARF 4 keeps in an attribute. */
function integerId(root: Entry): bigint | undefined {
  const id = numberOf(root, dw.DW_AT_GNU_dwo_id);
  return id === undefined ? undefined : BigInt(id);
}
