/**
 * The line table of a unit: a small program whose state is a row (address, file, line, column), run once. Rows come in sequences of
 * growing addresses; a sequence is what one function or section took.
 *
 * Source: DWARF 5, section 6.2.
 */
import { readText } from './attributes.ts';
import * as dw from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import { skipForm } from './forms.ts';
import { readInitialLength, type Unit } from './unit.ts';

/** More files than any compilation reads: the header is damaged. */
const MAX_FILES = 1_000_000;

export interface SourcePlace {
  /** As the table has it: absolute, or relative to where the compiler ran when that is not known. */
  readonly file: string;
  readonly line: number;
  /** From 1; 0 is the start of the line, or unknown. */
  readonly column: number;
}

/** A row of the table and its address. */
export interface LineRow extends SourcePlace {
  readonly address: number;
}

interface Sequence {
  readonly low: number;
  readonly high: number;
  /** Rows, as indexes of the arrays. */
  readonly first: number;
  readonly end: number;
}

export class LineTable {
  /** Paths by file number of this table. */
  readonly files: readonly (string | undefined)[];
  readonly #addresses: Float64Array;
  readonly #places: Uint32Array;
  /** By their lowest address. */
  readonly #sequences: readonly Sequence[];

  constructor(files: readonly (string | undefined)[], rows: Rows) {
    this.files = files;
    this.#addresses = rows.addresses.slice(0, rows.count);
    this.#places = rows.places.slice(0, rows.count * WORDS);
    this.#sequences = rows.sequences.sort((a, b) => a.low - b.low);
  }

  /** What stands in the source for the instruction at an address. */
  at(address: number): SourcePlace | undefined {
    const sequences = this.#sequences;
    const position = upperBound(sequences.length, (i) => (sequences[i]?.low ?? 0) <= address);
    // Sequences do not overlap in what linkers write.
    const sequence = sequences[position - 1];
    if (!sequence || address >= sequence.high) return undefined;
    const count = sequence.end - sequence.first;
    const row = upperBound(count, (i) => (this.#addresses[sequence.first + i] ?? 0) <= address) - 1;
    return row < 0 ? undefined : this.#place(sequence.first + row);
  }

  /** The rows of a line of some of the files, by address. @param column 0 for any */
  rowsOf(fileNumbers: ReadonlySet<number>, line: number, column: number): readonly LineRow[] {
    const found: LineRow[] = [];
    for (const sequence of this.#sequences) {
      for (let row = sequence.first; row < sequence.end - 1; row++) {
        if (this.#places[row * WORDS + 1] !== line) continue;
        if (!fileNumbers.has(this.#places[row * WORDS] ?? 0)) continue;
        if (column !== 0 && this.#places[row * WORDS + 2] !== column) continue;
        const place = this.#place(row);
        if (place) found.push({ ...place, address: this.#addresses[row] ?? 0 });
      }
    }
    return found;
  }

  #place(row: number): SourcePlace | undefined {
    const file = this.files[this.#places[row * WORDS] ?? 0];
    if (file === undefined) return undefined;
    return { file, line: this.#places[row * WORDS + 1] ?? 0, column: this.#places[row * WORDS + 2] ?? 0 };
  }
}

/** How many of the first `count` things hold, of things that hold up to some point. */
export function upperBound(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** File, line, column. */
const WORDS = 3;

/** Rows while they are made. */
class Rows {
  addresses = new Float64Array(256);
  places = new Uint32Array(256 * WORDS);
  readonly sequences: Sequence[] = [];
  count = 0;
  #first = 0;

  add(address: number, file: number, line: number, column: number): void {
    if (this.count === this.addresses.length) {
      const addresses = new Float64Array(this.count * 2);
      addresses.set(this.addresses);
      this.addresses = addresses;
      const places = new Uint32Array(this.count * 2 * WORDS);
      places.set(this.places);
      this.places = places;
    }
    this.addresses[this.count] = address;
    this.places.set([file, line, column], this.count * WORDS);
    this.count += 1;
  }

  /** The last row is the end of the sequence. */
  endSequence(): void {
    const low = this.addresses[this.#first] ?? 0;
    const high = this.addresses[this.count - 1] ?? 0;
    // What a linker threw away begins at 0.
    if (high > low && low > 0) this.sequences.push({ low, high, first: this.#first, end: this.count });
    else this.count = this.#first;
    this.#first = this.count;
  }
}

/** Reads and runs the program at an offset of .debug_line. @param directory where the compiler ran */
export function readLineTable(unit: Unit, offset: number, directory: string): LineTable {
  const bytes = unit.file.section('line');
  const outer = new DwarfCursor(bytes, '.debug_line', offset);
  const { length, offsetSize } = readInitialLength(outer);
  const start = outer.at;
  outer.take(length);
  const cursor = new DwarfCursor(bytes, '.debug_line', start, outer.at);
  const version = cursor.u16();
  if (version < 2 || version > 5) throw cursor.error(`has a table of version ${version} at ${offset}`);
  const sizes = { version, offsetSize, addressSize: unit.addressSize };
  if (version >= 5) {
    sizes.addressSize = cursor.u8();
    cursor.u8();
  }
  const headerLength = cursor.unsigned(offsetSize);
  const programAt = cursor.at + headerLength;
  const header: Header = {
    minInsnLength: cursor.u8(),
    // Machines that put several operations into one instruction are none that we know.
    maxOps: version >= 4 ? cursor.u8() : 1,
    defaultIsStatement: cursor.u8(),
    lineBase: cursor.i8(),
    lineRange: cursor.u8(),
    opcodeBase: cursor.u8(),
    operandCounts: [0],
    addressSize: sizes.addressSize,
  };
  if (header.lineRange === 0) throw cursor.error(`has a line range of 0 at ${offset}`);
  for (let opcode = 1; opcode < header.opcodeBase; opcode++) header.operandCounts.push(cursor.u8());
  const files =
    version >= 5 ? readFiles(unit, cursor, sizes, directory) : readOldFiles(unit, cursor, directory);
  cursor.at = programAt;
  if (programAt > cursor.end) throw cursor.error(`has a header of ${headerLength} bytes at ${offset}`);
  return new LineTable(files, run(unit, cursor, header));
}

interface Header {
  readonly minInsnLength: number;
  readonly maxOps: number;
  readonly defaultIsStatement: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operandCounts: number[];
  readonly addressSize: number;
}

function joinPath(directory: string, name: string): string {
  return name.startsWith('/') || directory === '' ? name : `${directory.replace(/\/$/, '')}/${name}`;
}

/** Before version 5: directories from 1 on (0 is where the compiler ran), files from 1 on. */
function readOldFiles(unit: Unit, cursor: DwarfCursor, directory: string): (string | undefined)[] {
  const directories = [directory];
  for (;;) {
    unit.file.work.spend(1);
    const name = cursor.text();
    if (name === '') break;
    directories.push(joinPath(directory, name));
  }
  const files: (string | undefined)[] = [undefined];
  for (;;) {
    unit.file.work.spend(1);
    const name = cursor.text();
    if (name === '') return files;
    files.push(joinPath(directories[cursor.uleb()] ?? directory, name));
    cursor.skipLeb();
    cursor.skipLeb();
  }
}

type Sizes = { readonly version: number; readonly offsetSize: 4 | 8; readonly addressSize: number };

/** Version 5: both lists start with a description of their entries. */
function readFiles(unit: Unit, cursor: DwarfCursor, sizes: Sizes, directory: string): (string | undefined)[] {
  const directories = readNames(unit, cursor, sizes).map(({ name }) => joinPath(directory, name));
  return readNames(unit, cursor, sizes).map(({ name, directoryIndex }) =>
    joinPath(directories[directoryIndex] ?? directory, name),
  );
}

function readNames(
  unit: Unit,
  cursor: DwarfCursor,
  sizes: Sizes,
): readonly { readonly name: string; readonly directoryIndex: number }[] {
  const formats = Array.from({ length: cursor.u8() }, () => ({
    content: cursor.uleb(),
    form: cursor.uleb(),
  }));
  const count = cursor.uleb();
  if (count > MAX_FILES) throw cursor.error(`has ${count} files`);
  // Entries without content take no bytes, however many there are said to be.
  if (formats.length === 0) return [];
  return Array.from({ length: count }, () => {
    unit.file.work.spend(1);
    let name = '';
    let directoryIndex = 0;
    for (const { content, form } of formats) {
      const at = cursor.at;
      skipForm(cursor, form, sizes);
      const value = new DwarfCursor(cursor.bytes, '.debug_line', at, cursor.end);
      if (content === dw.DW_LNCT_path) name = readText(unit, form, value, sizes.offsetSize) ?? '';
      else if (content === dw.DW_LNCT_directory_index) directoryIndex = readSmall(value, form);
    }
    return { name, directoryIndex };
  });
}

function readSmall(cursor: DwarfCursor, form: number): number {
  if (form === dw.DW_FORM_data1) return cursor.u8();
  if (form === dw.DW_FORM_data2) return cursor.u16();
  return form === dw.DW_FORM_udata ? cursor.uleb() : 0;
}

function run(unit: Unit, cursor: DwarfCursor, header: Header): Rows {
  const rows = new Rows();
  const { minInsnLength, lineBase, lineRange, opcodeBase } = header;
  let address = 0;
  let file = 1;
  let line = 1;
  let column = 0;
  const add = (): void => rows.add(address, file, line, column);
  while (cursor.at < cursor.end) {
    unit.file.work.spend(1);
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      address += Math.floor(adjusted / lineRange) * minInsnLength;
      line += lineBase + (adjusted % lineRange);
      add();
      continue;
    }
    switch (opcode) {
      case 0: {
        const size = cursor.uleb();
        const next = cursor.at + size;
        if (size === 0) break;
        const extended = cursor.u8();
        if (extended === dw.DW_LNE_end_sequence) {
          add();
          rows.endSequence();
          address = 0;
          file = 1;
          line = 1;
          column = 0;
        } else if (extended === dw.DW_LNE_set_address) {
          address = cursor.unsigned(Math.min(size - 1, 8));
        }
        // Others, and what is behind the known part, are skipped.
        if (next > cursor.end) throw cursor.error(`has an instruction of ${size} bytes at ${cursor.at}`);
        cursor.at = next;
        break;
      }
      case dw.DW_LNS_copy:
        add();
        break;
      case dw.DW_LNS_advance_pc:
        address += cursor.uleb() * minInsnLength;
        break;
      case dw.DW_LNS_advance_line:
        line += cursor.sleb();
        break;
      case dw.DW_LNS_set_file:
        file = cursor.uleb();
        break;
      case dw.DW_LNS_set_column:
        column = cursor.uleb();
        break;
      case dw.DW_LNS_const_add_pc:
        address += Math.floor((255 - opcodeBase) / lineRange) * minInsnLength;
        break;
      case dw.DW_LNS_fixed_advance_pc:
        address += cursor.u16();
        break;
      default:
        for (let i = header.operandCounts[opcode] ?? 0; i > 0; i--) cursor.skipLeb();
    }
  }
  return rows;
}
