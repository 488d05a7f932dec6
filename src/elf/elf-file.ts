import { decodeCString, encodeText, viewOf } from '../base/index.ts';
import { AddressIndex } from './address-index.ts';
import { type ByteSource, readWithin, sourceOfBytes } from './byte-source.ts';
import { ElfError } from './elf-error.ts';
import {
  type ElfClass,
  ET_DYN,
  ET_EXEC,
  elfLayouts,
  NT_GNU_BUILD_ID,
  PF_X,
  PN_XNUM,
  PT_LOAD,
  PT_NOTE,
  SHN_XINDEX,
  SHT_DYNSYM,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_SYMTAB,
} from './layouts.ts';
import { type ElfNote, readNotes } from './notes.ts';
import { type FunctionSymbol, SymbolTable } from './symbol-table.ts';

export interface ElfSection {
  readonly name: string;
  /** SHT_*. */
  readonly type: number;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  /** SHF_* bits. */
  readonly flags: number;
  /** Index of a related section (a symbol table's strings). */
  readonly link: number;
}

export interface ElfSegment {
  /** PT_*. */
  readonly type: number;
  /** PF_* bits. */
  readonly flags: number;
  readonly address: bigint;
  readonly offset: bigint;
  readonly fileSize: bigint;
  readonly memorySize: bigint;
  readonly align: bigint;
}

/** More sections or segments than any linker makes: the header is damaged. */
const MAX_TABLE_ENTRIES = 1_000_000;
/** Five million symbols: browsers with all of theirs have one. */
const MAX_SYMBOL_TABLE_BYTES = 128 * 1024 * 1024;

/**
 * An ELF file, read as questions are asked. Little-endian, 32 or 64 bits.
 *
 * Opening reads the header, the section table and the segment table; symbols are read when first needed.
 */
export class ElfFile {
  readonly elfClass: ElfClass;
  /** ET_*: 2 an executable with fixed addresses, 3 a library or position independent executable. */
  readonly type: number;
  /** EM_*, as in `codeKinds`. */
  readonly machine: number;
  readonly entry: bigint;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  readonly #source: ByteSource;
  #damage: string | undefined;
  #tables: readonly SymbolTable[] | undefined;
  #index: AddressIndex | undefined;

  /** @throws ElfError when the bytes are no ELF file or its tables do not lie in it. */
  constructor(input: Uint8Array | ByteSource) {
    const source = input instanceof Uint8Array ? sourceOfBytes(input) : input;
    this.#source = source;
    if (source.length < 52) throw new ElfError(`not an ELF file: only ${source.length} bytes`);
    const ident = readWithin(source, 0, 16, 'the ELF header');
    if (viewOf(ident).getUint32(0, false) !== 0x7f454c46)
      throw new ElfError('not an ELF file: it does not start with 7f 45 4c 46');
    if (ident[5] !== 1) throw new ElfError('a big-endian ELF file: only little-endian ones are read');
    if (ident[4] !== 1 && ident[4] !== 2) throw new ElfError(`ELF class ${ident[4]}: neither 32 nor 64 bits`);
    this.elfClass = ident[4] === 2 ? 64 : 32;
    const layout = elfLayouts[this.elfClass];
    const header = layout.header.decode(readWithin(source, 0, layout.header.size, 'the ELF header'));
    this.type = header.e_type;
    this.machine = header.e_machine;
    this.entry = BigInt(header.e_entry);
    const sections = readSections(source, this.elfClass, {
      offset: Number(header.e_shoff),
      count: header.e_shnum,
      entrySize: header.e_shentsize,
      namesIndex: header.e_shstrndx,
    });
    this.sections = sections.rows;
    const segmentCount = header.e_phnum === PN_XNUM ? sections.segmentCount : header.e_phnum;
    this.segments = readSegments(
      source,
      this.elfClass,
      Number(header.e_phoff),
      segmentCount,
      header.e_phentsize,
    );
  }

  /** Its addresses are relative to wherever it is loaded. */
  get isPositionIndependent(): boolean {
    return this.type === ET_DYN;
  }
  get isExecutableOrLibrary(): boolean {
    return this.type === ET_DYN || this.type === ET_EXEC;
  }

  /** Where it begins in the file that has it: not 0 inside an archive. Offsets of sections and segments do not count it. */
  get start(): bigint {
    return BigInt(this.#source.start ?? 0);
  }

  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** The section's bytes (a view or a copy, as the source gives); none for a section that takes no place in the file. */
  bytesOf(section: ElfSection): Uint8Array {
    if (section.type === SHT_NOBITS) return new Uint8Array(0);
    return readWithin(this.#source, section.offset, section.size, `section ${section.name}`);
  }

  /** What is wrong with a symbol table or note that was left out, of those that were read so far. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** Whether there is a full symbol table, or only what dynamic linking needs. */
  get hasSymbolTable(): boolean {
    return this.sections.some((section) => section.type === SHT_SYMTAB && section.size > 0);
  }

  /** Every function of .symtab and .dynsym; one in both tables comes twice. */
  *functions(): Generator<FunctionSymbol> {
    for (const table of this.#symbolTables()) yield* table.functions();
  }

  /** Functions of that name, each address once. */
  functionsNamed(name: string): readonly FunctionSymbol[] {
    const found = this.#symbolTables().flatMap((table) => table.functionsNamed(name));
    return found.filter((symbol, i) => found.findIndex((other) => other.address === symbol.address) === i);
  }

  /** A symbol of any kind, variables among them. */
  symbolNamed(name: string): FunctionSymbol | undefined {
    for (const table of this.#symbolTables()) {
      const symbol = table.symbolNamed(name);
      if (symbol !== undefined) return symbol;
    }
    return undefined;
  }

  /** The function that contains a virtual address of the file. */
  functionAt(address: bigint): FunctionSymbol | undefined {
    this.#index ??= new AddressIndex(this.#symbolTables());
    return this.#index.at(address);
  }

  /** Where a virtual address lies in the file (the archive, if that has it); undefined when no loaded segment has it. */
  fileOffset(address: bigint): bigint | undefined {
    const holds = (segment: ElfSegment): boolean =>
      segment.type === PT_LOAD && address >= segment.address && address < segment.address + segment.fileSize;
    const segment =
      this.segments.find((row) => holds(row) && (row.flags & PF_X) !== 0) ??
      this.segments.find((row) => holds(row));
    return segment && address - segment.address + segment.offset + this.start;
  }

  /** Bytes from a virtual address on, fewer where the segment ends; undefined when no loaded segment has the address. */
  bytesAt(address: bigint, length: number): Uint8Array | undefined {
    const segment = this.segments.find(
      (row) => row.type === PT_LOAD && address >= row.address && address < row.address + row.fileSize,
    );
    if (!segment) return undefined;
    const into = Number(address - segment.address);
    const bytes = Math.min(length, Number(segment.fileSize) - into);
    return readWithin(this.#source, Number(segment.offset) + into, bytes, 'a segment');
  }

  /** The virtual address of a place in the file: the inverse of `fileOffset`. */
  addressOfOffset(place: bigint): bigint | undefined {
    const offset = place - this.start;
    const holds = (segment: ElfSegment): boolean =>
      segment.type === PT_LOAD && offset >= segment.offset && offset < segment.offset + segment.fileSize;
    const segment =
      this.segments.find((row) => holds(row) && (row.flags & PF_X) !== 0) ??
      this.segments.find((row) => holds(row));
    return segment && offset - segment.offset + segment.address;
  }

  /** The build id as lower-case hex, from the notes. */
  buildId(): string | undefined {
    for (const note of this.#notes()) {
      if (note.owner === 'GNU' && note.type === NT_GNU_BUILD_ID) {
        return Array.from(note.description, (byte) => byte.toString(16).padStart(2, '0')).join('');
      }
    }
    return undefined;
  }

  /** The separate debug file's name and the CRC-32 of its contents. Source: GDB manual, "Separate Debug Files". */
  debugLink(): { readonly name: string; readonly crc: number } | undefined {
    const section = this.section('.gnu_debuglink');
    if (!section || section.size < 8) return undefined;
    const bytes = this.#bytesOrNone(section);
    if (bytes.length < 8) return undefined;
    const name = decodeCString(bytes.subarray(0, bytes.length - 4));
    const crcAt = Math.ceil((encodeText(name).length + 1) / 4) * 4;
    if (crcAt + 4 > bytes.length) return undefined;
    return { name, crc: viewOf(bytes).getUint32(crcAt, true) };
  }

  *#notes(): Generator<ElfNote> {
    for (const section of this.sections) {
      if (section.type === SHT_NOTE) yield* readNotes(this.#bytesOrNone(section));
    }
    for (const segment of this.segments) {
      if (segment.type !== PT_NOTE) continue;
      const bytes = this.#orNone(() =>
        readWithin(this.#source, Number(segment.offset), Number(segment.fileSize), 'a note segment'),
      );
      yield* readNotes(bytes, segment.align === 8n ? 8 : 4);
    }
  }

  /** What does not lie in the file is as good as none. */
  #bytesOrNone(section: ElfSection): Uint8Array {
    return this.#orNone(() => this.bytesOf(section));
  }

  #orNone(read: () => Uint8Array): Uint8Array {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ElfError)) throw error;
      this.#damage ??= error.message;
      return new Uint8Array(0);
    }
  }

  #tableBytes({ name, offset, size }: ElfSection): Uint8Array {
    return this.#orNone(() =>
      readWithin(this.#source, offset, size, `section ${name}`, MAX_SYMBOL_TABLE_BYTES),
    );
  }

  #symbolTables(): readonly SymbolTable[] {
    this.#tables ??= [SHT_SYMTAB, SHT_DYNSYM].flatMap((type) =>
      this.sections
        .filter((section) => section.type === type)
        .map((section) => {
          const strings = this.sections[section.link];
          return new SymbolTable(
            this.elfClass,
            this.#tableBytes(section),
            strings ? this.#bytesOrNone(strings) : new Uint8Array(0),
          );
        }),
    );
    return this.#tables;
  }
}

interface TableLocation {
  readonly offset: number;
  readonly count: number;
  readonly entrySize: number;
  readonly namesIndex: number;
}

function readSections(
  source: ByteSource,
  elfClass: ElfClass,
  where: TableLocation,
): { readonly rows: readonly ElfSection[]; readonly segmentCount: number } {
  if (where.offset === 0) return { rows: [], segmentCount: 0 };
  const layout = elfLayouts[elfClass].section;
  checkEntrySize(where.entrySize, layout.size, 'section');
  // Section 0 is empty and holds the numbers that are too large for the header.
  const first = layout.decode(readWithin(source, where.offset, layout.size, 'the section table'));
  const count = where.count === 0 ? Number(first.sh_size) : where.count;
  const namesIndex = where.namesIndex === SHN_XINDEX ? first.sh_link : where.namesIndex;
  checkCount(count, 'sections');
  const table = readWithin(source, where.offset, count * layout.size, 'the section table');
  const raw = Array.from({ length: count }, (_unused, i) => layout.decode(table, i * layout.size));
  const namesSection = raw[namesIndex];
  const names = namesSection
    ? readWithin(source, Number(namesSection.sh_offset), Number(namesSection.sh_size), 'the section names')
    : new Uint8Array(0);
  const rows = raw.map(
    (row): ElfSection => ({
      // No section name is longer; a table without NULs must not make each of them as long as the file.
      name: row.sh_name < names.length ? decodeCString(names.subarray(row.sh_name, row.sh_name + 256)) : '',
      type: row.sh_type,
      address: BigInt(row.sh_addr),
      offset: Number(row.sh_offset),
      size: Number(row.sh_size),
      flags: Number(BigInt.asUintN(32, BigInt(row.sh_flags))),
      link: row.sh_link,
    }),
  );
  return { rows, segmentCount: first.sh_info };
}

function readSegments(
  source: ByteSource,
  elfClass: ElfClass,
  offset: number,
  count: number,
  entrySize: number,
): readonly ElfSegment[] {
  if (offset === 0 || count === 0) return [];
  const layout = elfLayouts[elfClass].segment;
  checkEntrySize(entrySize, layout.size, 'segment');
  checkCount(count, 'segments');
  const table = readWithin(source, offset, count * layout.size, 'the segment table');
  return Array.from({ length: count }, (_unused, i): ElfSegment => {
    const row = layout.decode(table, i * layout.size);
    return {
      type: row.p_type,
      flags: row.p_flags,
      address: BigInt(row.p_vaddr),
      offset: BigInt(row.p_offset),
      fileSize: BigInt(row.p_filesz),
      memorySize: BigInt(row.p_memsz),
      align: BigInt(row.p_align),
    };
  });
}

function checkEntrySize(found: number, expected: number, what: string): void {
  if (found !== expected)
    throw new ElfError(`${what} table entries of ${found} bytes instead of ${expected}`);
}

function checkCount(count: number, what: string): void {
  if (!(count <= MAX_TABLE_ENTRIES)) throw new ElfError(`${count} ${what}: more than any linker writes`);
}
