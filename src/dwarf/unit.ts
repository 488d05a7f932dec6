import type { AbbreviationTable } from './abbreviations.ts';
import * as dw from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import type { DebugFile, InfoSection } from './debug-file.ts';
import type { UnitSizes } from './forms.ts';
import { packageRows } from './package-index.ts';

/** Where a unit's lists and tables begin in their sections. */
export interface UnitBases {
  readonly strOffsets: number;
  readonly addr: number;
  readonly rnglists: number;
  readonly loclists: number;
}

/** Where the parts of one split file begin in the sections of a package: by section, as `info`, `abbrev`. */
export type Contributions = Readonly<Record<string, number>>;

const noContributions: Contributions = {};

/** A unit: what one compilation wrote, or types that several share. */
export class Unit implements UnitSizes {
  readonly info: InfoSection;
  readonly offset: number;
  /** Where the next unit begins. */
  readonly end: number;
  /** Where its first entry lies. */
  readonly rootAt: number;
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
  /** DW_UT_*; that of a version before 5 is compile or type. */
  readonly kind: number;
  /** Of the type that a type unit holds, or of the split file that belongs to a unit. */
  readonly signature: bigint | undefined;
  /** Offset of a type unit's type, from the start of the unit. */
  readonly typeOffset: number | undefined;
  readonly contributions: Contributions;
  readonly #abbreviationsAt: number;
  #table: AbbreviationTable | undefined;
  /** Set by what first needs them. */
  bases: UnitBases | undefined;
  /** Of a split unit: the one in the binary that stands for it. */
  skeleton: Unit | undefined;

  constructor(header: UnitHeader) {
    this.info = header.info;
    this.offset = header.offset;
    this.end = header.end;
    this.rootAt = header.rootAt;
    this.version = header.version;
    this.offsetSize = header.offsetSize;
    this.addressSize = header.addressSize;
    this.kind = header.kind;
    this.signature = header.signature;
    this.typeOffset = header.typeOffset;
    this.contributions = header.contributions;
    this.#abbreviationsAt = header.abbreviationsAt + (header.contributions['abbrev'] ?? 0);
  }

  get file(): DebugFile {
    return this.info.file;
  }
  get isSplit(): boolean {
    return this.info.file.isSplit;
  }
  get abbreviations(): AbbreviationTable {
    this.#table ??= this.file.abbreviations(this.#abbreviationsAt, this);
    return this.#table;
  }

  cursor(at: number): DwarfCursor {
    return new DwarfCursor(this.info.bytes, `.debug_${this.info.name}`, at, this.end);
  }
}

interface UnitHeader {
  readonly info: InfoSection;
  readonly offset: number;
  readonly end: number;
  readonly rootAt: number;
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
  readonly kind: number;
  readonly abbreviationsAt: number;
  readonly signature: bigint | undefined;
  readonly typeOffset: number | undefined;
  readonly contributions: Contributions;
}

/** Length of what follows, and the size of offsets in it: 0xffffffff begins the 64-bit format. Source: DWARF 5, section 7.4. */
export function readInitialLength(cursor: DwarfCursor): {
  readonly length: number;
  readonly offsetSize: 4 | 8;
} {
  const short = cursor.u32();
  if (short < 0xffff_fff0) return { length: short, offsetSize: 4 };
  if (short !== 0xffff_ffff)
    throw cursor.error(`has the reserved length 0x${short.toString(16)} at ${cursor.at}`);
  return { length: cursor.u64(), offsetSize: 8 };
}

/** The headers of a section's units. A unit of a version that is not known is left out. @throws DwarfError when one does not lie in it. */
export function readUnits(info: InfoSection): readonly Unit[] {
  const cursor = new DwarfCursor(info.bytes, `.debug_${info.name}`);
  const rows = info.file.isSplit ? packageRows(info.file) : undefined;
  const units: Unit[] = [];
  while (cursor.at < cursor.end) {
    const offset = cursor.at;
    const { length, offsetSize } = readInitialLength(cursor);
    const start = cursor.at;
    cursor.take(length);
    const unit = readHeader(new DwarfCursor(info.bytes, `.debug_${info.name}`, start, cursor.at), {
      info,
      offset,
      end: cursor.at,
      offsetSize,
    });
    if (unit) {
      const contributions = rows?.get(unit.signature ?? 0n) ?? rows?.get(-BigInt(offset) - 1n);
      units.push(new Unit({ ...unit, contributions: contributions ?? noContributions }));
    }
  }
  return units;
}

function readHeader(
  cursor: DwarfCursor,
  where: Pick<UnitHeader, 'info' | 'offset' | 'end' | 'offsetSize'>,
): Omit<UnitHeader, 'contributions'> | undefined {
  const offsetBytes = where.offsetSize;
  const version = cursor.u16();
  if (version < 2 || version > 5) return undefined;
  let kind = where.info.name === 'types' ? dw.DW_UT_type : dw.DW_UT_compile;
  let addressSize: number;
  let abbreviationsAt: number;
  if (version >= 5) {
    kind = cursor.u8();
    addressSize = cursor.u8();
    abbreviationsAt = cursor.unsigned(offsetBytes);
  } else {
    abbreviationsAt = cursor.unsigned(offsetBytes);
    addressSize = cursor.u8();
  }
  if (addressSize !== 4 && addressSize !== 8) return undefined;
  let signature: bigint | undefined;
  let typeOffset: number | undefined;
  switch (kind) {
    case dw.DW_UT_type:
    case dw.DW_UT_split_type:
      signature = cursor.big64();
      typeOffset = cursor.unsigned(offsetBytes);
      break;
    case dw.DW_UT_skeleton:
    case dw.DW_UT_split_compile:
      signature = cursor.big64();
      break;
    case dw.DW_UT_compile:
    case dw.DW_UT_partial:
      break;
    default:
      return undefined;
  }
  return { ...where, rootAt: cursor.at, version, addressSize, kind, abbreviationsAt, signature, typeOffset };
}
