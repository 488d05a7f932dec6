/** A relocatable ELF file for BPF, from sections and symbols. Source: System V gABI, chapter 4; Documentation/bpf/llvm_reloc.rst. */
import { ByteWriter, encodeText } from '../../base/index.ts';

/** Source: uapi/linux/elf.h, elf-em.h. */
const ET_REL = 1;
const EM_BPF = 247;
const HEADER_SIZE = 64;
const SECTION_HEADER_SIZE = 64;
const SYMBOL_SIZE = 24;
const RELOCATION_SIZE = 16;
const sectionTypes = { data: 1, symbols: 2, strings: 3, relocations: 9 } as const;
const SHF_WRITE = 1;
const SHF_ALLOC = 2;
const SHF_EXECINSTR = 4;
const symbolTypes = { object: 1, func: 2, section: 3 } as const;
const STB_GLOBAL = 1;

/** What a relocation does: a 64-bit load, or a call. */
const relocationTypes = { R_BPF_64_64: 1, R_BPF_64_32: 10 } as const;

export interface ObjectSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly use: 'code' | 'data' | 'constants' | 'notes';
  readonly relocations?: readonly ObjectRelocation[];
}

export interface ObjectRelocation {
  /** Byte in the section. */
  readonly offset: number;
  readonly type: keyof typeof relocationTypes;
  /** The name of a symbol; a section is a symbol by its name. */
  readonly symbol: string;
}

export interface ObjectSymbol {
  readonly name: string;
  readonly section: string;
  readonly type: 'object' | 'func';
  readonly isGlobal: boolean;
  readonly offset: number;
  readonly size: number;
}

/** Offsets of texts in a string table. */
class Strings {
  readonly #bytes = new ByteWriter().u8(0);

  add(text: string): number {
    if (text === '') return 0;
    const offset = this.#bytes.length;
    this.#bytes.bytes(encodeText(text)).u8(0);
    return offset;
  }

  finish(): Uint8Array {
    return this.#bytes.finish();
  }
}

interface Row {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly bytes: Uint8Array;
  readonly link?: number;
  readonly info?: number;
  readonly align: number;
  readonly entrySize?: number;
}

const flagsOf = {
  code: SHF_ALLOC | SHF_EXECINSTR,
  data: SHF_ALLOC | SHF_WRITE,
  constants: SHF_ALLOC,
  notes: 0,
};

export function elfObject(sections: readonly ObjectSection[], symbols: readonly ObjectSymbol[]): Uint8Array {
  const numberOf = new Map(sections.map(({ name }, index) => [name, index + 1]));
  const strings = new Strings();
  const table = new ByteWriter().zeros(SYMBOL_SIZE);
  const symbolNumbers = new Map<string, number>();
  const addSymbol = (name: string, info: number, section: string, offset: number, size: number): void => {
    symbolNumbers.set(name, table.length / SYMBOL_SIZE);
    const isNamed = (info & 0xf) !== symbolTypes.section;
    table
      .u32(isNamed ? strings.add(name) : 0)
      .u8(info)
      .u8(0)
      .u16(numberOf.get(section) ?? 0);
    table.u64(BigInt(offset)).u64(BigInt(size));
  };
  // Local symbols come first.
  for (const { name } of sections) addSymbol(name, symbolTypes.section, name, 0, 0);
  const inOrder = [
    ...symbols.filter(({ isGlobal }) => !isGlobal),
    ...symbols.filter(({ isGlobal }) => isGlobal),
  ];
  for (const { name, section, type, isGlobal, offset, size } of inOrder) {
    addSymbol(name, ((isGlobal ? STB_GLOBAL : 0) << 4) | symbolTypes[type], section, offset, size);
  }
  const firstGlobal = 1 + sections.length + symbols.filter(({ isGlobal }) => !isGlobal).length;

  const rows: Row[] = sections.map(({ name, bytes, use }) => ({
    name,
    type: sectionTypes.data,
    flags: flagsOf[use],
    bytes,
    align: 8,
  }));
  const withRelocations = sections.filter(({ relocations = [] }) => relocations.length > 0);
  const symbolTable = 1 + sections.length + withRelocations.length;
  for (const { name, relocations = [] } of withRelocations) {
    const out = new ByteWriter();
    for (const { offset, type, symbol } of relocations) {
      const info = (BigInt(symbolNumbers.get(symbol) ?? 0) << 32n) | BigInt(relocationTypes[type]);
      out.u64(BigInt(offset)).u64(info);
    }
    rows.push({
      name: `.rel${name}`,
      type: sectionTypes.relocations,
      flags: 0,
      bytes: out.finish(),
      link: symbolTable,
      info: numberOf.get(name) ?? 0,
      align: 8,
      entrySize: RELOCATION_SIZE,
    });
  }
  rows.push(
    {
      name: '.symtab',
      type: sectionTypes.symbols,
      flags: 0,
      bytes: table.finish(),
      link: symbolTable + 1,
      info: firstGlobal,
      align: 8,
      entrySize: SYMBOL_SIZE,
    },
    { name: '.strtab', type: sectionTypes.strings, flags: 0, bytes: strings.finish(), align: 1 },
  );
  return layOut(rows);
}

/** Header, contents, and the table of the sections, whose names are a section as well. */
function layOut(rows: readonly Row[]): Uint8Array {
  const names = new Strings();
  const nameOffsets = rows.map(({ name }) => names.add(name));
  const namesOffset = names.add('.shstrtab');
  const all: readonly Row[] = [
    ...rows,
    { name: '.shstrtab', type: sectionTypes.strings, flags: 0, bytes: names.finish(), align: 1 },
  ];
  nameOffsets.push(namesOffset);
  const content = new ByteWriter().zeros(HEADER_SIZE);
  const offsets = all.map(({ bytes, align }) => {
    content.alignTo(align);
    const offset = content.length;
    content.bytes(bytes);
    return offset;
  });
  content.alignTo(8);
  const tableOffset = content.length;
  content.zeros(SECTION_HEADER_SIZE);
  for (const [index, row] of all.entries()) {
    content
      .u32(nameOffsets[index] ?? 0)
      .u32(row.type)
      .u64(BigInt(row.flags))
      .u64(0n);
    content.u64(BigInt(offsets[index] ?? 0)).u64(BigInt(row.bytes.length));
    content
      .u32(row.link ?? 0)
      .u32(row.info ?? 0)
      .u64(BigInt(row.align))
      .u64(BigInt(row.entrySize ?? 0));
  }
  const file = content.finish();
  file.set(header(tableOffset, all.length + 1));
  return file;
}

function header(tableOffset: number, sectionCount: number): Uint8Array {
  return new ByteWriter(HEADER_SIZE)
    .bytes(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1))
    .zeros(9)
    .u16(ET_REL)
    .u16(EM_BPF)
    .u32(1)
    .u64(0n)
    .u64(0n)
    .u64(BigInt(tableOffset))
    .u32(0)
    .u16(HEADER_SIZE)
    .u16(0)
    .u16(0)
    .u16(SECTION_HEADER_SIZE)
    .u16(sectionCount)
    .u16(sectionCount - 1)
    .finish();
}
