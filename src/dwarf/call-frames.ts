/**
 * The entries of .eh_frame: for each function, instructions from which a table can be made that says where its caller's registers are.
 *
 *     | length | 0             | CIE: version, augmentation, factors, how pointers are written, first instructions |
 *     | length | back to a CIE | FDE: first address, length, instructions                                          |
 *     | 0 |
 *
 * Source: Linux Standard Base 5, section 10.6.1; DWARF 5, section 6.4.1.
 */
import * as dw from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';
import type { Work } from './work.ts';

/** A section of call frame entries, and the address that its first byte has in the file. */
export interface FrameSection {
  readonly bytes: Uint8Array;
  readonly address: number;
}

/** What the entries of many functions share. */
export interface CallFrameRules {
  readonly codeFactor: number;
  readonly dataFactor: number;
  /** The column of the table that has the return address. */
  readonly returnRegister: number;
  /** The function is entered by a signal: its "caller" was interrupted, not calling. */
  readonly isSignalFrame: boolean;
  readonly instructions: DwarfCursor;
  /** How addresses are written in the entries (DW_EH_PE_*). */
  readonly pointers: number;
  /** Entries have a block of augmentation data. */
  readonly hasAugmentationData: boolean;
}

/** One function, or the part of it that lies together. */
export interface CallFrameEntry {
  /** Addresses of the file. */
  readonly start: number;
  readonly end: number;
  readonly rules: CallFrameRules;
  readonly instructions: DwarfCursor;
}

/** In the length: the real one follows in 64 bits. */
const LENGTH_64 = 0xffff_ffff;
const ADDRESS_BYTES = 8;

/** The entries in the order of the section. One that makes no sense ends its function only; a length that does, everything behind it. */
export function* callFrameEntries(section: FrameSection, work: Work): Generator<CallFrameEntry> {
  const rulesByOffset = new Map<number, CallFrameRules | undefined>();
  const cursor = new DwarfCursor(section.bytes, '.eh_frame');
  while (cursor.at + 4 <= section.bytes.length) {
    work.spend(1);
    const at = cursor.at;
    let length = cursor.u32();
    if (length === 0) return;
    if (length === LENGTH_64) length = cursor.u64();
    const idAt = cursor.at;
    const end = idAt + length;
    if (end > section.bytes.length) return;
    const id = cursor.u32();
    if (id !== 0) {
      const entry = orUndefined(() => readEntry(section, idAt, end, rulesAt(idAt - id)));
      if (entry && entry.end > entry.start) yield entry;
    }
    cursor.at = Math.max(end, at + 4);
  }

  function rulesAt(offset: number): CallFrameRules | undefined {
    if (!rulesByOffset.has(offset)) {
      rulesByOffset.set(
        offset,
        orUndefined(() => readRules(section, offset)),
      );
    }
    return rulesByOffset.get(offset);
  }
}

function orUndefined<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DwarfError) return undefined;
    throw error;
  }
}

function readRules(section: FrameSection, offset: number): CallFrameRules | undefined {
  const head = new DwarfCursor(section.bytes, '.eh_frame', offset);
  let length = head.u32();
  if (length === LENGTH_64) length = head.u64();
  const cursor = new DwarfCursor(section.bytes, '.eh_frame', head.at, head.at + length);
  if (cursor.u32() !== 0) return undefined;
  const version = cursor.u8();
  if (version !== 1 && version !== 3) return undefined;
  const augmentation = cursor.text();
  const codeFactor = cursor.uleb();
  const dataFactor = cursor.sleb();
  const returnRegister = version === 1 ? cursor.u8() : cursor.uleb();
  const hasAugmentationData = augmentation.startsWith('z');
  // Without its length, augmentation data cannot be passed by.
  if (augmentation !== '' && !hasAugmentationData) return undefined;
  let pointers = dw.DW_EH_PE_absptr;
  let isSignalFrame = false;
  if (hasAugmentationData) {
    const size = cursor.uleb();
    const start = cursor.at;
    for (const letter of augmentation.slice(1)) {
      if (letter === 'R') pointers = cursor.u8();
      else if (letter === 'L') cursor.u8();
      else if (letter === 'P') readPointer(cursor, cursor.u8(), section);
      else if (letter === 'S') isSignalFrame = true;
      else if (letter !== 'B') break; // the rest is passed by
    }
    cursor.at = start + size;
  }
  return {
    codeFactor,
    dataFactor,
    returnRegister,
    isSignalFrame,
    pointers,
    hasAugmentationData,
    instructions: new DwarfCursor(section.bytes, '.eh_frame', cursor.at, cursor.end),
  };
}

function readEntry(
  section: FrameSection,
  idAt: number,
  end: number,
  rules: CallFrameRules | undefined,
): CallFrameEntry | undefined {
  if (!rules) return undefined;
  const cursor = new DwarfCursor(section.bytes, '.eh_frame', idAt + 4, end);
  const start = readPointer(cursor, rules.pointers, section);
  // The length is written as wide as the address, and relative to nothing.
  const length = readPointer(cursor, rules.pointers & 0x0f, section);
  if (start === undefined || length === undefined) return undefined;
  if (rules.hasAugmentationData) {
    const size = cursor.uleb();
    cursor.take(size);
  }
  const instructions = new DwarfCursor(section.bytes, '.eh_frame', cursor.at, end);
  return { start, end: start + length, rules, instructions };
}

/** An address as `encoding` (DW_EH_PE_*) says; undefined for one that only a running process has. */
export function readPointer(
  cursor: DwarfCursor,
  encoding: number,
  section: FrameSection,
): number | undefined {
  if (encoding === dw.DW_EH_PE_omit) return undefined;
  const at = cursor.at;
  const value = readNumber(cursor, encoding & 0x0f);
  switch (encoding & 0x70) {
    case 0:
      break;
    case dw.DW_EH_PE_pcrel:
      return (encoding & dw.DW_EH_PE_indirect) === 0 ? section.address + at + value : undefined;
    case dw.DW_EH_PE_datarel:
      return (encoding & dw.DW_EH_PE_indirect) === 0 ? section.address + value : undefined;
    default:
      return undefined;
  }
  return (encoding & dw.DW_EH_PE_indirect) === 0 ? value : undefined;
}

function readNumber(cursor: DwarfCursor, form: number): number {
  switch (form) {
    case dw.DW_EH_PE_absptr:
    case dw.DW_EH_PE_udata8:
      return cursor.unsigned(ADDRESS_BYTES);
    case dw.DW_EH_PE_uleb128:
      return cursor.uleb();
    case dw.DW_EH_PE_udata2:
      return cursor.u16();
    case dw.DW_EH_PE_udata4:
      return cursor.u32();
    case dw.DW_EH_PE_sleb128:
      return cursor.sleb();
    case dw.DW_EH_PE_sdata2:
      return (cursor.u16() << 16) >> 16;
    case dw.DW_EH_PE_sdata4:
      return cursor.u32() | 0;
    case dw.DW_EH_PE_sdata8:
      return Number(BigInt.asIntN(64, cursor.big64()));
    default:
      throw cursor.error(`has a pointer of the unknown form ${form} at ${cursor.at}`);
  }
}
