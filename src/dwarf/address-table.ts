/** Which units have code where, as .debug_aranges tells at once. Source: DWARF 5, section 6.1.2. */
import { DwarfCursor } from './cursor.ts';
import type { DebugFile } from './debug-file.ts';
import { DwarfError } from './dwarf-error.ts';
import type { AddressRange } from './ranges.ts';
import { readInitialLength, type Unit } from './unit.ts';

/** What DWARF 2 to 5 write. */
const VERSION = 2;

/** The addresses of units that the table of a file tells of. Other units may have code as well: not every compiler writes it. None if it is damaged. */
export function readAddressTable(file: DebugFile): ReadonlyMap<Unit, readonly AddressRange[]> {
  try {
    const cursor = new DwarfCursor(file.section('aranges'), '.debug_aranges');
    const ranges = new Map<Unit, AddressRange[]>();
    while (cursor.at < cursor.end) readSet(cursor, file, ranges);
    return ranges;
  } catch (error) {
    if (error instanceof DwarfError) return new Map();
    throw error;
  }
}

/** One set: the addresses of one unit. */
function readSet(cursor: DwarfCursor, file: DebugFile, ranges: Map<Unit, AddressRange[]>): void {
  const start = cursor.at;
  const { length, offsetSize } = readInitialLength(cursor);
  const end = cursor.at + length;
  if (cursor.u16() !== VERSION) throw cursor.error(`has a set of an unknown version at ${start}`);
  const offset = cursor.unsigned(offsetSize);
  const addressSize = cursor.u8();
  if (cursor.u8() !== 0) throw cursor.error(`has segments at ${start}`);
  const unit = file.info.unitAt(offset);
  if (unit === undefined || unit.offset !== offset) throw cursor.error(`names no unit at ${start}`);
  const found = ranges.get(unit) ?? [];
  ranges.set(unit, found);
  // Pairs are aligned to their size, counted from the set.
  const pair = 2 * addressSize;
  const header = cursor.at - start;
  cursor.take(pair > 0 ? (pair - (header % pair)) % pair : 0);
  while (cursor.at < end) {
    file.work.spend(1);
    const low = cursor.unsigned(addressSize);
    const size = cursor.unsigned(addressSize);
    if (low === 0 && size === 0) break;
    // What a linker threw away begins at 0.
    if (low > 0 && size > 0) found.push({ low, high: low + size });
  }
  cursor.at = start;
  cursor.take(end - start);
}
