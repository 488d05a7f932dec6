/** The parts of a relocatable ELF file. Source: System V gABI, chapter 4. */
import { decodeCString } from '../../base/index.ts';
import { ObjectError } from './object-error.ts';

const EM_BPF = 247;
const HEADER_SIZE = 64;
const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHT_REL = 9;
const SHF_ALLOC = 2;
const SHF_EXECINSTR = 4;
const SYMBOL_SIZE = 24;
const RELOCATION_SIZE = 16;
const SECTION_HEADER_SIZE = 64;
const STB_WEAK = 2;
const symbolTypes = ['none', 'object', 'func', 'section'] as const;

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly isLoaded: boolean;
  readonly isCode: boolean;
  /** Zeros where the file has none (`.bss`). */
  readonly bytes: Uint8Array;
  /** For relocations: the number of the section that they are of. */
  readonly info: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly type: (typeof symbolTypes)[number] | 'other';
  readonly isLocal: boolean;
  readonly isWeak: boolean;
  /** Number of the section; 0: it is not in this file. */
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

export interface ElfRelocation {
  /** Byte in the section. */
  readonly offset: number;
  readonly type: number;
  readonly symbol: ElfSymbol;
}

export interface ElfParts {
  /** By number. */
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
  relocationsOf(section: number): readonly ElfRelocation[];
}

/** @throws ObjectError when the file is none of BPF's. */
export function readElf(file: Uint8Array): ElfParts {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isBpf =
    file.length > HEADER_SIZE &&
    view.getUint32(0) === 0x7f454c46 &&
    view.getUint16(18, true) === EM_BPF &&
    view.getUint8(5) === 1;
  if (!isBpf) throw new ObjectError('it is no object file for BPF');
  const sections = readSections(file, view);
  const symbols = readSymbols(sections);
  return {
    sections,
    symbols,
    relocationsOf: (section) =>
      sections
        .filter(({ type, info }) => type === SHT_REL && info === section)
        .flatMap(({ bytes }) => readRelocations(bytes, symbols)),
  };
}

function readSections(file: Uint8Array, view: DataView): readonly ElfSection[] {
  const table = Number(view.getBigUint64(40, true));
  const count = view.getUint16(60, true);
  const names = view.getUint16(62, true);
  const rows = Array.from({ length: count }, (_, index) => {
    const at = table + index * SECTION_HEADER_SIZE;
    const type = view.getUint32(at + 4, true);
    const flags = Number(view.getBigUint64(at + 8, true));
    const offset = Number(view.getBigUint64(at + 24, true));
    const size = Number(view.getBigUint64(at + 32, true));
    return {
      nameOffset: view.getUint32(at, true),
      type,
      isLoaded: (flags & SHF_ALLOC) !== 0,
      isCode: (flags & SHF_EXECINSTR) !== 0,
      info: view.getUint32(at + 44, true),
      bytes: type === SHT_NOBITS ? new Uint8Array(size) : file.slice(offset, offset + size),
    };
  });
  const text = rows[names]?.bytes ?? new Uint8Array();
  return rows.map(({ nameOffset, ...row }) => ({ ...row, name: decodeCString(text.subarray(nameOffset)) }));
}

function readSymbols(sections: readonly ElfSection[]): readonly ElfSymbol[] {
  const table = sections.find(({ type }) => type === SHT_SYMTAB);
  const strings = sections.find(({ name }) => name === '.strtab');
  if (!table || !strings) return [];
  const view = new DataView(table.bytes.buffer);
  return Array.from({ length: table.bytes.length / SYMBOL_SIZE }, (_, index) => {
    const at = index * SYMBOL_SIZE;
    const info = view.getUint8(at + 4);
    return {
      name: decodeCString(strings.bytes.subarray(view.getUint32(at, true))),
      type: symbolTypes[info & 0xf] ?? 'other',
      isLocal: info >> 4 === 0,
      isWeak: info >> 4 === STB_WEAK,
      section: view.getUint16(at + 6, true),
      value: Number(view.getBigUint64(at + 8, true)),
      size: Number(view.getBigUint64(at + 16, true)),
    };
  });
}

function readRelocations(bytes: Uint8Array, symbols: readonly ElfSymbol[]): readonly ElfRelocation[] {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / RELOCATION_SIZE }, (_, index) => {
    const at = index * RELOCATION_SIZE;
    const info = view.getBigUint64(at + 8, true);
    const symbol = symbols[Number(info >> 32n)];
    if (!symbol) throw new ObjectError('it is damaged: a relocation names no symbol of the file');
    return {
      offset: Number(view.getBigUint64(at, true)),
      type: Number(info & 0xffff_ffffn),
      symbol,
    };
  });
}
